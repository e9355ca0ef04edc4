"""Bytes as text, and exactly back."""

import codecs

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from constellagent.errors import UsageError
from constellagent.runtime.files import text

_PIECES = st.sampled_from(
    [
        b"\n",
        b"\r\n",
        b"\r",
        b"a",
        "ä€😀".encode(),
        b"\xff",
        b"\xe9",
        b"\0",
        codecs.BOM_UTF8,
        b"\xff\xfe",
        b"\xfe\xff",
    ]
)


@given(st.one_of(st.binary(max_size=200), st.lists(_PIECES, max_size=30).map(b"".join)))
@example(codecs.BOM_UTF8 + codecs.BOM_UTF8)
@example(b"\xff\xfea")
@example(b"\xff\xfe\x00\xd8")
def test_what_counts_as_text_comes_back_exactly(content: bytes) -> None:
    """Decoding and encoding again gives the same bytes, whatever they are."""
    decoded = text.decode(content)
    if decoded is None:
        assert b"\0" in content
    else:
        assert text.encode(*decoded) == content


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_all_text_in_utf_8_is_read_as_that(said: str) -> None:
    """Every text that is written in UTF-8 is read as UTF-8, with its mark or without."""
    decoded = text.decode(said.encode())
    assert decoded is not None
    assert decoded.encoding == ("utf-8-bom" if said.startswith("\ufeff") else "utf-8")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", ("", "utf-8", "")),
        (b"one\ntwo\n", ("one\ntwo\n", "utf-8", "lf")),
        (b"one\r\ntwo", ("one\ntwo", "utf-8", "crlf")),
        (b"one\rtwo", ("one\ntwo", "utf-8", "cr")),
        (b"one\r\ntwo\n", ("one\r\ntwo\n", "utf-8", "mixed")),
        (codecs.BOM_UTF8 + b"x", ("x", "utf-8-bom", "")),
        ("ä\r\n".encode("utf-16-le").join([codecs.BOM_UTF16_LE, b""]), ("ä\n", "utf-16-le", "crlf")),
        (codecs.BOM_UTF16_BE + "ä".encode("utf-16-be"), ("ä", "utf-16-be", "")),
        (b"caf\xe9\n", ("café\n", "latin-1", "lf")),
    ],
)
def test_encoding_and_line_ends_are_found(content: bytes, expected: tuple[str, str, str]) -> None:
    """The mark, the encoding and the line ends are told apart."""
    assert text.decode(content) == expected


@pytest.mark.parametrize("content", [b"a\0b", b"\xff\xfe\x00\x00a\x00\x00\x00", codecs.BOM_UTF8 + b"a\0"])
def test_a_nul_makes_it_binary(content: bytes) -> None:
    """What has a NUL is no text in any encoding."""
    assert text.decode(content) is None


def test_pasted_line_ends_become_those_of_the_file() -> None:
    """A text with CRLF in it does not mix the line ends of the file."""
    assert text.encode("one\r\ntwo\n", "utf-8", "lf") == b"one\ntwo\n"
    assert text.encode("one\r\ntwo\n", "utf-8", "crlf") == b"one\r\ntwo\r\n"
    assert text.encode("one\r\ntwo\n", "utf-8", "mixed") == b"one\r\ntwo\n"


def test_what_an_encoding_lacks_is_said_with_its_line() -> None:
    """A character that cannot be written is refused with the line it is in."""
    with pytest.raises(UsageError, match=r"line 2 has '.u20ac', which cannot be written in latin-1"):
        text.encode("one\n€", "latin-1")
    with pytest.raises(UsageError, match="line 1"):
        text.encode("\ud800")


@pytest.mark.parametrize(("encoding", "eol"), [("utf-7", "lf"), ("utf-8", "nel"), ("", "lf")])
def test_unknown_words_are_refused(encoding: str, eol: str) -> None:
    """Only encodings and line ends that reading gives are taken."""
    with pytest.raises(UsageError):
        text.encode("x", encoding, eol)
