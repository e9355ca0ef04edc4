"""What a person types and does with the mouse, as the bytes that a program asked for."""

from constellagent.term.keys.detach import DetachScanner, parse_key
from constellagent.term.keys.encode import encode_key
from constellagent.term.keys.mouse import MouseEvent, encode_focus, encode_mouse
from constellagent.term.keys.paste import PASTE_BEGIN, PASTE_END, paste, pasteable
from constellagent.term.keys.press import KeyPress
from constellagent.term.keys.typed import Answer, Focus, Paste, Typed, TypedReader

__all__ = [
    "PASTE_BEGIN",
    "PASTE_END",
    "Answer",
    "DetachScanner",
    "Focus",
    "KeyPress",
    "MouseEvent",
    "Paste",
    "Typed",
    "TypedReader",
    "encode_focus",
    "encode_key",
    "encode_mouse",
    "parse_key",
    "paste",
    "pasteable",
]
