"""From when, for how long, of which schedules, in which form."""

from datetime import UTC, datetime, timedelta

import pytest

from constellagent.errors import SpecError, UsageError
from constellagent.faces.cli import schedule_window

FILE = b"""\
version: 1
agents:
  a: {command: [x], schedules: {m: {cron: "@daily"}, n: {cron: "@daily"}}}
  b: {command: [x], schedules: {m: {cron: "@daily"}}}
"""


def test_moments() -> None:
    """As in the file; one without an offset is in UTC."""
    assert schedule_window.moment("2026-11-22") == datetime(2026, 11, 22, tzinfo=UTC)
    assert schedule_window.moment("2026-11-22T09:00+01:00") == datetime(2026, 11, 22, 8, tzinfo=UTC)
    with pytest.raises(UsageError, match="--from: expected a date"):
        schedule_window.moment("now")


def test_now_has_no_fraction() -> None:
    """A list from now is as readable as any other."""
    now = schedule_window.moment(None)
    assert (now.tzinfo, now.microsecond) == (UTC, 0)
    assert abs(now - datetime.now(UTC)) < timedelta(minutes=5)  # noqa: TID251 - held against the clock itself


def test_windows() -> None:
    """A span in the form of the file, longer than nothing."""
    assert schedule_window.window("7d") == timedelta(days=7)
    for wrong in ("7", "0s", "-1d", ""):
        with pytest.raises(UsageError, match="--window: "):
            schedule_window.window(wrong)


def test_words_of_an_option() -> None:
    """What is none of them is answered with all, and with the one that was meant."""
    assert schedule_window.one_of("b", "--x", ("a", "b")) == "b"
    with pytest.raises(UsageError, match="--x knows no 'tabel'; did you mean table\\?") as caught:
        schedule_window.one_of("tabel", "--x", ("table", "json"))
    assert caught.value.hint == "write table or json"


def test_counts() -> None:
    """A number and its noun."""
    assert [schedule_window.number(n, "fire") for n in (0, 1, 1234)] == ["0 fires", "1 fire", "1,234 fires"]


def test_schedules_of_a_file() -> None:
    """All, or those of an agent, or single ones, in the order of the file."""
    assert [*schedule_window.declared(FILE, "f")] == ["a/m", "a/n", "b/m"]
    assert [*schedule_window.declared(FILE, "f", ["b", "a/n"])] == ["a/n", "b/m"]
    with pytest.raises(UsageError, match="no schedule 'a/o'"):
        schedule_window.declared(FILE, "f", ["a/o"])
    with pytest.raises(SpecError):
        schedule_window.declared(b"", "f")
