"""When something happened, by this place's clock: pure."""

from datetime import UTC, datetime

from constellagent.faces.tui.words import clean, shorten

NARROW = 9
"""Columns for the time of today, and the day before that."""
WIDE = 13
"""Columns for the day and the time."""


def when(at: float | str, now: float, columns: int = WIDE) -> str:
    """Return a time, epoch seconds or as text, in exactly so many columns, the last of them blank.

    It is `14:02:11` today, `22 Nov 14:02` or `22 Nov` before, `22 Nov 2025` or `Nov 2025` in another year.
    """
    try:
        then = datetime.fromtimestamp(at, UTC) if isinstance(at, float) else datetime.fromisoformat(at)
        then, today = then.astimezone(), datetime.fromtimestamp(now, UTC).astimezone()
    except (ValueError, OverflowError, OSError):
        return f"{shorten(clean(str(at)), columns - 1):<{columns}}"
    roomy = columns >= WIDE
    if then.date() == today.date():
        text = f"{then:%H:%M:%S}"
    elif then.year == today.year:
        text = f"{then.day} {then:%b}{f' {then:%H:%M}' if roomy else ''}"
    else:
        text = f"{f'{then.day} ' if roomy else ''}{then:%b} {then.year}"
    return f"{shorten(text, columns - 1):<{columns}}"


def full(at: str) -> str:
    """Return a time that was given as text to the second, `2025-11-22 14:02:11`."""
    try:
        return f"{datetime.fromisoformat(at).astimezone():%Y-%m-%d %H:%M:%S}"
    except (ValueError, OverflowError, OSError):
        return clean(at)
