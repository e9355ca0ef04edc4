"""What becomes of a fire while runs of its workspace are open."""

from dataclasses import replace
from typing import Any

import pytest

from constellagent.plan.fires import Fire
from constellagent.plan.schedules import DesiredSchedule
from constellagent.plan.wakeups import MOST_QUEUED, Decision, Standing, decide
from constellagent.plan.wakeups.overlapping import judge
from tests.plan.wakeups.samples import HOME, HOUR, MINUTE, at, fire, outline, schedule, standing

TOOK_ITS_PLACE = "a newer fire took its place"


def judged(whose: DesiredSchedule, *open_fires: Fire) -> Decision:
    """Judge the fire of 10:00 by the schedule's own rule."""
    return judge(whose, standing(at("09:00"), *open_fires), fire(whose, at("10:00"), "queued"), whose.overlap)


def many(whose: DesiredSchedule, count: int, **changes: Any) -> list[Fire]:
    """Return so many queued fires."""
    row = fire(whose, at("2020-01-01 00:00"), "queued", **changes)
    return [replace(row, run=f"{n:032x}", fire_at=row.fire_at + n * HOUR) for n in range(count)]


@pytest.mark.parametrize("overlap", ["skip", "queue_one", "queue_all", "replace", "allow"])
def test_a_free_workspace_takes_any_fire(overlap: str) -> None:
    """Where nothing is open, a fire is queued by every rule."""
    hourly = schedule(overlap=overlap)
    assert judged(hourly) == Decision(fires=(fire(hourly, at("10:00"), "queued"),))


@pytest.mark.parametrize(
    ("open_states", "why"),
    [
        (["running"], "triage/hourly of 2026-11-22T00:00:00Z was still going"),
        (["claimed"], "triage/hourly of 2026-11-22T00:00:00Z was still going"),
        (["queued"], "triage/hourly of 2026-11-22T00:00:00Z was still waiting to start"),
        (["queued", "running"], "triage/hourly of 2026-11-22T01:00:00Z was still going"),
        (["queued", "queued"], "triage/hourly of 2026-11-22T00:00:00Z was still waiting to start"),
    ],
)
def test_skip_names_the_run_that_goes_on(open_states: list[Any], why: str) -> None:
    """A skipped fire has a row that says which run was still open."""
    hourly = schedule()
    rows = [fire(hourly, at("00:00") + n * HOUR, state) for n, state in enumerate(open_states)]
    assert judged(hourly, *rows) == Decision(fires=(fire(hourly, at("10:00"), "skipped_overlap", why=why),))


def test_skip_counts_a_retry_that_waits_as_going_on() -> None:
    """A run that will be tried again is not over."""
    hourly = schedule()
    waiting = fire(hourly, at("09:00"), "queued", "retry", attempt=2, not_before=at("11:00"))
    assert outline(judged(hourly, waiting).fires) == [("skipped_overlap", "schedule", "22 10:00")]


def test_skip_counts_the_runs_of_others_in_the_same_workspace() -> None:
    """Two schedules in the agent's own worktree exclude each other."""
    hourly = schedule(workspace="agent")
    other = schedule(key="triage/nightly", workspace="agent")
    (row,) = judged(hourly, fire(other, at("09:30"))).fires
    assert (row.state, row.why) == (
        "skipped_overlap",
        "triage/nightly of 2026-11-22T09:30:00Z was still going",
    )


def test_queue_one_lets_the_newest_wait() -> None:
    """A newer fire takes the place of the one that waits, and nothing that runs is stopped."""
    hourly = schedule(overlap="queue_one")
    running, waiting = fire(hourly, at("08:00")), fire(hourly, at("09:00"), "queued")
    decision = judged(hourly, running, waiting)
    assert outline(decision.fires) == [("queued", "schedule", "22 10:00")]
    assert [(change.run, change.state, change.why) for change in decision.changes] == [
        (waiting.run, "dropped", TOOK_ITS_PLACE)
    ]
    assert decision.stop == ()


@pytest.mark.parametrize("overlap", ["queue_one", "replace"])
def test_only_what_the_schedule_itself_queued_gives_way(overlap: str) -> None:
    """Fires of other schedules, and what a person asked for, keep their place in the queue."""
    hourly = schedule(overlap=overlap, workspace="agent")
    other = schedule(key="triage/nightly", workspace="agent")
    kept = [
        fire(other, at("08:00"), "queued"),
        fire(hourly, at("08:10"), "queued", "manual"),
        fire(hourly, at("07:00"), "queued", "backfill", attempt=2),
    ]
    gone = [fire(hourly, at("09:00"), "queued", "retry", attempt=2), fire(hourly, at("09:00"), "queued")]
    decision = judged(hourly, *kept, *gone)
    assert [change.run for change in decision.changes] == [row.run for row in gone]
    assert outline(decision.fires) == [("queued", "schedule", "22 10:00")]


def test_replace_stops_its_own_runs_only() -> None:
    """`replace` stops what runs of the schedule, and leaves the others of the workspace running."""
    hourly = schedule(overlap="replace", workspace="agent")
    other = schedule(key="triage/nightly", workspace="agent")
    mine, claimed = fire(hourly, at("08:00")), fire(hourly, at("09:00"), "claimed")
    decision = judged(hourly, fire(other, at("07:30")), mine, claimed)
    assert decision.stop == (mine.run, claimed.run)
    assert decision.changes == ()
    assert outline(decision.fires) == [("queued", "schedule", "22 10:00")]


def test_allow_looks_at_nothing() -> None:
    """With `allow` runs go on side by side."""
    hourly = schedule(overlap="allow")
    decision = judged(hourly, fire(hourly, at("08:00")), fire(hourly, at("09:00"), "queued"))
    assert decision == Decision(fires=(fire(hourly, at("10:00"), "queued"),))


@pytest.mark.parametrize("overlap", ["queue_all", "allow"])
@pytest.mark.parametrize(("waiting", "state"), [(MOST_QUEUED - 1, "queued"), (MOST_QUEUED, "dropped")])
def test_a_queue_has_an_end(overlap: str, waiting: int, state: str) -> None:
    """What comes on top of a full queue is dropped, with a row that says so."""
    hourly = schedule(overlap=overlap)
    (row,) = judged(hourly, *many(hourly, waiting)).fires
    assert row.state == state
    assert row.why == (
        "" if state == "queued" else "the queue is full: 1000 runs of triage/hourly wait already"
    )


@pytest.mark.parametrize("changes", [{"reason": "backfill"}, {"reason": "manual"}, {"schedule": "triage/x"}])
def test_a_queue_is_not_filled_by_others(changes: dict[str, Any]) -> None:
    """A backfill, runs asked for by a person and those of other schedules leave its queue to the clock."""
    hourly = schedule(overlap="queue_all", workspace="agent")
    (row,) = judged(hourly, *many(hourly, MOST_QUEUED, **changes)).fires
    assert row.state == "queued"


@pytest.mark.parametrize("overlap", ["skip", "queue_one", "queue_all"])
def test_a_backlog_is_worked_off_whatever_the_clock_brings(overlap: str) -> None:
    """What `missed: all` made up for, or a backfill, neither skips a new fire nor gives way to it."""
    hourly = schedule(overlap=overlap, missed="all")
    backlog = [
        fire(hourly, at("06:00"), "running", "catchup"),
        fire(hourly, at("07:00"), "queued", "catchup"),
        fire(hourly, at("05:00"), "queued", "backfill"),
    ]
    assert judged(hourly, *backlog) == Decision(fires=(fire(hourly, at("10:00"), "queued"),))


def test_a_backlog_of_another_schedule_goes_on_like_any_run() -> None:
    """`skip` gives way to what another schedule of the workspace is working off."""
    hourly = schedule(missed="all", workspace="agent")
    other = schedule(key="triage/nightly", missed="all", workspace="agent")
    (row,) = judged(hourly, fire(other, at("07:00"), "queued", "catchup")).fires
    assert row.state == "skipped_overlap"


def test_replace_stops_a_run_of_the_backlog_and_keeps_those_that_wait() -> None:
    """A run that hangs is replaced also where it was made up for; the rest of the backlog stays."""
    hourly = schedule(overlap="replace", missed="all")
    running, waiting = (
        fire(hourly, at("06:00"), "running", "catchup"),
        fire(hourly, at("07:00"), "queued", "catchup"),
    )
    decision = judged(hourly, running, waiting)
    assert (decision.stop, decision.changes) == ((running.run,), ())


@pytest.mark.parametrize("overlap", ["skip", "queue_one", "queue_all", "replace", "allow"])
@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_fire_never_meets_itself(overlap: str, state: Any) -> None:
    """A fire that is open already (backfilled before it was due) is not stopped, dropped or doubled."""
    hourly = schedule(overlap=overlap)
    known = Standing(upto=at("09:00"), open=(fire(hourly, at("10:00"), state, "backfill"),))
    assert decide(HOME, hourly, known, at("10:00") + MINUTE / 2) == Decision(upto=at("10:00"))
