"""The kitty keyboard protocol: its specification's examples, and another implementation of it."""

import itertools
import re
from collections.abc import Iterator

import pytest

from constellagent.term.cells import Modes
from constellagent.term.keys import KeyPress, encode_key
from constellagent.term.keys.press import KeyEvent
from tests.term.keys.ghostty import NAMED, SHIFTED, Encoder


def kitty(press: KeyPress, flags: int) -> bytes:
    """Encode for a program with these enhancements."""
    return encode_key(press, Modes(kitty_flags=flags))


def every_key() -> Iterator[KeyPress]:
    """Yield every key of an English keyboard with every modifier and event."""
    events: tuple[KeyEvent, ...] = ("press", "repeat", "release")
    on = (False, True)
    for ctrl, alt, shift, super_, event in itertools.product(on, on, on, on, events):
        for key, with_shift in SHIFTED.items():
            text = with_shift if shift else key
            yield KeyPress(key, text, ctrl=ctrl, alt=alt, shift=shift, super=super_, event=event)
        for key in NAMED:
            yield KeyPress(key, ctrl=ctrl, alt=alt, shift=shift, super=super_, event=event)


def shortened(data: bytes) -> bytes:
    """Leave out the event of a press, and then what stands for no modifiers."""
    data = re.sub(rb";(\d+):1(?=[;A-Zu~])", rb";\1", data)
    data = re.sub(rb"(\[1)?;1(?=[A-Zu~])", lambda match: b"[" if match[1] else b"", data)
    return re.sub(rb";1;", b";;", data)


@pytest.mark.parametrize("flags", [1, 3, 5, 7, 8, 9, 11, 15, 24, 31])
def test_another_terminal_sends_the_same(flags: int) -> None:
    """Every key, modifier and event of an English keyboard, as Ghostty encodes it.

    It differs in three ways. It writes the event of a press out, `1:1`, which is the default. Of a key let
    go it does not know any more what Shift made of it. And it tells of keys of the keypad, too, which others
    they are, which the specification has for characters only.
    """
    encoder = Encoder()
    modes = Modes(kitty_flags=flags)
    try:
        for press in every_key():
            theirs, ours = encoder.encode(press, modes), encode_key(press, modes)
            if flags & 2 and press.event == "press":
                theirs = shortened(theirs)
            if flags & 4 and press.key.startswith("keypad-"):
                continue
            if flags & 4 and press.event == "release" and press.shift and len(press.key) == 1:
                ours = ours.replace(b":%d;" % ord(press.text), b";")
            assert ours == theirs, press
    finally:
        encoder.close()


@pytest.mark.parametrize(
    ("press", "flags", "data"),
    [
        (KeyPress("a", "a"), 1, b"a"),
        (KeyPress("a", "A", shift=True), 1, b"A"),
        (KeyPress("a", "a", event="release"), 1, b""),
        (KeyPress("a", "a", event="release"), 3, b"\x1b[97;1:3u"),
        (KeyPress("a", "a", event="repeat"), 3, b"a"),
        (KeyPress("a", "a", event="repeat"), 11, b"\x1b[97;1:2u"),
        (KeyPress("c", "c", ctrl=True), 1, b"\x1b[99;5u"),
        (KeyPress("c", "c", ctrl=True), 2, b"\x03"),
        (KeyPress("c", "c", ctrl=True, event="repeat"), 2, b"\x1b[99;5:2u"),
        (KeyPress("c", "c", ctrl=True, event="repeat"), 1, b"\x1b[99;5u"),
        (KeyPress("escape"), 1, b"\x1b[27u"),
        (KeyPress("escape"), 4, b"\x1b"),
        (KeyPress("enter"), 1, b"\r"),
        (KeyPress("enter", shift=True), 1, b"\x1b[13;2u"),
        (KeyPress("enter", event="release"), 3, b""),
        (KeyPress("enter", event="release"), 11, b"\x1b[13;1:3u"),
        (KeyPress("enter"), 8, b"\x1b[13u"),
        (KeyPress("tab", shift=True), 1, b"\x1b[9;2u"),
        (KeyPress("f3"), 1, b"\x1b[13~"),
        (KeyPress("f3", ctrl=True), 1, b"\x1b[13;5~"),
        (KeyPress("f13"), 1, b"\x1b[57376u"),
        (KeyPress("f20", shift=True), 1, b"\x1b[57383;2u"),
        (KeyPress("keypad-begin"), 1, b"\x1b[E"),
        (KeyPress("keypad-5"), 1, b"5"),
        (KeyPress("keypad-5", ctrl=True), 1, b"\x1b[57404;5u"),
        (KeyPress("keypad-5"), 24, b"\x1b[57404;;53u"),
        (KeyPress("media-play"), 1, b"\x1b[57428u"),
        (KeyPress("left-shift", shift=True), 1, b""),
        (KeyPress("left-shift", shift=True), 8, b"\x1b[57441;2u"),
        (KeyPress("a", "A", shift=True), 24, b"\x1b[97;2;65u"),
        (KeyPress("a", "å"), 24, b"\x1b[97;;229u"),
        (KeyPress("a", "A", shift=True, ctrl=True), 5, b"\x1b[97:65;6u"),
        (KeyPress("с", "с", ctrl=True, base="c"), 5, b"\x1b[1089::99;5u"),  # noqa: RUF001 - Cyrillic on purpose
        (KeyPress("с", "С", ctrl=True, shift=True, base="c"), 5, b"\x1b[1089:1057:99;6u"),  # noqa: RUF001 - too
        (KeyPress("", "né"), 24, b"\x1b[0;;110:233u"),
        (KeyPress("", "né"), 1, "né".encode()),
        (KeyPress("fn-lock"), 8, b""),
    ],
)
def test_examples(press: KeyPress, flags: int, data: bytes) -> None:
    """What the specification says of each enhancement."""
    assert kitty(press, flags) == data
