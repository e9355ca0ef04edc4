"""Spans of time on the command line: `60` are seconds, `2m` and `1h30m` are what they say."""

from constellagent.errors import UsageError


def seconds(text: str | None, flag: str, *, default: float) -> float:
    """Return the span in seconds.

    Raises:
        UsageError: it is none; names the flag.
    """
    if text is None:
        return default
    if text.isascii() and text.replace(".", "", 1).isdigit():
        return float(text)
    from constellagent.spec.durations import parse_duration

    try:
        return parse_duration(text).total_seconds()
    except ValueError as error:
        raise UsageError(f"{flag}: {error}", hint="a bare number means seconds") from error
