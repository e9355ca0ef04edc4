"""One line: what is written comes back, and no byte of it can be another one."""

import json

from hypothesis import given
from hypothesis import strategies as st

from constellagent.ravi.audit.lines import LONGEST_LINE, START, Chain, Entry, hash_of, seq_of
from constellagent.ravi.vault import RootKey
from tests.ravi.audit.kept import KEY, uuid

CHAIN = Chain(KEY)
A, B = uuid(1), uuid(2)


def entry(**changes: str) -> Entry:
    """Return a line to be written."""
    fields = {"actor": "person", "action": "secrets.get", "result": "ok", "row": "", "about": "", "value": ""}
    return Entry(0, "2026-11-22T00:00:00.000Z", **{**fields, **changes})


@given(st.text(max_size=1200), st.text(max_size=300), st.text(max_size=300))
def test_whatever_a_sender_wrote_is_one_line(about: str, actor: str, row: str) -> None:
    """Any text, lone surrogates and control characters too, gives one line of bounded length that holds."""
    after, line = CHAIN.line(A, START, entry(about=about, actor=actor, row=row))
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert len(line) <= LONGEST_LINE
    read = CHAIN.read(A, START, line)
    assert read is not None
    assert read[0] == after == (1, hash_of(line), len(line))
    assert seq_of(line) == 1
    if about.isprintable() and len(about) <= 1000:
        assert read[1].about == about


@given(st.integers(0), st.integers(1, 255))
def test_any_changed_byte_breaks_a_line(index: int, change: int) -> None:
    """White space and escapes of JSON are covered as well: the bytes count, not what they mean."""
    _, line = CHAIN.line(A, START, entry(about="github.com", value="0123456789abcdef"))
    index %= len(line)
    assert CHAIN.read(A, START, line[:index] + bytes([line[index] ^ change]) + line[index + 1 :]) is None


@given(st.binary(max_size=300))
def test_no_bytes_are_taken_for_a_line(junk: bytes) -> None:
    """Whatever is in a file, reading it never fails in another way than by not holding."""
    assert CHAIN.read(A, START, junk) is None
    assert seq_of(junk) >= 0
    assert isinstance(hash_of(junk), str)


def test_a_line_holds_in_its_place_only() -> None:
    """It does not follow another line, does not belong to another identity, and needs the key."""
    first, line = CHAIN.line(A, START, entry())
    _, second = CHAIN.line(A, first, entry())
    assert CHAIN.read(A, first, second) is not None
    assert CHAIN.read(A, START, second) is None
    assert CHAIN.read(A, first, line) is None
    assert CHAIN.read(B, START, line) is None
    assert Chain(RootKey(bytes(32), "another")).read(A, START, line) is None


def test_private_words_are_sealed() -> None:
    """What it was about is not in the line, and of a value there is a fingerprint that another key lacks."""
    _, line = CHAIN.line(A, START, entry(about="canary.example", value=CHAIN.fingerprint("hunter2")))
    assert b"canary" not in line
    assert b"hunter2" not in line
    assert CHAIN.fingerprint("hunter2") == CHAIN.fingerprint("hunter2") != CHAIN.fingerprint("hunter3")
    assert CHAIN.fingerprint("") == ""
    fields = json.loads(line)
    assert fields["seq"] == 1
    assert list(fields) == ["seq", "at", "actor", "action", "result", "row", "about", "value", "hash"]
