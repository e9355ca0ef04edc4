"""All decisions together: clocks that jump, daemons that die, months of downtime, many schedules."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constellagent.plan.fires import Fire
from constellagent.plan.schedules import DesiredSchedule
from constellagent.plan.wakeups import admit, decide, due_at
from constellagent.spec.cron import Cron
from tests.plan.wakeups.book import Book
from tests.plan.wakeups.samples import DAY, HOME, MINUTE, SECOND, at, schedule, standing

ZONES = ["UTC", "America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Kolkata"]
CRONS = ["*/10 * * * *", "0 * * * *", "30 1,2 * * *", "*/30 1-2 * * *", "0 9 * * 1-5", "15 2 29 2 *"]
BEGINNINGS = [
    datetime(2027, 3, 14, 5, 50, tzinfo=UTC),  # New York skips an hour at 07:00
    datetime(2027, 10, 31, 0, 5, tzinfo=UTC),  # London repeats one at 01:00
    datetime(2028, 2, 28, 23, 59, 59, tzinfo=UTC),
]
LEAPS = [20, 59, 61, 600, 3600, 11_000, 172_800, 3_456_000, -3600, -90_000, -34_560_000, 34_560_000]


@st.composite
def schedules(draw: st.DrawFn) -> list[DesiredSchedule]:
    """Draw up to three schedules of one agent."""
    found = []
    for name in ("one", "two", "three")[: draw(st.integers(1, 3))]:
        workspace = draw(st.sampled_from(["fresh", "agent"]))
        overlaps = ["skip", "queue_one", "queue_all", "replace", *(["allow"] if workspace == "fresh" else [])]
        spec: dict[str, Any] = {
            "workspace": workspace,
            "overlap": draw(st.sampled_from(overlaps)),
            "missed": draw(st.sampled_from(["skip", "latest", "all"])),
            "max_catch_up": draw(st.integers(1, 4)),
            "catch_up_window": draw(st.sampled_from(["0s", "1h", "7d"])),
            "retries": {"max": draw(st.integers(0, 2)), "backoff": "10m", "on": ["failed", "lost"]},
        }
        for key, choices in (("start_deadline", ["20m"]), ("start", ["2027-11-01"]), ("end", ["2028-03-01"])):
            chosen = draw(st.sampled_from([None, None, *choices]))
            spec |= {} if chosen is None else {key: chosen}
        found.append(
            schedule(
                draw(st.sampled_from(CRONS)),
                key=f"triage/{name}",
                timezone=draw(st.sampled_from(ZONES)),
                delay=draw(st.sampled_from([0, 0, 240])) * SECOND,
                **spec,
            )
        )
    return found


STEPS = st.one_of(
    st.tuples(st.just("tick"), st.sampled_from(LEAPS)),
    st.tuples(st.just("end"), st.sampled_from(["succeeded", "failed", "timeout", "lost", "stopped"])),
    st.tuples(st.just("crash"), st.sampled_from(["before", "after"])),
    st.tuples(st.just("ask"), st.sampled_from(["run", "tell", "", "failed", "all"])),
)


@given(
    schedules(),
    st.sampled_from(BEGINNINGS),
    st.lists(st.tuples(STEPS, st.integers(0, 2)), min_size=5, max_size=60),
)
@settings(deadline=None)
def test_no_time_is_decided_twice_and_none_is_left_undecided(
    drawn: list[DesiredSchedule], begin: datetime, steps: list[tuple[tuple[str, Any], int]]
) -> None:
    """Whatever clock, crashes and people do, each time is in one row and each workspace has one run."""
    book = Book(drawn, begin)
    for (step, value), which in steps:
        whose = drawn[which % len(drawn)]
        if step == "tick":
            book.now += timedelta(seconds=value)
            book.tick()
        elif step == "crash":
            book.now += 400 * SECOND
            book.tick(crash=value)
        elif step == "end" and book.running():
            running = book.running()
            book.end(running[which % len(running)], value)
        elif step == "ask":
            book.ask(whose, value)
        for one in drawn:
            book.check(one)
    book.now = max([book.now, *book.upto.values()]) + 400 * SECOND
    book.tick()
    for one in drawn:
        book.check(one)
        due = due_at(one, book.standing(one))
        assert due is None or due > book.now, "a fire is due and nobody decided about it"


@pytest.mark.parametrize("timezone", ZONES[1:4])
@pytest.mark.parametrize(("cron", "days"), [(cron, 70 if cron == CRONS[0] else 400) for cron in CRONS])
def test_ticks_on_time_run_what_the_list_says(cron: str, days: int, timezone: str) -> None:
    """Woken at each due time, over offset changes, what is decided is what the expression lists."""
    whose = schedule(cron, timezone=timezone, delay=90 * SECOND)
    assert whose.cron is not None
    begin = datetime(2027, 2, 1, tzinfo=UTC)
    until = begin + days * DAY
    known, decided = standing(begin), []
    while (due := due_at(whose, known)) is not None and due <= until:
        decision = decide(HOME, whose, known, due)
        decided += [(row.fire_at, row.state, row.reason) for row in decision.fires]
        assert decision.upto is not None
        known = replace(known, upto=decision.upto)
    fires = whose.cron.between(begin, until - whose.delay, whose.zone)
    assert decided == [(fire, "queued", "schedule") for fire in fires]


class CountingCron:
    """An expression that counts how often it is asked, and is never walked over a stretch."""

    def __init__(self, cron: Cron, asked: Counter[str]) -> None:
        self._cron = cron
        self._asked = asked

    def next(self, after: datetime, zone: tzinfo) -> datetime | None:
        """Count and answer."""
        self._asked["next"] += 1
        return self._cron.next(after, zone)

    def previous(self, before: datetime, zone: tzinfo) -> datetime | None:
        """Count and answer."""
        self._asked["previous"] += 1
        return self._cron.previous(before, zone)

    def count(self, after: datetime, until: datetime, zone: tzinfo) -> int:
        """Count and answer."""
        self._asked["count"] += 1
        return self._cron.count(after, until, zone)

    def between(self, after: datetime, until: datetime, zone: tzinfo) -> Iterator[datetime]:
        """Refuse: the cost would grow with what was missed."""
        raise AssertionError("the missed fires were walked")


@pytest.mark.parametrize(
    ("missed", "most"),
    [
        ("skip", {"previous": 1, "count": 1, "next": 1}),
        ("latest", {"previous": 2, "count": 1, "next": 1}),
        ("all", {"previous": 1 + 24 + 1, "count": 1, "next": 1}),
    ],
)
@pytest.mark.parametrize("down", [DAY + SECOND, 30 * DAY + SECOND, 365 * DAY + SECOND])
def test_ten_thousand_schedules_cost_the_same_after_a_day_and_after_a_year(
    missed: str, most: dict[str, int], down: timedelta
) -> None:
    """What the evaluator is asked for each schedule does not depend on how long the daemon was down."""
    asked: Counter[str] = Counter()
    one = schedule("*/20 * * * *", missed=missed, delay=5 * MINUTE)
    assert one.cron is not None
    counting = cast("Cron", CountingCron(one.cron, asked))
    many = [replace(one, name=f"s-{n}", cron=counting) for n in range(10_000)]
    for whose in many[:: 1 if (missed, down // DAY) == ("latest", 30) else 50]:
        before = Counter(asked)
        decision = decide(HOME, whose, standing(at("09:00")), at("09:10") + down)
        assert sum(row.count for row in decision.fires) == down // (20 * MINUTE)
        assert asked - before <= Counter(most)


def test_three_hundred_schedules_in_one_minute_start_bounded_and_once() -> None:
    """Of 300 fires in one minute as many start as there are slots, the others as soon as one has ended."""
    many = {whose.key: whose for whose in (schedule(key=f"agent-{n}/hourly") for n in range(300))}
    rows = {
        row.run: row
        for whose in many.values()
        for row in decide(HOME, whose, standing(at("09:00")), at("10:00:01")).fires
    }
    started: list[Fire] = []
    while len(started) < 300:
        admission = admit(many, list(rows.values()), at("10:00:05"), 8)
        assert 0 < len(admission.start) <= 8
        started += admission.start
        for row in admission.start:
            del rows[row.run]
    assert len({row.run for row in started}) == len({row.schedule for row in started}) == 300
