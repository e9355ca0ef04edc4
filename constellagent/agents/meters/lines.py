"""Lines of a transcript: most are long and say nothing of tokens, so that few of them are parsed."""

import json
from collections.abc import Mapping
from typing import Any

from constellagent.agents.values import number

_MOST = 10**12
"""Tokens, or dollars, that one line can speak of; what says more is no count."""


def event(line: str, mark: str) -> Mapping[str, Any]:
    """Return the JSON object of a line that holds `mark`, an empty one for any other line."""
    if mark not in line:
        return {}
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def tokens(of: Mapping[str, Any], *keys: str) -> int:
    """Return how many tokens the numbers at these keys are together; what is no count is none."""
    return sum(found for key in keys if 0 < (found := number(of, key)) <= _MOST)


def dollars(of: Mapping[str, Any], key: str) -> float | None:
    """Return the sum of money at a key; None where there is none."""
    found = of.get(key)
    known = isinstance(found, int | float) and not isinstance(found, bool) and 0 <= found <= _MOST
    return float(found) if known and found is not None else None
