"""What is said of schedules and of queued runs, in words."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from constellagent.plan.declared import resolve
from constellagent.plan.fires import Fire
from constellagent.runtime.store.ledger import LedgerRow
from constellagent.runtime.timekeeping import views
from tests.runtime.scheduler.lab import declaration

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def fire(schedule: str, number: int, **changes: Any) -> Fire:
    """Return a queued fire, due `number` minutes ago."""
    at = NOW - timedelta(minutes=number)
    values: dict[str, Any] = {
        "run": f"{schedule}{number}",
        "schedule": schedule,
        "origin": "clock",
        "fire_at": at,
        "attempt": 1,
        "reason": "schedule",
        "state": "queued",
        "not_before": at,
    }
    return Fire(**{**values, **changes})


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"cron": "H 7 * * 1", "timezone": "Asia/Kolkata"}, "H 7 * * 1 Asia/Kolkata"),
        ({"on": {"email": {}}}, "mail"),
        ({"on": {"email": {"from": "*@x.test", "subject": "go*"}}}, "mail from *@x.test with subject go*"),
        (
            {"on": {"sms": {"from": "+12025550100", "text": "*now*"}}},
            "a text from +12025550100 with text *now*",
        ),
        ({"on": {"agent": "docs"}}, "agent docs done"),
        ({"on": {"agent": "docs", "state": "failed"}}, "agent docs failed"),
        ({"on": {"webhook": "deploys"}}, "webhook deploys"),
    ],
)
def test_what_wakes_it(spec: dict[str, Any], words: str) -> None:
    """Every cause that can be declared has its words."""
    assert views.wakes(resolve("a", "s", declaration(**spec))) == words


def test_local_times_name_their_zone() -> None:
    """The same instant is another hour, and maybe another day, in the schedule's zone."""
    assert views.local(datetime(2026, 11, 22, 23, 30, tzinfo=UTC), ZoneInfo("Asia/Kolkata")) == (
        "Mon 2026-11-23 05:00 IST"
    )


@pytest.mark.parametrize(
    ("beside", "words"),
    [
        ([], "waits for its turn"),
        ([fire("other/x", 9, state="running")], "waits for its turn"),
        ([fire("a/t", 9, state="claimed")], "waits for the end of the run of a/t of 2026-11-22T08:51:00Z"),
        ([fire("a/s", 9)], "waits behind 1 other"),
        ([fire("a/s", 9), fire("a/t", 8), fire("a/t", 1)], "waits behind 2 others"),
    ],
)
def test_what_a_queued_run_waits_for(beside: list[Fire], words: str) -> None:
    """Only runs of the same workspace stand in the way: one that goes on, else those whose turn is before."""
    waiting = fire("a/s", 5)
    workspaces = {"a/s": "a", "a/t": "a", "other/x": "other"}
    assert views.waits(waiting, [*beside, waiting], workspaces, NOW) == words


def test_a_run_never_waits_for_itself() -> None:
    """A run that was claimed after it was looked at does not stand in its own way."""
    claimed = fire("a/s", 5, state="claimed")
    assert views.waits(fire("a/s", 5), [claimed], {"a/s": "a"}, NOW) == "waits for its turn"


def test_a_run_that_is_not_due_waits_for_its_time() -> None:
    """A retry waits until its pause is over; what shares its place with nobody waits for its turn."""
    retry = fire("a/s", 5, not_before=NOW + timedelta(minutes=5))
    assert views.waits(retry, [retry, fire("a/s", 9, state="running")], {"a/s": "a"}, NOW) == (
        "waits until 2026-11-22T09:05:00Z"
    )
    assert (
        views.waits(fire("a/s", 5), [fire("a/s", 9, state="running")], {"a/s": ""}, NOW)
        == "waits for its turn"
    )


def test_a_row_is_shown_without_what_has_gone() -> None:
    """A worktree that was removed is not shown; a clock that was set back makes no negative span."""
    row = LedgerRow(
        "c",
        fire("a/s", 5, state="succeeded"),
        NOW,
        started_at=NOW,
        ended_at=NOW - timedelta(seconds=5),
        path="/gone",
        report={"cleared": True},
    )
    view = views.run(row, NOW)
    assert (view["path"], view["seconds"], view["did"], view["commit_count"]) == ("", 0.0, {}, 0)
