"""Which keys and mouse events the sequences of terminals are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.term.cells import Modes
from constellagent.term.keys import KeyPress, MouseEvent, encode_key
from constellagent.term.keys.press import KEYPAD_LETTERS, LETTERS, PRIVATE, TILDES, KeyEvent
from constellagent.term.keys.sequences import key_of, mouse_of


@pytest.mark.parametrize(
    ("raw", "press"),
    [
        ("a", KeyPress("a", "a")),
        ("A", KeyPress("a", "A", shift=True)),
        ("ß", KeyPress("ß", "ß")),
        ("İ", KeyPress("İ", "İ")),
        ("\t", KeyPress("tab")),
        ("\r", KeyPress("enter")),
        ("\n", KeyPress("j", "j", ctrl=True)),
        ("\x1b", KeyPress("escape")),
        ("\x7f", KeyPress("backspace")),
        ("\x08", KeyPress("h", "h", ctrl=True)),
        ("\0", KeyPress(" ", " ", ctrl=True)),
        ("\x1d", KeyPress("]", "]", ctrl=True)),
        ("\x1bx", KeyPress("x", "x", alt=True)),
        ("\x1b\x7f", KeyPress("backspace", alt=True)),
        ("\x1b\x01", KeyPress("a", "a", ctrl=True, alt=True)),
        ("\x1b[A", KeyPress("up")),
        ("\x1bOA", KeyPress("up")),
        ("\x1bOP", KeyPress("f1")),
        ("\x1bOM", KeyPress("keypad-enter")),
        ("\x1bOu", KeyPress("keypad-5")),
        ("\x1bO5u", KeyPress("keypad-5", ctrl=True)),
        ("\x1bOd", KeyPress("left", ctrl=True)),
        ("\x1bOz", None),
        ("\x1b[a", KeyPress("up", shift=True)),
        ("\x1b[1;2A", KeyPress("up", shift=True)),
        ("\x1b[1;5:3B", KeyPress("down", ctrl=True, event="release")),
        ("\x1b[1;2R", KeyPress("f3", shift=True)),
        ("\x1b[24;80R", None),
        ("\x1b[Z", KeyPress("tab", shift=True)),
        ("\x1b[[C", KeyPress("f3")),
        ("\x1b[3~", KeyPress("delete")),
        ("\x1b[3;5~", KeyPress("delete", ctrl=True)),
        ("\x1b[3;1:2~", KeyPress("delete", event="repeat")),
        ("\x1b[7~", KeyPress("home")),
        ("\x1b[2^", KeyPress("insert", ctrl=True)),
        ("\x1b[2@", KeyPress("insert", ctrl=True, shift=True)),
        ("\x1b[99~", None),
        ("\x1b[27;5;105~", KeyPress("i", "i", ctrl=True)),
        ("\x1b[27;6;73~", KeyPress("i", "I", ctrl=True, shift=True)),
        ("\x1b[27;2;13~", KeyPress("enter", shift=True)),
        ("\x1b[27;5;1~", KeyPress("a", "a", ctrl=True)),
        ("\x1b[27;5;9999999~", None),
        ("\x1b[97;5u", KeyPress("a", "a", ctrl=True)),
        ("\x1b[97;69u", KeyPress("a", "a", ctrl=True)),
        ("\x1b[97;4u", KeyPress("a", "A", alt=True, shift=True)),
        ("\x1b[50:64;4u", KeyPress("2", "@", alt=True, shift=True)),
        ("\x1b[97;1:3u", KeyPress("a", "a", event="release")),
        ("\x1b[97;;229u", KeyPress("a", "å")),
        ("\x1b[0;;110:233u", KeyPress("né", "né")),
        ("\x1b[0u", None),
        ("\x1b[55296u", None),
        ("\x1b[13;2u", KeyPress("enter", shift=True)),
        ("\x1b[57404u", KeyPress("keypad-5")),
        ("\x1b[57444;9u", KeyPress("left-super", super=True)),
        ("\x1b[223;2u", KeyPress("ß", "ß", shift=True)),
        ("\x1b[5n", None),
        ("\x1b[0;0;", None),
    ],
)
def test_keys(raw: str, press: KeyPress | None) -> None:
    """The old ways, those of rxvt and of the console, modifyOtherKeys, and the kitty keyboard protocol."""
    assert key_of(raw) == press


@pytest.mark.parametrize(
    ("raw", "event"),
    [
        ("\x1b[<0;3;4M", MouseEvent("press", 1, 2, 3)),
        ("\x1b[<2;3;4m", MouseEvent("release", 3, 2, 3)),
        ("\x1b[<35;3;4M", MouseEvent("move", 0, 2, 3)),
        ("\x1b[<52;3;4M", MouseEvent("move", 1, 2, 3, shift=True, ctrl=True)),
        ("\x1b[<65;3;4M", MouseEvent("press", 5, 2, 3)),
        ("\x1b[<8;3;4M", MouseEvent("press", 1, 2, 3, alt=True)),
        ("\x1b[<129;3;4M", MouseEvent("press", 9, 2, 3)),
        ("\x1b[<200;3;4M", None),
        ("\x1b[<0;0;4M", None),
        ("\x1b[<0;4;0M", None),
        ("\x1b[35;3;4M", MouseEvent("release", 0, 2, 3)),
        ("\x1b[3;3;4M", None),
        ("\x1b[M !!", MouseEvent("press", 1, 0, 0)),
        ("\x1b[M#!\udcff", MouseEvent("release", 0, 0, 222)),
        ("\x1b[M  !", None),
        ("\x1b[A", None),
    ],
)
def test_mouse_events(raw: str, event: MouseEvent | None) -> None:
    """Every encoding that can be told apart; a place before the first cell is none."""
    assert mouse_of(raw) == event


_KEYS = sorted({*LETTERS, *PRIVATE, "insert", "delete", "pageup", "pagedown", "f5", "f12"} - {"f3"})


@given(
    st.sampled_from([*_KEYS, *"abz09;[]\\/"]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["press", "repeat", "release"]),
)
def test_what_is_encoded_is_read_again(
    key: str, ctrl: bool, alt: bool, super_: bool, event: KeyEvent
) -> None:
    """With all enhancements no key is lost between an outer and an inner terminal."""
    text = key if len(key) == 1 else ""
    press = KeyPress(key, text, ctrl=ctrl, alt=alt, super=super_, event=event)
    assert key_of(encode_key(press, Modes(kitty_flags=31)).decode()) == press


@given(st.sampled_from(sorted({*TILDES, *LETTERS})), st.booleans(), st.booleans(), st.booleans())
def test_old_keys_are_read_again(key: str, ctrl: bool, alt: bool, shift: bool) -> None:
    """What xterm has numbers for keeps its modifiers without any enhancement."""
    press = KeyPress(key, ctrl=ctrl, alt=alt, shift=shift)
    assert key_of(encode_key(press, Modes()).decode()) == press


@given(st.sampled_from(sorted(KEYPAD_LETTERS)))
def test_an_application_keypad_is_read_again(key: str) -> None:
    """The keypad's keys, as SS3."""
    press = KeyPress(key)
    assert key_of(encode_key(press, Modes(application_keypad=True)).decode()) == press
