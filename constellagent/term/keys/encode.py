"""A key as the bytes that a program asked for.

The sources are xterm's "Control Sequences" and "Modified Keys", the table of control characters that the
kitty keyboard protocol gives for terminals without it, and that protocol itself, which is in `kitty`.
"""

from constellagent.term.cells import Modes
from constellagent.term.keys.kitty import encode_kitty, is_as_ever
from constellagent.term.keys.press import (
    ALT,
    CODES,
    CTRL,
    KEYPAD_LETTERS,
    KEYPAD_TEXT,
    LETTERS,
    SHIFT,
    SUPER,
    TILDES,
    KeyPress,
)

_CTRL = {
    " ": 0, "2": 0, "@": 0, "3": 27, "[": 27, "4": 28, "\\": 28, "5": 29, "]": 29, "6": 30, "^": 30, "~": 30,
    "7": 31, "/": 31, "_": 31, "8": 127, "?": 127,
    **{chr(ord("a") + at): at + 1 for at in range(26)},
}  # fmt: skip
"""What Ctrl makes of a key; others it leaves as they are."""


def encode_key(press: KeyPress, modes: Modes) -> bytes:
    """Return what the key sends to a program with these modes; nothing where there is no way to say it."""
    flags = modes.kitty_flags
    if flags and not is_as_ever(press, flags):
        return encode_kitty(press, flags)
    if press.event == "release" or press.modifiers & SUPER:
        return b""
    if press.key in CODES or press.text:
        return (b"" if flags else _other_key(press, modes.modify_other_keys)) or _character(press, modes)
    return _function(press, modes).encode()


def _function(press: KeyPress, modes: Modes) -> str:
    """Return a key without a character: a cursor, editing or function key, or one of the keypad."""
    key, modifiers = press.key, press.modifiers
    if key in KEYPAD_LETTERS:
        if modes.application_keypad:
            return f"\x1bO{modifiers + 1 if modifiers else ''}{KEYPAD_LETTERS[key]}"
        text = KEYPAD_TEXT.get(key, "")
        return _character(KeyPress(text or "enter", text, alt=press.alt), modes).decode()
    if key not in LETTERS:
        key = key.removeprefix("keypad-")
    if key in LETTERS:
        if modifiers:
            return f"\x1b[1;{modifiers + 1}{LETTERS[key]}"
        single = modes.application_cursor or key in {"f1", "f2", "f3", "f4"}
        return f"\x1b{'O' if single else '['}{LETTERS[key]}"
    if key in TILDES:
        return f"\x1b[{TILDES[key]};{modifiers + 1}~" if modifiers else f"\x1b[{TILDES[key]}~"
    return ""


def _other_key(press: KeyPress, level: int) -> bytes:
    """Return the key as xterm's modifyOtherKeys has it; nothing where it leaves it as it always was."""
    modifiers = press.modifiers
    if not level or not modifiers:
        return b""
    if press.key in CODES:
        # What has always had bytes of its own keeps them on the first level, and these two on both.
        kept = (modifiers, press.key) in {(SHIFT, "tab"), (CTRL, "backspace")}
        if level == 1:
            kept = kept or press.key in {"backspace", "escape"} or modifiers == ALT
        code = CODES[press.key]
    else:
        code = ord(press.text[0])
        kept = modifiers == SHIFT and press.key != " "
        if level == 1:
            control = press.key if press.key in _CTRL else press.base
            kept = kept or modifiers in {SHIFT, ALT} or (modifiers == CTRL and control.isalpha())
            kept = kept or (modifiers == CTRL and press.key in " [\\]")
    return b"" if kept else b"\x1b[27;%d;%d~" % (modifiers + 1, code)


def _character(press: KeyPress, modes: Modes) -> bytes:
    """Return a key that has a character, as terminals have always sent it."""
    alt = b"\x1b" if press.alt else b""
    match press.key:
        case "enter":
            return alt + (b"\r\n" if modes.newline else b"\r")
        case "tab":
            return alt + (b"\x1b[Z" if press.shift else b"\t")
        case "escape":
            return alt + b"\x1b"
        case "backspace":
            return alt + (b"\x08" if modes.backarrow != press.ctrl else b"\x7f")
        case _:
            return alt + _text(press)


def _text(press: KeyPress) -> bytes:
    if press.ctrl:
        for key in (press.key, press.base, press.text):
            if key in _CTRL:
                return bytes([_CTRL[key]])
    return press.text.encode("utf-8", "surrogateescape")
