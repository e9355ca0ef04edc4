"""The mouse and the focus, in every way that programs ask for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.term.cells import Modes, MouseEncoding, MouseTracking
from constellagent.term.keys import MouseEvent, encode_focus, encode_mouse
from constellagent.term.keys.mouse import (
    LEFT,
    MIDDLE,
    NONE,
    RIGHT,
    WHEEL_DOWN,
    WHEEL_LEFT,
    WHEEL_UP,
    MouseKind,
)
from constellagent.term.keys.sequences import mouse_of

ANY = Modes(mouse="any", mouse_encoding="sgr")


@pytest.mark.parametrize(
    ("event", "encoding", "data"),
    [
        (MouseEvent("press", LEFT, 0, 0), "legacy", b"\x1b[M !!"),
        (MouseEvent("release", RIGHT, 9, 4), "legacy", b"\x1b[M#*%"),
        (MouseEvent("press", LEFT, 222, 222), "legacy", b"\x1b[M \xff\xff"),
        (MouseEvent("press", LEFT, 223, 0), "legacy", b""),
        (MouseEvent("press", LEFT, 0, 223), "legacy", b""),
        (MouseEvent("press", LEFT, 223, 0), "utf8", b"\x1b[M \xc4\x80!"),
        (MouseEvent("press", LEFT, 2014, 0), "utf8", b"\x1b[M \xdf\xbf!"),
        (MouseEvent("press", LEFT, 2015, 0), "utf8", b""),
        (MouseEvent("press", 8, 0, 0), "utf8", b"\x1b[M\xc2\xa0!!"),
        (MouseEvent("press", MIDDLE, 5000, 3), "sgr", b"\x1b[<1;5001;4M"),
        (MouseEvent("release", MIDDLE, 5, 3), "sgr", b"\x1b[<1;6;4m"),
        (MouseEvent("press", LEFT, 5, 3), "urxvt", b"\x1b[32;6;4M"),
        (MouseEvent("release", LEFT, 5, 3), "urxvt", b"\x1b[35;6;4M"),
        (MouseEvent("press", LEFT, 5, 3), "pixels", b"\x1b[<0;45;57M"),
        (MouseEvent("press", WHEEL_UP, 0, 0), "sgr", b"\x1b[<64;1;1M"),
        (MouseEvent("press", WHEEL_LEFT, 0, 0), "sgr", b"\x1b[<66;1;1M"),
        (MouseEvent("press", 8, 0, 0), "sgr", b"\x1b[<128;1;1M"),
        (MouseEvent("move", LEFT, 1, 1), "sgr", b"\x1b[<32;2;2M"),
        (MouseEvent("move", NONE, 1, 1), "sgr", b"\x1b[<35;2;2M"),
        (MouseEvent("press", LEFT, 0, 0, shift=True, alt=True, ctrl=True), "sgr", b"\x1b[<28;1;1M"),
    ],
)
def test_encodings(event: MouseEvent, encoding: MouseEncoding, data: bytes) -> None:
    """Each encoding, up to the last position that it can say, and nothing beyond that."""
    assert encode_mouse(event, Modes(mouse="any", mouse_encoding=encoding)) == data


@pytest.mark.parametrize(
    ("tracking", "told"),
    [("press", "p"), ("click", "prw"), ("drag", "prwd"), ("any", "prwdm"), ("off", "")],
)
def test_programs_get_what_they_ask_for(tracking: MouseTracking, told: str) -> None:
    """Presses; releases and the wheel; moves with a button; all moves. A wheel is never let go."""
    events = {
        "p": MouseEvent("press", LEFT, 1, 1),
        "r": MouseEvent("release", LEFT, 1, 1),
        "w": MouseEvent("press", WHEEL_UP, 1, 1),
        "d": MouseEvent("move", LEFT, 1, 1),
        "m": MouseEvent("move", NONE, 1, 1),
        "wheel let go": MouseEvent("release", WHEEL_UP, 1, 1),
        "no button": MouseEvent("press", NONE, 1, 1),
    }
    modes = Modes(mouse=tracking, mouse_encoding="sgr")
    assert "".join(name for name, event in events.items() if encode_mouse(event, modes)) == told


def test_the_oldest_mode_knows_no_modifiers() -> None:
    """Mode 9 tells the button and the place, and nothing else."""
    event = MouseEvent("press", LEFT, 1, 1, ctrl=True)
    assert encode_mouse(event, Modes(mouse="press", mouse_encoding="sgr")) == b"\x1b[<0;2;2M"


def test_the_wheel_is_arrows_on_the_alternate_screen() -> None:
    """Only without the mouse, only there, and only if the program lets it (mode 1007)."""
    up, down = MouseEvent("press", WHEEL_UP, 1, 1), MouseEvent("press", WHEEL_DOWN, 1, 1)
    modes = Modes(alternate_screen=True, alternate_scroll=True)
    assert encode_mouse(up, modes) == b"\x1b[A" * 3
    application = Modes(alternate_screen=True, alternate_scroll=True, application_cursor=True)
    assert encode_mouse(down, application) == b"\x1bOB" * 3
    assert encode_mouse(MouseEvent("press", LEFT, 1, 1), modes) == b""
    assert encode_mouse(MouseEvent("move", NONE, 1, 1), modes) == b""
    assert encode_mouse(up, Modes(alternate_screen=True)) == b""
    assert encode_mouse(up, Modes(alternate_scroll=True)) == b""


def test_focus_is_told_to_who_asks() -> None:
    """Mode 1004."""
    assert encode_focus(True, Modes(focus_events=True)) == b"\x1b[I"
    assert encode_focus(False, Modes(focus_events=True)) == b"\x1b[O"
    assert encode_focus(True, Modes()) == b""


@given(
    st.sampled_from(["press", "release", "move"]),
    st.integers(0, 11),
    st.integers(0, 200),
    st.integers(0, 200),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_what_is_encoded_is_read_again(
    kind: MouseKind, button: int, column: int, row: int, shift: bool, alt: bool, ctrl: bool
) -> None:
    """A terminal inside ours reads what ours sends, in the encodings that lose nothing."""
    event = MouseEvent(kind, button, column, row, shift=shift, alt=alt, ctrl=ctrl)
    data = encode_mouse(event, ANY)
    if data:
        assert mouse_of(data.decode()) == event
    legacy = encode_mouse(event, Modes(mouse="any"))
    if legacy.isascii() and legacy and kind != "release":
        assert mouse_of(legacy.decode()) == event
