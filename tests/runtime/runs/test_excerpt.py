"""The end of a program's output as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.runtime.runs.excerpt import last_lines


@pytest.mark.parametrize(
    ("output", "lines"),
    [
        (b"", []),
        (b"\r\n\r\n", []),
        (b"one\r\ntwo\r\n", ["one", "two"]),
        (b"\x1b[1;31mred\x1b[0m and \x1b[38:2::1:2:3mmore\x1b[K\r\n", ["red and more"]),
        (b"\x1b]0;a title\x07\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", ["link"]),
        (b" 10 %\r 50 %\r100 %\r\ndone\r\n", ["100 %", "done"]),
        (b"a\tb\x00\x07c\x08", ["a    bc"]),
        (b"\xff\xfe caf\xc3\xa9", ["\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER} caf\u00e9"]),
        (b"x" * 300, ["x" * 199 + "\N{HORIZONTAL ELLIPSIS}"]),
        (b"\x1b(B\x1b=\x1b7text\x1b]never ends", ["text"]),
        (b"\n".join(b"%d" % number for number in range(9)), ["5", "6", "7", "8"]),
    ],
)
def test_what_was_seen_is_what_is_left(output: bytes, lines: list[str]) -> None:
    """Sequences and what was written over are gone; the last four lines stay."""
    assert last_lines(output, 4) == lines


@given(
    st.binary(max_size=400)
    | st.lists(st.sampled_from([b"\x1b", b"[", b"]", b"\r", b"\n", b"m", b"a"])).map(b"".join)
)
def test_any_bytes_give_lines_that_can_be_shown(output: bytes) -> None:
    """Nothing that moves a cursor or rings a bell is left, whatever came."""
    lines = last_lines(output, 20)

    assert len(lines) <= 20
    assert all(line.isprintable() and len(line) <= 200 for line in lines)
    assert not lines or lines[-1]
