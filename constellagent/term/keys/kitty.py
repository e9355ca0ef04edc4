"""A key in the kitty keyboard protocol, with those of its enhancements that a program has switched on.

The source is "Comprehensive keyboard handling in terminals", the specification of the protocol.
"""

from constellagent.term.keys.press import (
    CODES,
    KEYPAD_TEXT,
    LETTERS,
    MODIFIER_KEYS,
    PRIVATE,
    SHIFT,
    TILDES,
    KeyPress,
)

DISAMBIGUATE, EVENTS, ALTERNATES, EVERY, TEXT = 1, 2, 4, 8, 16
"""No two keys alike; repeats and releases; other characters of a key; every key; and the text of each."""

_KEPT = {"enter", "tab", "backspace"}
"""Keys that stay as they were, so that a shell can still be told to reset its terminal."""
_EVENTS = {"press": "", "repeat": ":2", "release": ":3"}


def is_as_ever(press: KeyPress, flags: int) -> bool:
    """Whether a program with these enhancements gets this key as one without any does."""
    if flags & EVERY:
        return False
    if press.types or (press.key in _KEPT and not press.modifiers):
        return press.event != "release"
    return not flags & DISAMBIGUATE and (press.event == "press" or not flags & EVENTS)


def encode_kitty(press: KeyPress, flags: int) -> bytes:
    """Return the key as an escape code; nothing for an event that the program did not ask for."""
    every = bool(flags & EVERY)
    if press.event == "release" and (not flags & EVENTS or (press.key in _KEPT and not every)):
        return b""
    if press.key in MODIFIER_KEYS and not every:
        return b""
    if press.key in KEYPAD_TEXT and not press.modifiers & ~SHIFT and not every and press.event != "release":
        return KEYPAD_TEXT[press.key].encode()
    event = _EVENTS[press.event] if flags & EVENTS else ""
    modifiers = f"{press.modifiers + 1}{event}" if press.modifiers or event else ""
    if press.key in LETTERS and press.key != "f3":  # CSI R is also where the cursor is
        return f"\x1b[{f'1;{modifiers}' if modifiers else ''}{LETTERS[press.key]}".encode()
    number = 13 if press.key == "f3" else TILDES.get(press.key, 0)
    if number and press.key not in PRIVATE:
        return f"\x1b[{number}{modifiers and f';{modifiers}'}~".encode()
    return _code(press, flags, modifiers)


def _code(press: KeyPress, flags: int, modifiers: str) -> bytes:
    """Return a key by its number, with whatever else is to be said of it."""
    code = CODES.get(press.key) or PRIVATE.get(press.key) or (ord(press.key) if len(press.key) == 1 else 0)
    text = (press.text or KEYPAD_TEXT.get(press.key, "")) if not press.modifiers & ~SHIFT else ""
    said = flags & TEXT and flags & EVERY and press.event != "release"
    points = ":".join(str(ord(char)) for char in text) if said else ""
    if not code and not points:
        return b""
    others = _others(press) if flags & ALTERNATES else ""
    fields = [f"{code}{others}", *([modifiers] if modifiers or points else []), *([points] if points else [])]
    return f"\x1b[{';'.join(fields)}u".encode()


def _others(press: KeyPress) -> str:
    """Return the key's character with Shift, if that is held, and the one on an English keyboard."""
    shifted = press.text if press.shift and len(press.text) == 1 and press.text != press.key else ""
    base = press.base if press.base != press.key else ""
    if base:
        return f":{ord(shifted) if shifted else ''}:{ord(base)}"
    return f":{ord(shifted)}" if shifted else ""
