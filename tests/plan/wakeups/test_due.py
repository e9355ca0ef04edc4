"""The fires of the clock: due, late, missed, made up for."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from constellagent.plan.fires import Fire, run_id
from constellagent.plan.wakeups import LATE, MOST_QUEUED, Decision, decide, due_at
from tests.plan.wakeups.samples import (
    DAY,
    HOME,
    HOUR,
    MINUTE,
    SECOND,
    at,
    by_event,
    fire,
    outline,
    schedule,
    standing,
)

NOTHING = Decision()


@pytest.mark.parametrize(
    ("spec", "known", "expected"),
    [
        ({}, {}, at("10:00")),
        ({"delay": 7 * MINUTE}, {}, at("10:07")),
        ({"start": "2026-11-22T12:00"}, {}, at("12:00")),
        ({"start": "2026-11-22T12:00:30"}, {}, at("13:00")),
        ({"start": "2026-11-01"}, {}, at("10:00")),
        ({"end": "2026-11-22T10:00:01"}, {}, at("10:00")),
        ({"end": "2026-11-22T10:00"}, {}, None),
        ({"end": "2026-11-01"}, {}, None),
        ({"start": "2026-11-22T16:00", "timezone": "Asia/Kolkata", "cron": "30 * * * *"}, {}, at("11:00")),
        ({"paused": True}, {}, None),
        ({}, {"paused": "by a person"}, None),
    ],
)
def test_the_next_fire_is_due_within_start_and_end(
    spec: dict[str, Any], known: dict[str, Any], expected: datetime | None
) -> None:
    """`due_at` is the first nominal time after the cursor within start and end, and the jitter."""
    assert due_at(schedule(**spec), standing(at("09:00"), **known)) == expected


def test_what_an_event_wakes_is_never_due_by_the_clock() -> None:
    """A schedule with `on` has no next fire and no missed ones."""
    assert due_at(by_event(), standing(at("09:00"))) is None
    assert decide(HOME, by_event(), standing(at("09:00")), at("23:00")) == NOTHING


@pytest.mark.parametrize(
    ("spec", "known", "now"),
    [
        ({}, {}, at("09:59")),
        ({"delay": 7 * MINUTE}, {}, at("10:06")),
        ({}, {}, at("09:00")),
        ({}, {}, at("08:00")),
        ({}, {}, at("21 09:00")),
        ({}, {}, at("2025-11-22 09:00")),
        ({"paused": True}, {}, at("23 09:00")),
        ({}, {"paused": "by a person"}, at("23 09:00")),
        ({"end": "2026-11-22T10:00"}, {}, at("23 09:00")),
        ({"end": "2026-11-01"}, {}, at("23 09:00")),
        ({"start": "2026-11-24"}, {}, at("23 09:00")),
        ({"cron": "0 0 29 2 *"}, {}, at("23 09:00")),
    ],
)
def test_nothing_is_decided_before_it_is_due(
    spec: dict[str, Any], known: dict[str, Any], now: datetime
) -> None:
    """Too early, paused, outside of start and end, or with a clock that was set back: nothing is written."""
    assert decide(HOME, schedule(**spec), standing(at("09:00"), **known), now) == NOTHING


def test_a_fire_on_time_is_queued_and_moves_the_cursor() -> None:
    """A due fire becomes one row, whose id anybody can work out again, and the cursor is its nominal time."""
    hourly = schedule(delay=7 * MINUTE)
    decision = decide(HOME, hourly, standing(at("09:00")), at("10:07:20"))
    expected = fire(hourly, at("10:00"), "queued", not_before=at("10:07"))
    assert decision == Decision(fires=(expected,), upto=at("10:00"))
    assert expected.run == run_id(HOME, "triage/hourly", "clock", at("10:00"), 1)


@pytest.mark.parametrize(
    ("late", "expected"),
    [
        (LATE - timedelta(microseconds=1), [("queued", "schedule", "22 10:00")]),
        (LATE, [("queued", "catchup", "22 10:00")]),
    ],
)
def test_a_minute_after_it_was_due_a_fire_was_missed(
    late: timedelta, expected: list[tuple[str, str, str]]
) -> None:
    """Less than a minute late is late; from a minute on it was missed and is made up for."""
    decision = decide(HOME, schedule(), standing(at("09:00")), at("10:00") + late)
    assert outline(decision.fires) == expected


@pytest.mark.parametrize(
    ("missed", "now", "expected"),
    [
        ("skip", at("13:30"), [("missed", "schedule", "22 13:00")]),
        ("skip", at("13:00"), [("missed", "schedule", "22 12:00"), ("queued", "schedule", "22 13:00")]),
        ("latest", at("13:30"), [("missed", "schedule", "22 12:00"), ("queued", "catchup", "22 13:00")]),
        ("latest", at("10:30"), [("queued", "catchup", "22 10:00")]),
        ("latest", at("13:00"), [("missed", "schedule", "22 12:00"), ("queued", "schedule", "22 13:00")]),
        (
            "all",
            at("12:30"),
            [
                ("queued", "catchup", "22 10:00"),
                ("queued", "catchup", "22 11:00"),
                ("queued", "catchup", "22 12:00"),
            ],
        ),
        (
            "all",
            at("12:00"),
            [
                ("queued", "catchup", "22 10:00"),
                ("queued", "catchup", "22 11:00"),
                ("queued", "schedule", "22 12:00"),
            ],
        ),
    ],
)
def test_what_is_made_up_for(missed: str, now: datetime, expected: list[tuple[str, str, str]]) -> None:
    """After sleep or downtime `skip` runs none of the missed, `latest` the newest and `all` each of them."""
    decision = decide(HOME, schedule(missed=missed), standing(at("09:00")), now)
    assert outline(decision.fires) == expected
    assert decision.upto == decision.fires[-1].fire_at


def test_the_missed_are_one_row_that_the_next_run_tells() -> None:
    """A stretch of missed fires is a single row with its ends, its count and the reason in words."""
    hourly = schedule(missed="skip", delay=MINUTE)
    missed, on_time = decide(HOME, hourly, standing(at("09:00")), at("13:01")).fires
    assert missed == fire(
        hourly,
        at("12:00"),
        "missed",
        first=at("10:00"),
        count=3,
        why="the daemon did not run, or the machine slept; missed: skip makes up for none",
    )
    assert on_time == fire(hourly, at("13:00"), "queued", missed=3)


def test_only_fires_of_its_life_are_missed() -> None:
    """What lies before `start`, or from `end` on, is neither counted nor made up for."""
    bounded = schedule(start="2026-11-22T11:00", end="2026-11-22T15:00")
    decision = decide(HOME, bounded, standing(at("09:00")), at("20:30"))
    missed, made_up = decision.fires
    assert (missed.first, missed.fire_at, missed.count) == (at("11:00"), at("13:00"), 3)
    assert (made_up.fire_at, decision.upto) == (at("14:00"), at("14:00"))


@pytest.mark.parametrize(
    ("spec", "count", "why"),
    [
        (
            {"missed": "latest", "catch_up_window": "90m"},
            13,
            "missed: latest makes up for the newest only, and for none older than 1h30m",
        ),
        (
            {"missed": "all", "max_catch_up": 4},
            10,
            "missed: all makes up for 4 at most, and for none older than 7d",
        ),
    ],
)
def test_a_missed_row_says_by_which_rule(spec: dict[str, Any], count: int, why: str) -> None:
    """The row of the missed names the rule that did not make up for them."""
    row = decide(HOME, schedule(**spec), standing(at("09:00")), at("23:30")).fires[0]
    assert (row.count, row.why.split("; ")[1]) == (count, why)


@pytest.mark.parametrize(
    ("window", "expected"),
    [("30m", ("queued", "catchup", "22 23:00")), ("29m", ("missed", "schedule", "22 23:00"))],
)
def test_latest_makes_up_only_within_the_window(window: str, expected: tuple[str, str, str]) -> None:
    """What was due longer ago than `catch_up_window` is counted, and never run."""
    hourly = schedule(missed="latest", catch_up_window=window)
    decision = decide(HOME, hourly, standing(at("09:00")), at("23:30"))
    assert outline(decision.fires)[-1] == expected
    assert sum(row.count for row in decision.fires) == 14


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"catch_up_window": "2h"}, ["missed 12", "22:00", "23:00"]),
        ({"max_catch_up": 3}, ["missed 11", "21:00", "22:00", "23:00"]),
        ({"catch_up_window": "29m"}, ["missed 14"]),
        ({}, [f"{hour}:00" for hour in range(10, 24)]),
    ],
)
def test_all_makes_up_for_the_newest_within_its_bounds(spec: dict[str, Any], expected: list[str]) -> None:
    """`missed: all` queues the newest `max_catch_up` of the window, oldest first, and counts the others."""
    decision = decide(HOME, schedule(missed="all", **spec), standing(at("09:00")), at("23:30"))
    shown = [
        f"missed {row.count}" if row.state == "missed" else f"{row.fire_at:%H:%M}" for row in decision.fires
    ]
    assert shown == expected


def test_the_first_run_after_the_missed_carries_their_count() -> None:
    """Only the oldest of several runs tells how many fires were missed before it."""
    all_ = decide(HOME, schedule(missed="all", max_catch_up=2), standing(at("09:00")), at("15:00"))
    assert [row.missed for row in all_.fires] == [0, 3, 0, 0]
    latest = decide(HOME, schedule(missed="latest"), standing(at("09:00")), at("15:30"))
    assert [row.missed for row in latest.fires] == [0, 5]


def test_a_fire_on_time_comes_after_the_backlog() -> None:
    """With `missed: all` the newest fire starts no sooner than those that are made up for before it."""
    decision = decide(HOME, schedule(missed="all"), standing(at("09:00")), at("12:00:30"))
    assert {row.not_before for row in decision.fires} == {at("12:00:30")}


def test_a_backlog_is_not_eaten_by_the_overlap_rule() -> None:
    """While a run goes on, `all` with `overlap: skip` queues what it makes up for, and skips the new one."""
    hourly = schedule(missed="all", overlap="skip")
    known = standing(at("09:00"), fire(hourly, at("09:00")))
    decision = decide(HOME, hourly, known, at("12:00"))
    assert [row.state for row in decision.fires] == ["queued", "queued", "skipped_overlap"]
    free = decide(HOME, hourly, standing(at("09:00")), at("12:00"))
    assert [row.state for row in free.fires] == ["queued", "queued", "queued"]


@pytest.mark.parametrize("overlap", ["skip", "queue_one"])
def test_the_latest_is_made_up_for_once_however_often_the_machine_sleeps(overlap: str) -> None:
    """A made-up fire is not skipped for a run that goes on; it takes the place of one that waits already."""
    hourly = schedule(missed="latest", overlap=overlap)
    hung = fire(hourly, at("09:00"))
    first = decide(HOME, hourly, standing(at("09:00"), hung), at("10:30"))
    assert outline(first.fires) == [("queued", "catchup", "22 10:00")]
    second = decide(HOME, hourly, standing(at("10:00"), hung, *first.fires), at("11:30"))
    assert outline(second.fires) == [("queued", "catchup", "22 11:00")]
    assert [(change.run, change.state) for change in second.changes] == [(first.fires[0].run, "dropped")]


def test_the_latest_replaces_what_runs_where_that_is_declared() -> None:
    """With `overlap: replace` a made-up fire stops the run before it, as one on time does."""
    hourly = schedule(missed="latest", overlap="replace")
    running = fire(hourly, at("09:00"))
    decision = decide(HOME, hourly, standing(at("09:00"), running), at("10:30"))
    assert decision.stop == (running.run,)
    assert outline(decision.fires) == [("queued", "catchup", "22 10:00")]


def test_a_backlog_is_bounded_like_any_queue() -> None:
    """What does not fit into the queue is dropped, with a row for each."""
    hourly = schedule(missed="all")
    waiting = [fire(hourly, at("2020-01-01 00:00") + n * HOUR, "queued") for n in range(MOST_QUEUED - 2)]
    decision = decide(HOME, hourly, standing(at("09:00"), *waiting), at("13:30"))
    assert [row.state for row in decision.fires] == ["queued", "queued", "dropped", "dropped"]


def test_a_decision_made_twice_is_the_same_one() -> None:
    """After a crash the same standing gives the same rows with the same ids, also some seconds later."""
    hourly, known = schedule(missed="all"), standing(at("09:00"))
    once, again = (decide(HOME, hourly, known, at("12:30")) for _ in range(2))
    assert once == again
    later = decide(HOME, hourly, known, at("12:31"))
    assert [row.run for row in later.fires] == [row.run for row in once.fires]


@pytest.mark.parametrize("jump", [HOUR, DAY, 365 * DAY])
def test_a_clock_set_forward_misses_and_set_back_repeats_nothing(jump: timedelta) -> None:
    """A step forward is decided like sleep; after a step back nothing is due before the cursor."""
    hourly, now = schedule(missed="latest"), at("09:30") + jump
    forward = decide(HOME, hourly, standing(at("09:00")), now)
    assert sum(row.count for row in forward.fires) == jump // HOUR
    assert [row.state for row in forward.fires if row.state != "missed"] == ["queued"]
    assert forward.upto is not None
    back = standing(forward.upto)
    assert decide(HOME, hourly, back, now - jump) == NOTHING
    assert due_at(hourly, back) == forward.upto + HOUR


@pytest.mark.parametrize(
    ("cron", "fires"),
    [
        ("30 2 * * *", ["12 07:00"]),
        ("*/30 2 * * *", []),
        ("0 * * * *", [f"12 {hour:02}:00" for hour in range(6, 11)]),
    ],
)
def test_a_gap_of_the_zone_moves_what_has_a_fixed_time(cron: str, fires: list[str]) -> None:
    """When New York skips 02:00 to 03:00, a fixed time runs right after it and a wildcard does not."""
    new_york = schedule(cron, timezone="America/New_York", missed="all")
    decision = decide(HOME, new_york, standing(at("2028-03-12 05:30")), at("2028-03-12 10:00:10"))
    assert [shown for _, _, shown in outline(decision.fires)] == fires


@pytest.mark.parametrize(
    ("cron", "fires"),
    [
        ("30 1 * * *", ["07 05:30"]),
        ("*/30 1 * * *", ["07 05:00", "07 05:30", "07 06:00", "07 06:30"]),
    ],
)
def test_a_fold_of_the_zone_doubles_only_wildcards(cron: str, fires: list[str]) -> None:
    """When New York repeats 01:00 to 02:00, a fixed time runs in its first pass only."""
    new_york = schedule(cron, timezone="America/New_York", missed="all")
    decision = decide(HOME, new_york, standing(at("2027-11-07 04:30")), at("2027-11-07 07:10"))
    assert [shown for _, _, shown in outline(decision.fires)] == fires


def test_ticks_over_a_fold_run_a_fixed_time_once() -> None:
    """Deciding each minute through the repeated hour gives one run, and an hourly schedule two more."""
    for cron, expected in (("30 1 * * *", 1), ("0 * * * *", 4)):
        london, known = schedule(cron, timezone="Europe/London"), standing(at("2026-10-24 22:30"))
        fires: list[Fire] = []
        for minute in range(240):
            decision = decide(HOME, london, known, at("2026-10-24 22:30") + minute * MINUTE + SECOND)
            fires += decision.fires
            known = replace(known, upto=decision.upto or known.upto)
        assert [row.state for row in fires] == ["queued"] * expected


@pytest.mark.parametrize("down", [HOUR, 30 * DAY, 365 * DAY])
@pytest.mark.parametrize(("missed", "runs"), [("skip", 0), ("latest", 1), ("all", 24)])
def test_downtime(down: timedelta, missed: str, runs: int) -> None:
    """After an hour, a month or a year down each fire is accounted for, and only what is made up for runs."""
    half_hourly = schedule("*/30 * * * *", missed=missed)
    decision = decide(HOME, half_hourly, standing(at("09:00")), at("09:05") + down)
    assert sum(row.count for row in decision.fires) == down // (30 * MINUTE)
    assert [row.reason for row in decision.fires if row.state == "queued"] == ["catchup"] * min(
        runs, down // (30 * MINUTE)
    )


def test_a_minute_of_downtime_misses_one_fire() -> None:
    """A daemon that was down for a minute makes up for the one fire in it."""
    decision = decide(HOME, schedule("* * * * *"), standing(at("09:00")), at("09:02:30"))
    assert outline(decision.fires) == [("missed", "schedule", "22 09:01"), ("queued", "schedule", "22 09:02")]
