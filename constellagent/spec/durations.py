"""Spans of time as people write them: `90s`, `1h30m`, `500ms`, `7d`, `2w`.

A bare number is refused, because nobody can tell seconds from minutes in somebody else's file.
"""

import re
from datetime import timedelta
from fractions import Fraction

PATTERN = (
    r"^(?=\d)(\d+(\.\d+)?w)?(\d+(\.\d+)?d)?(\d+(\.\d+)?h)?(\d+(\.\d+)?m)?(\d+(\.\d+)?s)?(\d+(\.\d+)?ms)?$"
)
"""The form as a regular expression that both Python and JSON Schema read."""

LONGEST = timedelta(days=3650)
"""Longer spans are typing slips, and times computed from them could overflow."""

_EXAMPLE = "write a number and a unit (ms, s, m, h, d, w), such as 90s, 1h30m or 7d"
_FORM = re.compile(PATTERN, re.ASCII)
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhdw])", re.ASCII)
_MICROSECONDS = {
    "w": 604_800_000_000,
    "d": 86_400_000_000,
    "h": 3_600_000_000,
    "m": 60_000_000,
    "s": 1_000_000,
    "ms": 1_000,
}


def parse_duration(value: object) -> timedelta:
    """Return the span that `value` says; a timedelta is passed through.

    Raises:
        ValueError: it is no text in the form above, is finer than a microsecond, or longer than `LONGEST`.
    """
    if isinstance(value, timedelta):
        return _bounded(value, format_duration(abs(value)))
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value:
        raise ValueError(f"expected a span of time; {_EXAMPLE}")
    if len(value) > 60 or not _FORM.match(value) or value.endswith("\n"):
        raise ValueError(f"{_shown(value)} is no span of time; {_advice(value)}")
    total = sum(
        (Fraction(number) * _MICROSECONDS[unit] for number, unit in _PART.findall(value)), start=Fraction(0)
    )
    if total.denominator != 1:
        raise ValueError(f"{value} is finer than a microsecond")
    if total > LONGEST // timedelta(microseconds=1):
        raise ValueError(f"{value} is longer than {format_duration(LONGEST)}, the longest span there is")
    return timedelta(microseconds=int(total))


def format_duration(span: timedelta) -> str:
    """Return `span` (not negative) in the form that `parse_duration` reads back as the same span."""
    rest = span // timedelta(microseconds=1)
    words = []
    for unit in ("d", "h", "m", "s"):
        count, rest = divmod(rest, _MICROSECONDS[unit])
        if count:
            words.append(f"{count}{unit}")
    if rest:
        whole, part = divmod(rest, 1000)
        words.append(f"{whole}.{part:03d}".rstrip("0").rstrip(".") + "ms" if part else f"{whole}ms")
    return "".join(words) or "0s"


def _bounded(span: timedelta, shown: str) -> timedelta:
    if span < timedelta(0):
        raise ValueError(f"-{shown} is negative; a span of time is zero or more")
    if span > LONGEST:
        raise ValueError(f"{shown} is longer than {format_duration(LONGEST)}, the longest span there is")
    return span


def _shown(value: str) -> str:
    return repr(value if len(value) <= 60 else value[:57] + "...")


def _advice(value: str) -> str:
    if value.strip().startswith("-"):
        return "a span of time is zero or more"
    if re.fullmatch(r"\d+(\.\d+)?", value[:60], re.ASCII):
        return f"add a unit: {value}s for seconds or {value}m for minutes"
    found = _PART.findall(value[:60])
    if found and "".join(number + unit for number, unit in found) == value:
        return "write each unit once, the largest first, as in 1h30m"
    return _EXAMPLE
