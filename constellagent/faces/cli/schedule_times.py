"""Times on the command line: moments as in the constellation file, or how long ago, such as `7d`."""

from datetime import UTC, datetime

from constellagent.errors import UsageError
from constellagent.runtime.clock import SystemClock
from constellagent.spec.moments import in_zone, parse_moment


def instant(text: str, flag: str) -> str:
    """Return the time that is meant, in UTC, as the daemon reads it; one without an offset is in UTC.

    Raises:
        UsageError: it is none; names the flag.
    """
    ago = _ago(text)
    if ago is not None:
        moment = datetime.fromtimestamp(int(SystemClock().now() - ago), UTC)
    else:
        try:
            moment = in_zone(parse_moment(text), UTC).astimezone(UTC)
        except ValueError as error:
            raise UsageError(
                f"{flag}: {error}", hint="a span such as 7d or 12h means so long ago; times are in UTC"
            ) from error
    return moment.isoformat().replace("+00:00", "Z")


def _ago(text: str) -> float | None:
    """Return the seconds of a span, None where the text is no span."""
    from constellagent.spec.durations import parse_duration

    try:
        return parse_duration(text).total_seconds()
    except ValueError:
        return None
