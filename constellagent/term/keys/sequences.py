"""What a sequence that a terminal sent says: which key was pressed, or what the mouse did."""

import re
from typing import Final

from constellagent.term.keys.mouse import MouseEvent, MouseKind
from constellagent.term.keys.press import (
    ALT,
    CODES,
    CTRL,
    KEYPAD_LETTERS,
    LETTERS,
    PRIVATE,
    SHIFT,
    SUPER,
    TILDES,
    KeyEvent,
    KeyPress,
)

_EVENTS: Final[dict[str, KeyEvent]] = {"": "press", "1": "press", "2": "repeat", "3": "release"}

_BY_LETTER = {letter: key for key, letter in LETTERS.items()}
_BY_TILDE = {
    **{number: key for key, number in TILDES.items()},
    1: "home", 4: "end", 7: "home", 8: "end", 11: "f1", 12: "f2", 13: "f3", 14: "f4", 57427: "keypad-begin",
}  # fmt: skip
_BY_SS3 = {**{letter: key for key, letter in KEYPAD_LETTERS.items()}, **_BY_LETTER}
_RXVT = {"a": "up", "b": "down", "c": "right", "d": "left"}
_BY_CODE = {number: key for table in (CODES, PRIVATE) for key, number in table.items()}
_CONSOLE = {"A": "f1", "B": "f2", "C": "f3", "D": "f4", "E": "f5"}
_CONTROLS = {0: " ", 28: "\\", 29: "]", 30: "^", 31: "_", **{at: chr(at + 96) for at in range(1, 27)}}

_LETTER = re.compile(r"\x1b\[(?:1?(?:;(\d{0,3})(?::([123]?))?)?)?([A-FHPQRS])\Z")
_TILDE = re.compile(r"\x1b\[(\d{1,5})(?:;(\d{0,3})(?::([123]?))?)?([~^@])\Z")
_OTHER = re.compile(r"\x1b\[27;(\d{1,3});(\d{1,7})~\Z")
_CODE = re.compile(
    r"\x1b\[(\d{1,7})(?::(\d{0,7}))?(?::(\d{0,7}))?(?:;(\d{0,3})(?::([123]?))?)?(?:;([\d:]{0,60}))?u\Z"
)
_SGR = re.compile(r"\x1b\[<(\d{1,4});(\d{1,5});(\d{1,5})([Mm])\Z")
_URXVT = re.compile(r"\x1b\[(\d{1,4});(\d{1,5});(\d{1,5})M\Z")


def key_of(raw: str) -> KeyPress | None:
    """Return the key that sends this: a character, a character after Escape, or a whole sequence."""
    if len(raw) == 1:
        return _character(raw)
    if len(raw) == 2:
        press = _character(raw[1])
        return _press(press.key, press.text, press.modifiers | ALT)
    if raw.startswith("\x1bO"):
        return _single_shift(raw)
    if raw == "\x1b[Z":
        return KeyPress("tab", shift=True)
    if raw.startswith("\x1b[["):
        return KeyPress(_CONSOLE[raw[3]])
    return _letter(raw) or _other(raw) or _tilde(raw) or _code(raw)


def _press(key: str, text: str, modifiers: int, event: KeyEvent = "press", base: str = "") -> KeyPress:
    return KeyPress(
        key,
        text,
        ctrl=bool(modifiers & CTRL),
        alt=bool(modifiers & ALT),
        shift=bool(modifiers & SHIFT),
        super=bool(modifiers & SUPER),
        event=event,
        base=base,
    )


def _character(char: str) -> KeyPress:
    code = ord(char)
    if code in _BY_CODE and code < 128:
        return KeyPress(_BY_CODE[code])
    if code in _CONTROLS:
        return KeyPress(_CONTROLS[code], _CONTROLS[code], ctrl=True)
    low = char.lower()
    if low != char and len(low) == 1:
        return KeyPress(low, char, shift=True)
    return KeyPress(char, char)


def _modifiers(field: str | None) -> int:
    return max(0, int(field) - 1) if field else 0


def _single_shift(raw: str) -> KeyPress | None:
    letter = raw[-1]
    if letter in _RXVT:
        return KeyPress(_RXVT[letter], ctrl=True)
    key = _BY_SS3.get(letter)
    if key is None:
        return None
    return _press(key, "", _modifiers(raw[2:-1]))


def _letter(raw: str) -> KeyPress | None:
    match = _LETTER.match(raw)
    if match:
        return _press(_BY_LETTER[match[3]], "", _modifiers(match[1]), _EVENTS[match[2] or ""])
    if len(raw) == 3 and raw[2] in _RXVT:
        return KeyPress(_RXVT[raw[2]], shift=True)
    return None


def _tilde(raw: str) -> KeyPress | None:
    match = _TILDE.match(raw)
    key = _BY_TILDE.get(int(match[1])) if match else None
    if match is None or key is None:
        return None
    modifiers = {"~": 0, "^": CTRL, "@": CTRL | SHIFT}[match[4]] | _modifiers(match[2])
    return _press(key, "", modifiers, _EVENTS[match[3] or ""])


def _other(raw: str) -> KeyPress | None:
    match = _OTHER.match(raw)
    char = _char(match[2]) if match else ""
    if match is None or not char:
        return None
    modifiers = _modifiers(match[1])
    press = _character(char)
    if press.ctrl:  # a control character as the key itself
        return _press(press.key, press.text, modifiers | CTRL)
    return _press(press.key, press.text, modifiers | SHIFT * press.shift)


def _code(raw: str) -> KeyPress | None:
    match = _CODE.match(raw)
    if match is None:
        return None
    number, modifiers, event = int(match[1]), _modifiers(match[4]), _EVENTS[match[5] or ""]
    if number in _BY_CODE:
        key = _BY_CODE[number]
        return _press(key, "", modifiers, event)
    said = "".join(_char(point) for point in (match[6] or "").split(":"))
    key = _char(match[1])
    if not key:
        return _press(said, said, modifiers, event) if said else None
    shifted = _char(match[2]) or (key.upper() if len(key.upper()) == 1 else key)
    return _press(key, said or (shifted if modifiers & SHIFT else key), modifiers, event, _char(match[3]))


def _char(code: str | None) -> str:
    """Return the character of a number, nothing where there is none."""
    number = int(code) if code else 0
    if not 0 < number <= 0x10FFFF or 0xD800 <= number < 0xE000:
        return ""
    return chr(number)


def mouse_of(raw: str) -> MouseEvent | None:
    """Return what the mouse did, where the sequence says that."""
    match = _SGR.match(raw)
    if match:
        return _event(int(match[1]), int(match[2]), int(match[3]), released=match[4] == "m")
    match = _URXVT.match(raw)
    if match:
        return _event(int(match[1]) - 32, int(match[2]), int(match[3]), released=None)
    if raw.startswith("\x1b[M") and len(raw) == 6:
        code, column, row = (_byte(char) - 32 for char in raw[3:])
        return _event(code, column, row, released=None)
    return None


def _byte(char: str) -> int:
    """Return the byte that became this character; bytes that are no UTF-8 came as surrogates."""
    return ord(char) - 0xDC00 if "\udc80" <= char <= "\udcff" else ord(char)


def _event(code: int, column: int, row: int, *, released: bool | None) -> MouseEvent | None:
    """Return the event; `released` is None where the code alone says that, and not of which button."""
    if code < 0 or column < 1 or row < 1:
        return None
    low, high = code & 3, code & ~0b11111
    moved = bool(high & 32)
    group = high & ~32
    if group not in {0, 64, 128}:
        return None
    button = {0: low + 1, 64: 4 + low, 128: 8 + low}[group]
    kind: MouseKind = "move" if moved else "press"
    if group == 0 and low == 3:
        button = 0
        if not moved:
            kind = "release"
    elif released:
        kind = "release"
    return MouseEvent(
        kind,
        button,
        column - 1,
        row - 1,
        shift=bool(code & 4),
        alt=bool(code & 8),
        ctrl=bool(code & 16),
    )
