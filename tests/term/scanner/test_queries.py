"""Queries that are taken out of old output."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from constellagent.term.scanner import QueryStripper
from tests.term.scanner.sequences import OTHERS, QUERIES

streams = st.lists(st.sampled_from(QUERIES + OTHERS) | st.binary(max_size=6), max_size=12).map(b"".join)


def strip(*parts: bytes) -> bytes:
    """Return what is left of these parts."""
    stripper = QueryStripper()
    return b"".join([*map(stripper.feed, parts), stripper.flush()])


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_is_taken_out(query: bytes) -> None:
    """Each thing that makes a terminal answer goes, and nothing around it."""
    assert strip(b"before" + query + b"after") == b"beforeafter"


@pytest.mark.parametrize("other", OTHERS[:-4])
def test_everything_else_stays(other: bytes) -> None:
    """Colours, modes, titles, links, images and plain bytes pass unchanged."""
    assert strip(b"before" + other + b"after") == b"before" + other + b"after"


@given(streams, st.lists(st.integers(0, 400), max_size=12))
@example(b"\x1b]0;" + b"x" * 1096 + b"\x05\x07", [1100, 1101])
@example(b"\x1b\x1bZ", [2])
@example(b"\x1b]52;c;" + b"x" * 1000 + b"?\x07", [5, 1009])
def test_any_split_gives_the_same(stream: bytes, cuts: list[int]) -> None:
    """However output is cut into parts, the same is left of it."""
    places = sorted({cut % (len(stream) + 1) for cut in cuts})
    parts = [stream[a:b] for a, b in zip([0, *places], [*places, len(stream)], strict=True)]
    assert strip(*parts) == strip(stream)


@given(streams)
def test_what_is_left_asks_nothing(stream: bytes) -> None:
    """Taking queries out twice changes nothing: none is made of the pieces around another."""
    once = strip(stream)
    assert strip(once) == once


@given(st.binary(max_size=200).filter(lambda data: b"\x1b" not in data and b"\x05" not in data))
def test_bytes_without_escapes_are_untouched(data: bytes) -> None:
    """Text is returned at once, byte for byte."""
    assert QueryStripper().feed(data) == data


def test_a_query_inside_a_cut_sequence_does_not_complete_it() -> None:
    """A sequence that a query had cut short stays cut short."""
    assert strip(b"\x1b[\x1b[cc") == b"\x1b[\x18c"
    assert strip(b"\x1b]0;ti\x1b[ctle") == b"\x1b]0;ti\x18tle"


def test_what_is_held_back_is_bounded() -> None:
    """A string that never ends passes once it is longer than any query."""
    stripper = QueryStripper()
    held = sum(len(stripper.feed(b"\x1b]0;" if n == 0 else b"x" * 100)) for n in range(100))
    assert held > 9000 - 1200
    assert len(stripper.flush()) <= 1100
