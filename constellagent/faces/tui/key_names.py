"""Keys as a person reads them: prompt_toolkit's names and the prefix of the settings, in one short form."""

from collections.abc import Sequence

from constellagent.faces.tui.symbols import Symbols
from constellagent.term.keys import parse_key

_NAMED = {
    "tab": "Tab",
    "c-i": "Tab",
    "s-tab": "S-Tab",
    "enter": "Enter",
    "c-m": "Enter",
    "escape": "Esc",
    " ": "Space",
    "space": "Space",
    "backspace": "Bksp",
    "c-h": "Bksp",
    "delete": "Del",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
}
_ARROWS = ("left", "right", "up", "down")


def shown(key: str, symbols: Symbols) -> str:
    """Return how one key of prompt_toolkit is written: `c-d` is `C-d`, `left` is an arrow."""
    if key in _ARROWS:
        return symbols.arrows[_ARROWS.index(key)]
    if key in _NAMED:
        return _NAMED[key]
    if key.startswith("c-") and len(key) == 3:
        return f"C-{key[2]}"
    return key.upper() if key[:1] == "f" and key[1:].isdecimal() else key


def all_shown(keys: Sequence[str], symbols: Symbols) -> str:
    """Return several keys that do the same."""
    if len(keys) > 2 and all(key.isdecimal() for key in keys):
        return f"{keys[0]}-{keys[-1]}"
    return " ".join(shown(key, symbols) for key in keys)


def prefix_shown(setting: str) -> str:
    """Return how the prefix key is written: `ctrl-]` is `C-]`.

    Raises:
        UsageError: it names no control key.
    """
    byte = parse_key(setting)[0]
    if byte == 0:
        return "C-Space"
    return "C-?" if byte == 0x7F else f"C-{chr(byte | 0x40).lower()}"
