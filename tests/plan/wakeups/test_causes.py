"""The fires of events."""

from dataclasses import replace
from typing import Any

import pytest

from constellagent.plan.wakeups import MOST_DEPTH, Cause, Decision, Standing, decide_cause
from constellagent.plan.wakeups.decisions import TICK
from tests.plan.wakeups.samples import HOME, MINUTE, SECOND, at, by_event, fire, outline, standing

MAIL = Cause("email", "m-1", at("10:00:07"), depth=2)
NOW = at("10:00:09")


def told(
    cause: Cause = MAIL, known: Standing | None = None, delay: Any = 0 * SECOND, **spec: Any
) -> Decision:
    """Decide about an event that is told two seconds after it happened."""
    schedule = replace(by_event(**spec), delay=delay)
    return decide_cause(HOME, schedule, known or standing(at("09:00")), cause, NOW)


def test_an_event_becomes_a_fire_of_its_own_time() -> None:
    """The row has the event's time and id, is one deeper than its cause, and the cursor stays."""
    expected = fire(
        by_event(),
        at("10:00:07"),
        "queued",
        "email",
        origin="event",
        event="m-1",
        depth=3,
        not_before=NOW,
    )
    assert told() == Decision(fires=(expected,))


def test_jitter_counts_from_the_event() -> None:
    """A run by an event starts no sooner than its delay after the event, and never before it is told."""
    assert told(delay=5 * MINUTE).fires[0].not_before == at("10:05:07")
    assert told(delay=SECOND).fires[0].not_before == NOW


def test_another_event_of_the_same_moment_is_not_taken_for_the_one_that_is_open() -> None:
    """It has a fire, which the ledger cannot take; told a microsecond later it has a run of its own."""
    (first,) = told().fires
    known = standing(at("09:00"), first)
    other = replace(MAIL, id="m-2")
    (refused,) = told(other, known).fires
    assert (refused.event, refused.run) == ("m-2", first.run)
    (taken,) = told(replace(other, at=other.at + TICK), known).fires
    assert taken.run != first.run


@pytest.mark.parametrize(
    ("spec", "known"),
    [
        ({"paused": True}, {}),
        ({}, {"paused": "by a person"}),
        ({"start": "2026-11-22T10:00:08"}, {}),
        ({"end": "2026-11-22T10:00:07"}, {}),
    ],
)
def test_an_event_while_it_does_not_fire_leaves_nothing(spec: dict[str, Any], known: dict[str, Any]) -> None:
    """Paused, before `start` or from `end` on, an event is ignored."""
    assert told(known=standing(at("09:00"), **known), **spec) == Decision()


def test_an_event_within_start_and_end_counts() -> None:
    """`start` is the first moment that counts, and `end` the first that does not."""
    within = told(start="2026-11-22T10:00:07", end="2026-11-22T10:00:08")
    assert outline(within.fires) == [("queued", "email", "22 10:00")]


@pytest.mark.parametrize(("depth", "state"), [(MOST_DEPTH - 1, "queued"), (MOST_DEPTH, "over_limit")])
def test_runs_that_cause_one_another_end(depth: int, state: str) -> None:
    """The ninth run in a chain of events is not started: its row says that it looks like a loop."""
    (row,) = told(replace(MAIL, depth=depth)).fires
    assert row.state == state
    assert row.why == (
        "" if state == "queued" else "it looks like a loop: 8 runs caused one another up to this event"
    )


@pytest.mark.parametrize(("last_hour", "state"), [(11, "queued"), (12, "over_limit")])
def test_so_many_runs_an_hour(last_hour: int, state: str) -> None:
    """An event over `max_per_hour` is written down and not run."""
    (row,) = told(known=standing(at("09:00"), last_hour=last_hour)).fires
    assert row.state == state
    assert row.why == (
        "" if state == "queued" else "more than 12 runs by events within an hour (max_per_hour)"
    )


def test_the_newest_event_waits_unless_declared_otherwise() -> None:
    """The rule for overlaps of events is `queue_one` by default."""
    waiting = fire(by_event(), at("09:50"), "queued", "email", origin="event", event="m-0")
    running = fire(by_event(), at("09:40"), "running", "email", origin="event", event="m-00")
    decision = told(known=standing(at("09:00"), running, waiting))
    assert outline(decision.fires) == [("queued", "email", "22 10:00")]
    assert [change.run for change in decision.changes] == [waiting.run]
    skipped = told(known=standing(at("09:00"), running), overlap="skip")
    assert outline(skipped.fires) == [("skipped_overlap", "email", "22 10:00")]


@pytest.mark.parametrize("overlap", ["queue_one", "replace"])
@pytest.mark.parametrize("at_", [at("10:00:07"), at("10:00:01")])
def test_an_event_told_twice_does_not_take_its_own_place(overlap: str, at_: Any) -> None:
    """While its run is open, the same event changes nothing, even if its time is told differently."""
    known = fire(by_event(), at_, "queued", "email", origin="event", event="m-1")
    assert told(known=standing(at("09:00"), known), overlap=overlap) == Decision()
