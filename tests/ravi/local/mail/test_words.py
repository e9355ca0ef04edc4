"""Text in header fields and in bytes: read in any charset, written so that it is read again."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.ravi.local.mail.words import decode, read_base64, read_line, write_line, write_name
from tests.growth import assert_linear


@pytest.mark.parametrize(
    ("content", "charset", "text"),
    [
        ("grün".encode(), "utf-8", "grün"),
        ("grün".encode("latin-1"), "iso-8859-1", "grün"),
        ("grün".encode("latin-1"), "us-ascii", "grün"),
        ("grün".encode(), "us-ascii", "grün"),
        ("grün".encode(), "no-such-charset", "grün"),
        ("grün".encode(), "gr\0ün", "grün"),
        (b"\x93quoted\x94", "x-unknown", "“quoted”"),
        ("日本語".encode("iso-2022-jp"), "iso-2022-jp", "日本語"),
        ("日本語".encode("shift-jis"), "shift_jis", "日本語"),
        ("привет".encode("koi8-r"), "koi8-r", "привет"),
        ("שלום".encode("windows-1255"), "windows-1255", "שלום"),
        (b"gr\xfcn", "utf-8", "gr\N{REPLACEMENT CHARACTER}n"),
        (b"+2AA-", "utf-7", "+2AA-"),
        (b"\\ud800", "unicode-escape", "\\ud800"),
        (b"abc", "zlib", "abc"),
        (b"x\0\0\0", "punycode", "x\0\0\0"),
    ],
)
def test_bytes_are_read_in_the_charset_that_they_are_in(content: bytes, charset: str, text: str) -> None:
    """A right charset is used, a wrong or unknown one replaced by what the bytes are, a dangerous one not."""
    assert decode(content, charset) == text


@given(st.binary(max_size=200), st.text(max_size=20) | st.sampled_from(["utf-7", "utf-16", "hz", "ascii"]))
def test_any_bytes_become_text_that_can_be_stored(content: bytes, charset: str) -> None:
    """No bytes and no charset fail, and nothing comes out that UTF-8 cannot hold."""
    decode(content, charset).encode()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain words", "plain words"),
        ("=?utf-8?q?gr=C3=BCn_wie?=", "grün wie"),
        ("=?UTF-8?B?Z3LDvG4=?= tail", "grün tail"),
        ("=?utf-8?b?w?= =?utf-8?b?w6k=?=", "=?utf-8?b?w?= é"),
        ("=?utf-8?q?a?=\r\n =?utf-8?q?b?=", "ab"),
        ("=?utf-8?q?=F0=9F?= =?utf-8?q?=98=80?=", "😀"),
        ("=?utf-8?q?a?= b =?latin-1?q?=E9?=", "a b é"),
        ("=?utf-8*de?q?a?=", "a"),
        ("=?utf-8?q?with space?=", "with space"),
        ("=?x-none?q?=E9?=", "é"),
        ("folded\r\n\tvalue", "folded value"),
        ("a\0b\x1bc\u2028d", "a b c d"),
        ("=?utf-8?q?a=0D=0ABcc=3A_x=40y?=", "a Bcc: x@y"),
        ("gr\udcc3\udcbcn", "grün"),
        ("gr\udcfcn", "gr\N{REPLACEMENT CHARACTER}n"),
        ("=?", "=?"),
    ],
)
def test_fields_are_read(value: str, text: str) -> None:
    """Encoded words of all kinds, folded lines, raw bytes and controls become one line of text."""
    assert read_line(value) == text


@given(st.text(max_size=300))
def test_what_is_written_is_read_again(text: str) -> None:
    """A line is ASCII, short enough for any server, cannot begin another field, and is read as it was."""
    written = write_line(text)
    assert written.isascii()
    assert all(len(line) <= 80 for line in written.split("\r\n"))
    assert all(line.startswith(" ") for line in written.split("\r\n")[1:])
    assert "\n" not in written.replace("\r\n", "")
    assert read_line(written) == re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text).strip()


@given(st.text(alphabet=' "\\<>,;@()=?é\r\nab', max_size=40))
def test_names_cannot_become_addresses(name: str) -> None:
    """A display name is either encoded or quoted, so nothing in it is taken for an address."""
    written = write_name(name)
    assert written == "" or written.startswith("=?") or (written[0] == written[-1] == '"')
    assert '"' not in written[1:-1].replace("\\\\", "").replace('\\"', "")


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"SGVsbG8=", b"Hello"),
        (b"SGVs\r\nbG8", b"Hello"),
        (b"S G!V*s bG8=", b"Hello"),
        (b"", b""),
        (b"SGVsbG8=\r\n-- \r\na list's footer", b"Hello"),
        (b"S", None),
    ],
)
def test_base64_is_read_as_programs_write_it(content: bytes, found: bytes | None) -> None:
    """Missing padding, line breaks and foreign letters do not matter; a lone letter is nothing."""
    assert read_base64(content) == found


@pytest.mark.parametrize("piece", ["=?utf-8?q?a?= ", "=?u?q?", "=?", "=?x?b?"])
def test_hostile_fields_are_read_in_reasonable_time(piece: str) -> None:
    """The time to read a field does not grow with the square of its length."""
    assert_linear(lambda size: piece * (size // len(piece)), read_line, 120_000)
