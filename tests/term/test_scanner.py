"""Queries that are taken out of old output, and modes that are followed."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from constellagent.term.scanner import ModeTracker, QueryStripper

QUERIES = [
    b"\x05",
    b"\x1bZ",
    b"\x1b[c",
    b"\x1b[0c",
    b"\x1b[>c",
    b"\x1b[=0c",
    b"\x1b[5n",
    b"\x1b[6n",
    b"\x1b[?6n",
    b"\x1b[?996n",
    b"\x1b[>q",
    b"\x1b[>0q",
    b"\x1b[?2004$p",
    b"\x1b[4$p",
    b"\x1b[2$w",
    b"\x1b[1;1;1;1;10;10*y",
    b"\x1b[?u",
    b"\x1b[?4m",
    b"\x1b[?1;1;0S",
    b"\x1b[14t",
    b"\x1b[16t",
    b"\x1b[18t",
    b"\x1b[21t",
    b"\x1b[x",
    b"\x1b[&u",
    b"\x1b[#R",
    b"\x1bP$qm\x1b\\",
    b"\x1bP+q544e\x1b\\",
    b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\",
    b"\x1b]4;1;?\x07",
    b"\x1b]10;?\x1b\\",
    b"\x1b]11;?\x07",
    b"\x1b]12;?\x07",
    b"\x1b]52;c;?\x07",
    b"\x1b]21;foreground=?\x1b\\",
    b"\x1b]1337;ReportCellSize\x07",
]
OTHERS = [
    b"text \xff\xc3\xa4",
    b"\x1b[31m",
    b"\x1b[>4;2m",
    b"\x1b[?25l",
    b"\x1b[?1049h",
    b"\x1b[2 q",
    b"\x1b[1q",
    b"\x1b[>1u",
    b"\x1b[<u",
    b"\x1b[8;24;80t",
    b"\x1b[22;0t",
    b"\x1b[2S",
    b"\x1b[!p",
    b"\x1b]0;what?\x07",
    b"\x1b]10;#ffffff\x07",
    b"\x1b]52;c;aGVsbG8=\x07",
    b"\x1b]8;;http://localhost/?a=b\x1b\\",
    b"\x1bPq#0;2;0;0;0~-\x1b\\",
    b"\x1b_Ga=T,f=100;AAAA\x1b\\",
    b"\x1b7\x1b8\x1bc\x1b=\x1b(0",
    b"\x1b",
    b"\x1b[",
    b"\x1b]",
    b"\x18",
]
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


def modes(*parts: bytes) -> ModeTracker:
    """Return a tracker that has seen these parts."""
    tracker = ModeTracker()
    for part in parts:
        tracker.feed(part)
    return tracker


def test_a_fresh_terminal_has_nothing_on() -> None:
    """Nothing to set up, and only what is harmless to reset."""
    tracker = modes(b"plain text")
    assert (tracker.bracketed_paste, tracker.alternate_screen, tracker.mouse) == (False, False, False)
    assert tracker.setup_sequence() == b""
    assert tracker.reset_sequence() == b"\x1b[?25h\x1b[0m"


def test_modes_are_followed() -> None:
    """Paste, alternate screen and mouse go on and off, several in one sequence too."""
    tracker = modes(b"\x1b[?2004h\x1b[?1049;1000;1006h")
    assert tracker.bracketed_paste
    assert tracker.alternate_screen
    assert tracker.mouse
    tracker.feed(b"\x1b[?2004l\x1b[?1000;;1006l\x1b[?47l")
    assert (tracker.bracketed_paste, tracker.alternate_screen, tracker.mouse) == (False, False, False)


def test_a_terminal_is_put_into_the_modes_and_back() -> None:
    """Everything that is on is set up, alternate screen first, and taken back, alternate screen late."""
    tracker = modes(
        b"\x1b[>1u\x1b[?25l\x1b[?7l\x1b[?1049h\x1b[>5;1u"
        b"\x1b[?2004h\x1b[?1002h\x1b[>4;2m\x1b[5 q\x1b=\x1b[2;10r"
    )
    assert tracker.setup_sequence() == (
        b"\x1b[?1049h\x1b[?1002h\x1b[?2004h\x1b[?7l\x1b[?25l\x1b[>5u\x1b[>4;2m\x1b[5 q\x1b="
    )
    assert tracker.reset_sequence() == (
        b"\x1b7\x1b[r\x1b8\x1b[<1u\x1b[>4m\x1b[?1002l\x1b[?2004l\x1b[?1049l\x1b[<1u\x1b[?7h"
        b"\x1b[?25h\x1b[0 q\x1b>\x1b[?25h\x1b[0m"
    )


def test_what_was_set_up_can_be_undone() -> None:
    """A tracker that sees its own reset has nothing on any more."""
    tracker = modes(b"\x1b[>1u\x1b[?25l\x1b[?1049h\x1b[>5u\x1b[?2004h\x1b[>4;2m\x1b[5 q\x1b=\x1b[2;10r")
    tracker.feed(tracker.reset_sequence())
    assert tracker.setup_sequence() == b""


@pytest.mark.parametrize("reset", [b"\x1bc", b"\x1b[!p"])
def test_a_reset_of_the_terminal_is_a_reset_of_the_modes(reset: bytes) -> None:
    """RIS takes all back; the soft reset shows the cursor and leaves the screen."""
    tracker = modes(b"\x1b[?25l\x1b[?1h\x1b[?1049h\x1b=" + reset)
    assert tracker.alternate_screen == (reset != b"\x1bc")
    assert b"?25l" not in tracker.setup_sequence()
    assert b"\x1b=" not in tracker.setup_sequence()
    assert b"\x1b[?1h" not in tracker.setup_sequence()


def test_keyboard_flags_are_a_stack_of_each_screen() -> None:
    """Pushed flags are popped by number, set flags are nobody's to pop, and the depth is bounded."""
    tracker = modes(b"\x1b[>1u\x1b[>3u\x1b[>7u\x1b[<2u")
    assert tracker.setup_sequence() == b"\x1b[>1u"
    tracker.feed(b"\x1b[=5;1u\x1b[<u\x1b[<9u")
    assert tracker.setup_sequence() == b""
    tracker.feed(b"\x1b[>1u" * 100)
    assert len(tracker.setup_sequence()) == len(b"\x1b[>1u") * 16


def test_cursor_shape_keypad_and_keys_go_back_to_default() -> None:
    """The default of each needs no reset."""
    tracker = modes(b"\x1b[5 q\x1b[0 q\x1b=\x1b>\x1b[>4;2m\x1b[>4m\x1b[2;5r\x1b[r\x1b[?7l\x1b[?7h\x1b[?12h")
    assert tracker.setup_sequence() == b""
    assert tracker.reset_sequence() == b"\x1b[?25h\x1b[0m"


@given(
    st.lists(
        st.sampled_from([*OTHERS, b"\x1b[?2004h", b"\x1b[?1000;1049h", b"\x1b[>1u", b"\x1b[4r"]), max_size=12
    )
)
def test_modes_do_not_depend_on_the_split(parts: list[bytes]) -> None:
    """Byte by byte or all at once: the same modes."""
    stream = b"".join(parts)
    whole, single = modes(stream), modes(*(bytes([byte]) for byte in stream))
    assert whole.setup_sequence() == single.setup_sequence()
    assert whole.reset_sequence() == single.reset_sequence()


@given(st.binary(max_size=300))
def test_no_bytes_break_a_tracker(data: bytes) -> None:
    """Any output can be followed."""
    tracker = modes(data, b"\x1b[?2004h")
    assert tracker.setup_sequence() is not None
