"""Times on the command line."""

from datetime import datetime, timedelta

import pytest

from constellagent.errors import UsageError
from constellagent.faces.cli import schedule_times
from constellagent.runtime.clock import SystemClock


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-11-22", "2026-11-22T00:00:00Z"),
        ("2026-11-22 09:00", "2026-11-22T09:00:00Z"),
        ("2026-11-22T09:00+01:00", "2026-11-22T08:00:00Z"),
        ("2026-11-22T09:00:07Z", "2026-11-22T09:00:07Z"),
    ],
)
def test_moments_are_those_of_the_file(text: str, read: str) -> None:
    """A time without an offset is in UTC, one with an offset is put into it."""
    assert schedule_times.instant(text, "--since") == read


def test_a_span_means_so_long_ago() -> None:
    """7d is the time seven days before now."""
    week = timedelta(days=7).total_seconds()
    before = SystemClock().now() - week
    found = datetime.fromisoformat(schedule_times.instant("7d", "--since")).timestamp()
    assert before - 1 <= found <= SystemClock().now() - week


@pytest.mark.parametrize("text", ["yesterday", "", "7", "2026-13-01", "4000d", "3700-01-01"])
def test_what_is_no_time_is_wrong_usage(text: str) -> None:
    """The option is named."""
    with pytest.raises(UsageError, match="--since"):
        schedule_times.instant(text, "--since")
