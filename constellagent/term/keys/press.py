"""One key as it was pressed, and the numbers and letters that terminals have for keys without text."""

from dataclasses import dataclass
from typing import Literal

KeyEvent = Literal["press", "repeat", "release"]

SHIFT, ALT, CTRL, SUPER = 1, 2, 4, 8
"""Modifiers as xterm and the kitty keyboard protocol number them, one less than what they send."""


@dataclass(frozen=True, slots=True)
class KeyPress:
    """One key, pressed, held or let go.

    Attributes:
        key: the character of the key without Shift, or a name: `enter`, `tab`, `backspace`, `escape`, those
            of `LETTERS`, `TILDES` and `PRIVATE`.
        text: what it types, or would without Ctrl, Alt and Super; empty for keys without text.
        ctrl: held with it, as are `alt`, `shift` and `super`.
        event: only the kitty keyboard protocol tells them apart.
        base: the character of the same key on an English keyboard, where it is another one and known.
    """

    key: str
    text: str = ""
    ctrl: bool = False
    alt: bool = False
    shift: bool = False
    super: bool = False
    event: KeyEvent = "press"
    base: str = ""

    @property
    def modifiers(self) -> int:
        """Bits `SHIFT` to `SUPER`."""
        return SHIFT * self.shift | ALT * self.alt | CTRL * self.ctrl | SUPER * self.super

    @property
    def types(self) -> bool:
        """It types its text: no modifier but Shift is held."""
        return bool(self.text) and not self.modifiers & ~SHIFT

    @property
    def name(self) -> str:
        """What a list of keys calls it: `a`, `A`, `c-a`, `a-x`, `enter`, `s-tab`, `c-s-left`, ` `."""
        text = "" if self.ctrl else self.text
        shift = self.shift and not text
        held = ((self.super, "super-"), (self.alt, "a-"), (self.ctrl, "c-"), (shift, "s-"))
        return "".join(prefix for on, prefix in held if on) + (text or self.key)


LETTERS = {
    "up": "A", "down": "B", "right": "C", "left": "D", "keypad-begin": "E", "end": "F", "home": "H",
    "f1": "P", "f2": "Q", "f3": "R", "f4": "S",
}  # fmt: skip
"""Keys that end in a letter, after SS3 or CSI 1 ; modifiers."""

TILDES = {
    "insert": 2, "delete": 3, "pageup": 5, "pagedown": 6,
    "f5": 15, "f6": 17, "f7": 18, "f8": 19, "f9": 20, "f10": 21, "f11": 23, "f12": 24,
    "f13": 25, "f14": 26, "f15": 28, "f16": 29, "f17": 31, "f18": 32, "f19": 33, "f20": 34,
}  # fmt: skip
"""Keys that are a number before a tilde."""

CODES = {"tab": 9, "enter": 13, "escape": 27, "backspace": 127}
"""Keys with a control character of their own."""

_KEYPAD = (
    "0 1 2 3 4 5 6 7 8 9 decimal divide multiply subtract add enter equal separator "
    "left right up down pageup pagedown home end insert delete begin"
)
_MEDIA = (
    "play pause play-pause reverse stop fast-forward rewind track-next track-previous record "
    "lower-volume raise-volume mute-volume"
)
_MODIFIERS = (
    "left-shift left-control left-alt left-super left-hyper left-meta "
    "right-shift right-control right-alt right-super right-hyper right-meta "
    "iso-level3-shift iso-level5-shift"
)
_LOCKS = "caps-lock scroll-lock num-lock"

MODIFIER_KEYS = frozenset(f"{_MODIFIERS} caps-lock num-lock".split())
"""Keys that are only reported to programs that want every key."""

PRIVATE = {
    **{name: 57358 + at for at, name in enumerate(f"{_LOCKS} print-screen pause menu".split())},
    **{f"f{number}": 57376 + number - 13 for number in range(13, 36)},
    **{f"keypad-{name}": 57399 + at for at, name in enumerate(_KEYPAD.split())},
    **{f"media-{name}": 57428 + at for at, name in enumerate(_MEDIA.split())},
    **{name: 57441 + at for at, name in enumerate(_MODIFIERS.split())},
}
"""The kitty keyboard protocol's numbers of keys that Unicode does not have."""

KEYPAD_TEXT = {
    **{f"keypad-{digit}": str(digit) for digit in range(10)},
    "keypad-decimal": ".", "keypad-divide": "/", "keypad-multiply": "*", "keypad-subtract": "-",
    "keypad-add": "+", "keypad-equal": "=", "keypad-separator": ",",
}  # fmt: skip
"""What the keys of the keypad type."""

KEYPAD_LETTERS = {
    **{f"keypad-{digit}": chr(ord("p") + digit) for digit in range(10)},
    "keypad-decimal": "n", "keypad-divide": "o", "keypad-multiply": "j", "keypad-subtract": "m",
    "keypad-add": "k", "keypad-equal": "X", "keypad-separator": "l", "keypad-enter": "M",
}  # fmt: skip
"""What follows SS3 for keys of an application keypad."""
