"""A second opinion on keys: the encoder that the terminal engine's own terminal uses."""

from typing import Any

from pyghostty._ffi import ffi, lib

from constellagent.term.cells import Modes
from constellagent.term.keys import KeyPress

_CHARACTERS = {
    "`": "BACKQUOTE", "\\": "BACKSLASH", "[": "BRACKET_LEFT", "]": "BRACKET_RIGHT", ",": "COMMA",
    "=": "EQUAL", "-": "MINUS", ".": "PERIOD", "'": "QUOTE", ";": "SEMICOLON", "/": "SLASH", " ": "SPACE",
    **{str(digit): f"DIGIT_{digit}" for digit in range(10)},
    **{chr(letter): chr(letter).upper() for letter in range(ord("a"), ord("z") + 1)},
}  # fmt: skip
SHIFTED = dict(
    zip(
        "`\\[],=-.';/ 0123456789abcdefghijklmnopqrstuvwxyz",
        '~|{}<+_>":? )!@#$%^&*(ABCDEFGHIJKLMNOPQRSTUVWXYZ',
        strict=True,
    )
)
"""Characters of an English keyboard, and what they are with Shift."""
NAMED = {
    "enter": "ENTER", "tab": "TAB", "backspace": "BACKSPACE", "escape": "ESCAPE",
    "up": "ARROW_UP", "down": "ARROW_DOWN", "left": "ARROW_LEFT", "right": "ARROW_RIGHT",
    "home": "HOME", "end": "END", "insert": "INSERT", "delete": "DELETE", "pageup": "PAGE_UP",
    "pagedown": "PAGE_DOWN", **{f"f{number}": f"F{number}" for number in range(1, 13)},
    "keypad-enter": "NUMPAD_ENTER", "keypad-up": "NUMPAD_UP", "keypad-5": "NUMPAD_5",
    "keypad-add": "NUMPAD_ADD", "keypad-decimal": "NUMPAD_DECIMAL", "keypad-insert": "NUMPAD_INSERT",
}  # fmt: skip
"""Keys without a character of ours, and that library's names of them."""
_TYPED = {"keypad-5": "5", "keypad-add": "+", "keypad-decimal": "."}
_ACTIONS = {"release": 0, "press": 1, "repeat": 2}


class Encoder:
    """Encodes keys as Ghostty does."""

    def __init__(self) -> None:
        self._encoder, self._event = ffi.new("GhosttyKeyEncoder*"), ffi.new("GhosttyKeyEvent*")
        assert lib.ghostty_key_encoder_new(ffi.NULL, self._encoder) == 0
        assert lib.ghostty_key_event_new(ffi.NULL, self._event) == 0

    def close(self) -> None:
        """Free what it holds."""
        lib.ghostty_key_event_free(self._event[0])
        lib.ghostty_key_encoder_free(self._encoder[0])

    def _set(self, option: str, kind: str, value: Any) -> None:
        number = getattr(lib, f"GHOSTTY_KEY_ENCODER_OPT_{option}")
        lib.ghostty_key_encoder_setopt(self._encoder[0], number, ffi.new(f"{kind}*", value))

    def encode(self, press: KeyPress, modes: Modes) -> bytes:
        """Return what the key sends."""
        self._set("CURSOR_KEY_APPLICATION", "bool", modes.application_cursor)
        self._set("KEYPAD_KEY_APPLICATION", "bool", modes.application_keypad)
        self._set("IGNORE_KEYPAD_WITH_NUMLOCK", "bool", False)
        self._set("ALT_ESC_PREFIX", "bool", True)
        self._set("MODIFY_OTHER_KEYS_STATE_2", "bool", modes.modify_other_keys == 2)
        self._set("BACKARROW_KEY_MODE", "bool", modes.backarrow)
        self._set("KITTY_FLAGS", "uint8_t", modes.kitty_flags)
        event, key = self._event[0], press.key
        text = "" if press.event == "release" else press.text or _TYPED.get(key, "")
        data = text.encode()
        held = ffi.new("char[]", data)
        # That library numbers Ctrl and Alt the other way round.
        modifiers = press.shift | press.ctrl << 1 | press.alt << 2 | press.super << 3
        lib.ghostty_key_event_set_action(event, _ACTIONS[press.event])
        lib.ghostty_key_event_set_key(
            event, getattr(lib, f"GHOSTTY_KEY_{NAMED.get(key) or _CHARACTERS[key]}")
        )
        lib.ghostty_key_event_set_mods(event, modifiers)
        lib.ghostty_key_event_set_consumed_mods(event, int(press.shift and bool(text)))
        lib.ghostty_key_event_set_utf8(event, held, len(data))
        lib.ghostty_key_event_set_unshifted_codepoint(event, ord(key) if len(key) == 1 else 0)
        out, size = ffi.new("char[128]"), ffi.new("size_t*")
        assert lib.ghostty_key_encoder_encode(self._encoder[0], event, out, 128, size) == 0
        return bytes(ffi.buffer(out, size[0]))
