"""What a program gave its hook, cut to what a holder takes.

A hook before a tool carries all that the tool is to write, which may be megabytes. What says what happens is
short and comes at the top, so long texts inside are shortened and the rest stays; also of a JSON text that
was cut off itself.
"""

import json
from typing import Any

from constellagent.runtime.holder.protocol import REPORT_DATA

_LENGTHS = (1 << 15, 1 << 12, 1 << 8)
"""Characters that each text may have, and items of each list; tried one after the other."""
_DEEPEST = 12
_KEY = 256
_FEWEST = 64
"""Members of the object that are left where nothing else helps; with texts of the last length they fit."""


def fit(data: bytes, most: int = REPORT_DATA) -> bytes:
    """Return `data` where it has at most `most` bytes (no less than 256 KiB), else what matters of it."""
    if len(data) <= most:
        return data
    members = _members(data.decode(errors="replace"))
    for longest in _LENGTHS:
        cut = text({name: _cut(value, longest, 0) for name, value in members.items()})
        if len(cut) <= most:
            return cut
    plain = [(name, value) for name, value in members.items() if not isinstance(value, dict | list)]
    return text({name[:_KEY]: _cut(value, _LENGTHS[-1], 0) for name, value in plain[:_FEWEST]})


def _members(given: str) -> dict[str, Any]:
    """Return the members of a JSON object, up to where the text makes no sense any more."""
    decoder = json.JSONDecoder()
    members: dict[str, Any] = {}
    at = _after(given, 0, "{")
    try:
        while at:
            name, at = decoder.raw_decode(given, _skip(given, at))
            at = _after(given, at, ":")
            if not isinstance(name, str) or not at:
                break
            members[name], at = decoder.raw_decode(given, _skip(given, at))
            at = _after(given, at, ",")
    except (ValueError, RecursionError):
        return members
    return members


def _skip(given: str, at: int) -> int:
    """Return where the blanks from `at` on end."""
    while at < len(given) and given[at] in " \t\r\n":
        at += 1
    return at


def _after(given: str, at: int, sign: str) -> int:
    """Return the place after `sign`, 0 where something else comes."""
    at = _skip(given, at)
    return at + 1 if given.startswith(sign, at) else 0


def _cut(value: Any, longest: int, depth: int) -> Any:
    """Return a value with its texts and lists cut, and nothing in what lies too deep."""
    if isinstance(value, str):
        return value if len(value) <= longest else f"{value[:longest]}\N{HORIZONTAL ELLIPSIS}"
    if isinstance(value, int | float):
        return value if len(repr(value)) <= _KEY else None
    if depth >= _DEEPEST:
        return None
    if isinstance(value, list):
        return [_cut(item, longest, depth + 1) for item in value[:longest]]
    if isinstance(value, dict):
        items = list(value.items())[:longest]
        return {name[:_KEY]: _cut(item, longest, depth + 1) for name, item in items}
    return value


def text(value: Any) -> bytes:
    """Return a value as short JSON text."""
    return json.dumps(value, separators=(",", ":")).encode()
