"""Points in time as the file gives them: `2026-01-31`, `2026-01-31T09:00`, with or without an offset.

One without an offset is meant in the schedule's zone, so it stays naive until the zone is known.
"""

import re
from datetime import datetime, tzinfo

PATTERN = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?)?$"
"""The form as a regular expression that both Python and JSON Schema read."""

EARLIEST, LATEST = 1970, 2199
"""The first and the last year of a moment."""

_FORM = re.compile(PATTERN, re.ASCII)


def parse_moment(value: object) -> datetime:
    """Return the moment that `value` says: naive without an offset, aware with one.

    Raises:
        ValueError: it is no text of the form above, there is no such day or time, or its year is too far off
            for the times that are computed from it.
    """
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _FORM.fullmatch(value):
        raise ValueError("expected a date such as 2026-01-31, or a date and time such as 2026-01-31T09:00")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise ValueError(f"there is no such moment as {value} ({error})") from error
    if not EARLIEST <= moment.year <= LATEST:
        raise ValueError(f"{value} is outside of the years {EARLIEST} to {LATEST}")
    return moment


def in_zone(moment: datetime, zone: tzinfo) -> datetime:
    """Return `moment` as an aware time; a naive one is meant in `zone`."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
