"""Modes that are followed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.term.scanner import ModeTracker
from tests.term.scanner.sequences import OTHERS


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


def test_keyboard_flags_that_are_set_are_taken_back() -> None:
    """Flags that a program sets without pushing them hold for their screen, and end with it."""
    modes = ModeTracker()
    modes.feed(b"\x1b[=5;1u")
    assert b"\x1b[=5;1u" in modes.setup_sequence()
    modes.feed(b"\x1b[?1049h\x1b[=1u")
    assert b"\x1b[=1u" in modes.setup_sequence()
    assert modes.reset_sequence().count(b"\x1b[=0u") == 2
    modes.feed(b"\x1b[?1049l\x1b[=0u")
    assert b"\x1b[=" not in modes.reset_sequence() + modes.setup_sequence()
