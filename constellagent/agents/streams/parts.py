"""Looks into the lines that programs write, of which nothing is certain; the standard library only."""

import json
from collections.abc import Mapping
from typing import Any

_MOST = 10**12
"""Tokens, or dollars, that a line can speak of; what says more is no count."""


def event_of(line: str) -> dict[str, Any] | None:
    """Return the event of a line; None for one that is no object, or does not say of which type it is."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("type"), str) else None


def text_of(of: Mapping[str, Any], key: str) -> str:
    """Return the text at a key; empty where there is none, or something else."""
    found = of.get(key)
    return found if isinstance(found, str) else ""


def part_of(of: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return the object at a key; an empty one where there is none, or something else."""
    found = of.get(key)
    return found if isinstance(found, dict) else {}


def number_of(of: Mapping[str, Any], key: str) -> int:
    """Return the count at a key; 0 where there is none, or something else."""
    found = of.get(key)
    return found if isinstance(found, int) and not isinstance(found, bool) and 0 < found <= _MOST else 0


def amount_of(of: Mapping[str, Any], key: str) -> float | None:
    """Return the sum of money at a key; None where there is none, or something else."""
    found = of.get(key)
    known = isinstance(found, int | float) and not isinstance(found, bool) and 0 <= found <= _MOST
    return float(found) if known and found is not None else None
