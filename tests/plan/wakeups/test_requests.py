"""Runs that a person asks for."""

from datetime import datetime
from typing import Any

import pytest

from constellagent.errors import UsageError
from constellagent.plan.fires import Fire
from constellagent.plan.schedules import DesiredSchedule
from constellagent.plan.wakeups import Decision, decide_backfill, decide_manual
from tests.plan.wakeups.samples import HOME, HOUR, MINUTE, at, by_event, fire, outline, schedule, standing

NOW = at("12:30")


@pytest.mark.parametrize("whose", [schedule(), schedule(paused=True), schedule(end="2026-01-01"), by_event()])
def test_a_person_always_gets_a_run(whose: DesiredSchedule) -> None:
    """A run by hand is queued behind what goes on, also of a paused schedule, and moves no cursor."""
    known = standing(at("09:00"), fire(whose, at("09:00")), paused="by a person")
    expected = fire(whose, NOW, "queued", "manual", not_before=NOW)
    assert decide_manual(HOME, whose, known, NOW) == Decision(fires=(expected,))


def filled(
    *known: Fire,
    whose: DesiredSchedule | None = None,
    window: tuple[datetime, datetime] = (at("09:00"), at("12:00")),
    rerun: str = "",
) -> Decision:
    """Backfill the hours of a morning."""
    return decide_backfill(HOME, whose or schedule(), known, window, rerun, NOW)


def hours(decision: Decision) -> list[str]:
    """Return hour and attempt of each run."""
    return [f"{row.fire_at:%H} #{row.attempt}" for row in decision.fires]


def test_a_backfill_runs_the_nominal_times_of_its_window() -> None:
    """Every time after the first and up to the second gets a run, in their order, and no cursor moves."""
    decision = filled()
    assert outline(decision.fires) == [
        ("queued", "backfill", "22 10:00"),
        ("queued", "backfill", "22 11:00"),
        ("queued", "backfill", "22 12:00"),
    ]
    assert {row.not_before for row in decision.fires} == {NOW}
    assert decision.upto is None


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"start": "2026-11-22T11:00"}, ["11 #1", "12 #1"]),
        ({"end": "2026-11-22T12:00"}, ["10 #1", "11 #1"]),
        ({"start": "2026-11-23"}, []),
        ({"paused": True}, ["10 #1", "11 #1", "12 #1"]),
    ],
)
def test_a_backfill_keeps_to_start_and_end(spec: dict[str, Any], expected: list[str]) -> None:
    """Nothing runs for times at which the schedule was not meant to fire; a pause does not matter."""
    assert hours(filled(whose=schedule(**spec))) == expected


@pytest.mark.parametrize(
    ("state", "plain", "failed", "all_"),
    [
        ("queued", False, False, False),
        ("claimed", False, False, False),
        ("running", False, False, False),
        ("succeeded", False, False, True),
        ("stopped", False, False, True),
        ("replaced", False, False, True),
        ("failed", False, True, True),
        ("timeout", False, True, True),
        ("lost", False, True, True),
        ("missed", True, True, True),
        ("skipped_overlap", True, True, True),
        ("expired", True, True, True),
        ("dropped", True, True, True),
        ("over_limit", True, True, True),
        ("cancelled", True, True, True),
    ],
)
def test_what_has_run_is_left_out_unless_it_is_asked_for(
    state: Any, plain: bool, failed: bool, all_: bool
) -> None:
    """A time is run if it never ran; with `failed` also if it failed, with `all` also if it did not."""
    known = fire(schedule(), at("11:00"), state)
    for rerun, expected in (("", plain), ("failed", failed), ("all", all_)):
        again = ["11 #2"] if expected else []
        assert hours(filled(known, rerun=rerun)) == ["10 #1", *again, "12 #1"]


@pytest.mark.parametrize(
    ("states", "rerun", "expected"),
    [
        (["failed", "succeeded"], "failed", []),
        (["succeeded", "failed"], "failed", ["11 #3"]),
        (["failed", "cancelled"], "failed", ["11 #3"]),
        (["succeeded", "cancelled"], "failed", []),
        (["failed", "queued"], "all", []),
        (["dropped", "expired"], "", ["11 #3"]),
    ],
)
def test_the_newest_run_of_a_time_decides(states: list[Any], rerun: str, expected: list[str]) -> None:
    """Of several rows the last that ran says how it went, and the new one is the next attempt."""
    rows = [fire(schedule(), at("11:00"), state, attempt=n) for n, state in enumerate(states, 1)]
    assert hours(filled(*rows, rerun=rerun)) == ["10 #1", *expected, "12 #1"]


def test_each_time_of_a_missed_stretch_is_backfilled() -> None:
    """One row stands for several missed times; a backfill runs each of them under an id of its own."""
    missed = fire(schedule(), at("11:00"), "missed", first=at("10:00"), count=2)
    decision = filled(missed)
    assert hours(decision) == ["10 #1", "11 #2", "12 #1"]
    assert len({missed.run, *(row.run for row in decision.fires)}) == 4


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"whose": by_event()}, "triage/mail is woken by events, so there are no times to backfill"),
        (
            {"window": (at("09:00"), at("13:00"))},
            "the window ends at 2026-11-22T13:00:00Z, which is in the future",
        ),
        (
            {"window": (at("09:00"), at("09:00"))},
            "the window from 2026-11-22T09:00:00Z to 2026-11-22T09:00:00Z is empty",
        ),
        ({"rerun": "some"}, "there is no rerun 'some'"),
        (
            {"whose": schedule("* * * * *"), "window": (NOW - 1001 * MINUTE, NOW)},
            "triage/hourly fires 1001 times in this window; a backfill runs 1000 at most",
        ),
    ],
)
def test_what_cannot_be_backfilled_is_said(changes: dict[str, Any], message: str) -> None:
    """A window that is empty, too full or in the future, or a schedule without times, is refused."""
    with pytest.raises(UsageError) as refused:
        filled(**changes)
    assert refused.value.message == message
    assert refused.value.hint


def test_a_thousand_times_can_be_backfilled() -> None:
    """The limit itself is allowed."""
    decision = filled(whose=schedule("* * * * *"), window=(NOW - 1000 * MINUTE, NOW))
    assert len(decision.fires) == 1000
    assert decision.fires[0].fire_at == NOW - 1000 * MINUTE + MINUTE
    assert decision.fires[-1].fire_at - decision.fires[0].fire_at == 999 * HOUR / 60
