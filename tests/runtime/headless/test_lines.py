"""Lines of what a program writes into a pipe."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.runtime.headless import lines as module
from constellagent.runtime.headless.lines import Lines


@given(st.lists(st.binary(max_size=20)))
def test_how_it_is_cut_does_not_matter(blocks: list[bytes]) -> None:
    """The same lines come out whatever blocks the bytes come in; a last line without an end is kept."""
    whole = b"".join(blocks)
    cut, once = Lines(), Lines()

    found = [line for block in blocks for line in cut.feed(block)] + cut.rest()

    assert found == once.feed(whole) + once.rest()
    expected = whole.split(b"\n")
    if not expected[-1]:
        expected.pop()
    assert found == [line.decode(errors="replace").removesuffix("\r") for line in expected]


def test_a_character_in_two_blocks_is_one() -> None:
    """A character whose bytes come in two blocks is read whole."""
    lines = Lines()
    data = "né\n".encode()

    assert lines.feed(data[:2]) == []
    assert lines.feed(data[2:]) == ["né"]


def test_a_line_that_is_too_long_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line beyond the limit takes no memory, and the one after it is whole."""
    monkeypatch.setattr(module, "MOST", 10)
    lines = Lines()

    assert lines.feed(b"x" * 8) == []
    assert lines.feed(b"y" * 8) == []
    assert lines.feed(b"z" * 100 + b"\nnext\n") == [None, "next"]
    assert lines.feed(b"0123456789\n") == ["0123456789"]
    assert lines.rest() == []
