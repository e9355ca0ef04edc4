"""What follows the end of a run."""

from datetime import timedelta
from typing import Any

import pytest

from constellagent.plan.fires import Fire, run_id
from constellagent.plan.wakeups import Decision, Standing, decide_end
from tests.plan.wakeups.samples import DAY, HOME, MINUTE, at, by_event, fire, schedule, standing

NOW = at("10:20")
RETRIES = {"max": 2, "backoff": "5m"}


def after(ended: Fire, known: Standing | None = None, **spec: Any) -> Decision:
    """Decide what follows a run of `triage/hourly`."""
    return decide_end(HOME, schedule(**spec), known or standing(at("10:00")), ended, NOW)


def run(state: Any, **changes: Any) -> Fire:
    """Return the run of 10:00, ended."""
    return fire(schedule(), at("10:00"), state, **changes)


def test_a_failed_run_is_tried_again() -> None:
    """A retry has the same nominal time and the next attempt, and does not count as a failure yet."""
    decision = after(run("failed", missed=3, depth=2), retries=RETRIES)
    assert decision == Decision(
        fires=(
            run(
                "queued",
                reason="retry",
                attempt=2,
                not_before=at("10:25"),
                missed=3,
                depth=2,
                why="try 2 of 3; the one before: failed",
            ),
        )
    )


@pytest.mark.parametrize(
    ("backoff", "tries", "expected"),
    [
        ("5m", 1, 5 * MINUTE),
        ("5m", 2, 10 * MINUTE),
        ("5m", 4, 40 * MINUTE),
        ("5m", 100, DAY),
        ("0s", 100, 0 * MINUTE),
        ("1.5ms", 2, timedelta(milliseconds=3)),
        ("2d", 1, 2 * DAY),
        ("2d", 9, 2 * DAY),
        ("3650d", 100, 3650 * DAY),
    ],
)
def test_the_wait_doubles_up_to_a_day(backoff: str, tries: int, expected: timedelta) -> None:
    """The first wait is as declared; each later one is twice as long, until it is a day."""
    (retry,) = after(run("timeout", attempt=tries), retries={"max": 100, "backoff": backoff}).fires
    assert retry.not_before - NOW == expected


@pytest.mark.parametrize(
    ("state", "on", "retried"),
    [
        ("failed", ["failed", "timeout"], True),
        ("timeout", ["failed", "timeout"], True),
        ("timeout", ["failed"], False),
        ("lost", ["failed", "timeout"], False),
        ("lost", ["lost"], True),
        ("stopped", ["failed", "timeout", "lost"], False),
        ("replaced", ["failed", "timeout", "lost"], False),
        ("succeeded", ["failed", "timeout", "lost"], False),
    ],
)
def test_only_declared_ends_are_tried_again(state: str, on: list[str], retried: bool) -> None:
    """`retries.on` says which ends are tried again; what somebody stopped never is."""
    assert bool(after(run(state), retries={**RETRIES, "on": on}).fires) == retried


@pytest.mark.parametrize(
    ("spec", "known", "attempt"),
    [
        ({"retries": RETRIES}, {}, 3),
        ({}, {}, 1),
        ({"retries": RETRIES, "paused": True}, {}, 1),
        ({"retries": RETRIES}, {"paused": "by a person"}, 1),
    ],
)
def test_a_run_without_another_try_counts_as_failed(
    spec: dict[str, Any], known: dict[str, Any], attempt: int
) -> None:
    """With its tries used up, or while the schedule is paused, a failure is counted and not tried again."""
    known_now = standing(at("10:00"), failures=4, **known)
    assert after(run("failed", attempt=attempt), known_now, **spec) == Decision(failures=5)


@pytest.mark.parametrize(
    ("state", "failures", "expected"),
    [
        ("succeeded", 4, 0),
        ("succeeded", 0, None),
        ("failed", 0, 1),
        ("timeout", 1, 2),
        ("lost", 2, 3),
        ("stopped", 2, None),
        ("replaced", 2, None),
        ("expired", 2, None),
    ],
)
def test_failures_in_a_row_are_counted(state: str, failures: int, expected: int | None) -> None:
    """A failure adds one, a success begins anew, and an end by somebody's will changes nothing."""
    decision = after(run(state), standing(at("10:00"), failures=failures))
    assert decision == Decision(failures=expected)


def test_too_many_failures_pause_the_schedule() -> None:
    """At `pause_on_failure` the schedule is paused and what it has queued by itself is cancelled."""
    hourly, other = schedule(), schedule(key="triage/nightly")
    mine = fire(hourly, at("11:00"), "queued")
    kept = [
        run("running"),
        fire(hourly, at("10:10"), "queued", "manual"),
        fire(other, at("11:00"), "queued"),
    ]
    known = standing(at("11:00"), *kept, mine, failures=2)
    decision = after(run("failed"), known, pause_on_failure=3)
    assert (decision.failures, decision.pause) == (3, "paused after 3 failures in a row")
    assert [(change.run, change.state, change.why) for change in decision.changes] == [
        (mine.run, "cancelled", "its schedule was paused after 3 failures in a row")
    ]


@pytest.mark.parametrize(
    ("limit", "known", "pause"),
    [
        (1, {}, "paused after 1 failure in a row"),
        (3, {"failures": 5}, "paused after 6 failures in a row"),
        (2, {}, ""),
        (0, {"failures": 99}, ""),
        (1, {"paused": "by a person"}, ""),
    ],
)
def test_when_failures_pause(limit: int, known: dict[str, Any], pause: str) -> None:
    """Zero never pauses, a limit that was lowered pauses at once, and a pause keeps its first reason."""
    assert after(run("failed"), standing(at("10:00"), **known), pause_on_failure=limit).pause == pause


def test_the_retry_of_an_event_tells_no_event_again() -> None:
    """The event stays with the first try, whose time the others have, so that it was told once."""
    mail = by_event(retries=RETRIES)
    failed = fire(mail, at("10:00:07"), "failed", "email", origin="event", event="m-1", depth=3)
    (retry,) = decide_end(HOME, mail, standing(at("09:00")), failed, NOW).fires
    assert (retry.event, retry.origin, retry.reason, retry.depth) == ("", "event", "retry", 3)
    assert retry.run == run_id(HOME, "triage/mail", "event", at("10:00:07"), 2)


def test_a_retry_of_the_clock_has_the_id_of_its_attempt() -> None:
    """Whoever knows time and attempt knows the run; a run by hand is tried again as one by hand."""
    (retry,) = after(run("failed"), retries=RETRIES).fires
    assert retry.run == run_id(HOME, "triage/hourly", "clock", at("10:00"), 2)
    (by_hand,) = after(run("failed", reason="manual"), retries=RETRIES).fires
    assert (by_hand.origin, by_hand.run) == (
        "person",
        run_id(HOME, "triage/hourly", "person", at("10:00"), 2),
    )
