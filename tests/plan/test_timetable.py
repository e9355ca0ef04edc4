"""The fires of a window, and what is noted about each."""

import tracemalloc
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.plan import timetable
from constellagent.plan.timetable import Due
from tests.plan.findings.files import NOW, desired

WEEK = timedelta(days=7)
SPRING = datetime(2027, 3, 13, 12, tzinfo=UTC)
AUTUMN = datetime(2027, 11, 6, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def lines(dues: list[Due]) -> list[str]:
    """Return fires as lines, with their notes."""
    return [" ".join([timetable.line(due), *due.notes]) for due in dues]


def listed(*schedules: str, after: datetime = NOW, span: timedelta = DAY, zone: str = "UTC") -> list[str]:
    """Return the fires of a window as lines."""
    return lines([*timetable.timetable(desired(*schedules, zone=zone), after, after + span)])


def test_a_window_leaves_its_first_moment_out_and_has_its_last() -> None:
    """So windows that follow one another hold each fire once."""
    assert listed("cron: '0 12 * * *'", span=WEEK)[0] == "2026-11-23T12:00:00Z a/s0"
    assert listed("cron: '0 12 * * *'", span=WEEK)[-1] == "2026-11-29T12:00:00Z a/s0"


def test_fires_of_all_schedules_are_merged() -> None:
    """By time, then by name; paused ones and those of events have none."""
    assert listed(
        "cron: '30 20 * * *'",
        "cron: '0 */6 * * *'",
        "cron: '0 18 * * *'",
        "cron: '* * * * *', paused: true",
        "on: {webhook: h}",
    ) == [
        "2026-11-22T18:00:00Z a/s1",
        "2026-11-22T18:00:00Z a/s2",
        "2026-11-22T20:30:00Z a/s0",
        "2026-11-23T00:00:00Z a/s1",
        "2026-11-23T06:00:00Z a/s1",
        "2026-11-23T12:00:00Z a/s1",
    ]


def test_start_counts_and_end_does_not() -> None:
    """A fire at `start` is one, a fire at `end` is none."""
    text = "cron: '0 * * * *', start: 2026-11-22T14:00, end: 2026-11-22T16:00"
    assert listed(text) == ["2026-11-22T14:00:00Z a/s0", "2026-11-22T15:00:00Z a/s0"]


def test_the_gap_and_the_fold_are_noted() -> None:
    """A fixed time that does not exist, and times that come twice, whether they run once or twice."""
    zone = "America/New_York"
    assert listed("cron: '30 2 * * *'", after=SPRING, zone=zone) == ["2027-03-14T07:00:00Z a/s0 dst-gap"]
    assert listed("cron: '0 3 * * *'", after=SPRING, zone=zone) == ["2027-03-14T07:00:00Z a/s0"]
    assert listed("cron: '30 1 * * *'", after=AUTUMN, zone=zone) == ["2027-11-07T05:30:00Z a/s0 dst-fold"]
    assert listed("cron: '*/30 1 * * *'", after=AUTUMN, zone=zone) == [
        f"2027-11-07T0{hour}:{minute}:00Z a/s0 dst-fold" for hour in (5, 6) for minute in ("00", "30")
    ]
    assert listed("cron: '30 0-2 * * *'", after=AUTUMN, zone=zone) == [
        "2027-11-07T04:30:00Z a/s0",
        "2027-11-07T05:30:00Z a/s0 dst-fold",
        "2027-11-07T07:30:00Z a/s0",
    ]


def test_a_gap_that_swallows_its_fires_leaves_nothing_to_note() -> None:
    """Real-time jobs have no fire there; half an hour of a gap moves what is in it."""
    assert listed("cron: '*/30 2 * * *'", after=SPRING, zone="America/New_York") == []
    at = datetime(2027, 10, 2, tzinfo=UTC)
    assert listed("cron: '15 2 * * *'", after=at, zone="Australia/Lord_Howe") == [
        "2027-10-02T15:30:00Z a/s0 dst-gap"
    ]


def test_windows_at_the_edge_of_a_change() -> None:
    """What is noted does not depend on where the window begins or ends."""
    (schedule,) = desired("cron: '*/30 1 * * *'", zone="America/New_York")
    at = datetime(2027, 11, 7, 6, tzinfo=UTC)
    before = timetable.timetable([schedule], at - timedelta(hours=1), at - timedelta(minutes=1))
    after = timetable.timetable([schedule], at - timedelta(minutes=1), at)
    assert lines([*before, *after]) == [
        "2027-11-07T05:30:00Z a/s0 dst-fold",
        "2027-11-07T06:00:00Z a/s0 dst-fold",
    ]


def test_two_in_one_worktree_collide() -> None:
    """Only those of the minute, and only where they share it."""
    shared = ", workspace: agent"
    assert listed(f"cron: '0 13 * * *'{shared}", f"cron: '0 13,14 * * *'{shared}", "cron: '0 13 * * *'") == [
        "2026-11-22T13:00:00Z a/s0 collision",
        "2026-11-22T13:00:00Z a/s1 collision",
        "2026-11-22T13:00:00Z a/s2",
        "2026-11-22T14:00:00Z a/s1",
    ]


def test_many_in_one_minute_collide() -> None:
    """All of them, if there is one too many; worktrees of one run alone are no matter."""
    schedules = desired(*["cron: '0 13 * * *', overlap: allow"] * 3)
    until = NOW + DAY
    assert {due.notes for due in timetable.timetable(schedules, NOW, until, max_parallel=2)} == {
        ("collision",)
    }
    assert {due.notes for due in timetable.timetable(schedules, NOW, until, max_parallel=3)} == {()}


def test_jitter_decides_about_collisions() -> None:
    """What starts in the same minute collides, whatever the nominal times are."""
    shared, settings = ", workspace: agent", "jitter: 3h"
    (late,) = desired(f"cron: '0 13 * * *', {settings}{shared}")
    meets = (NOW.replace(hour=13) + late.delay).replace(second=0)
    schedules = desired(
        f"cron: '0 13 * * *', {settings}{shared}", f"cron: '{meets.minute} {meets.hour} * * *'{shared}"
    )
    dues = [*timetable.timetable(schedules, NOW, NOW + DAY)]
    assert [due.notes for due in dues] == [("collision",), ("collision",)]
    assert dues[0].due == NOW.replace(hour=13) + late.delay
    assert [due.fire_at for due in dues] == sorted(due.fire_at for due in dues)


@pytest.mark.parametrize(
    ("settings", "noted"),
    [
        ("timeout: 45m", [True, True]),
        ("timeout: 30m", [False, False]),
        ("timeout: 45m, overlap: allow", [False, False]),
        ("timeout: 45m, start: 2026-11-22T13:00", [False, True]),
    ],
)
def test_a_run_that_may_still_be_going(settings: str, noted: list[bool]) -> None:
    """The fire before may lie before the window, but not before `start`."""
    found = listed(f"cron: '*/30 * * * *', {settings}", after=NOW.replace(hour=12, minute=45), span=DAY / 24)
    assert ["overlap?" in line for line in found] == noted


def test_the_first_fire_of_all_has_none_before() -> None:
    """Nothing is looked for before a beginning of time."""
    (schedule,) = desired("cron: '0 0 1 1 *', timeout: 400d, start: 2027-01-01")
    (due,) = timetable.timetable([schedule], NOW, NOW + timedelta(days=60))
    assert due.notes == ()


def test_notes_stand_in_one_order() -> None:
    """The clocks, then the others, then its own past."""
    shared = ", workspace: agent, timeout: 2d, prompt: x"
    found = listed(
        f"cron: '30 2 * * *'{shared}", f"cron: '30 2 * * 0'{shared}", after=SPRING, zone="America/New_York"
    )
    assert found[0] == "2027-03-14T07:00:00Z a/s0 dst-gap collision overlap?"
    assert found[1] == "2027-03-14T07:00:00Z a/s1 dst-gap collision"


MANY = (
    "cron: '30 2 * * *', jitter: 40m, timeout: 2h",
    "cron: '*/30 1-3 * * *', workspace: agent",
    "cron: '0,45 * * * *', workspace: agent, timeout: 30m, jitter: 5m",
    "cron: '0 3 * * *'",
)


@given(st.integers(0, 96), st.integers(1, 48))
def test_windows_fit_together(begin: int, length: int) -> None:
    """Two windows one after the other hold what one over both does; collisions across their seam aside."""
    schedules = desired(*MANY, zone="America/New_York")
    first = AUTUMN - DAY + begin * timedelta(minutes=30)
    middle, last = first + length * timedelta(minutes=30), first + 2 * DAY
    whole = [*timetable.timetable(schedules, first, last)]
    parts = [*timetable.timetable(schedules, first, middle), *timetable.timetable(schedules, middle, last)]
    assert [timetable.line(due) for due in whole] == [timetable.line(due) for due in parts]
    assert [set(due.notes) - {"collision"} for due in whole] == [set(d.notes) - {"collision"} for d in parts]


@given(st.integers(0, 500), st.integers(0, 5000))
def test_counting_is_as_good_as_listing(begin: int, minutes: int) -> None:
    """`count` says how many fires a window holds, without walking them."""
    settings = "start: 2027-03-13T20:00, end: 2027-03-15"
    after = SPRING - DAY + begin * timedelta(minutes=7)
    for schedule in desired(*MANY, f"cron: '*/7 * * * *', {settings}", zone="America/New_York"):
        until = after + minutes * timedelta(minutes=1)
        assert timetable.count(schedule, after, until) == len(
            [*timetable.timetable([schedule], after, until)]
        )


def test_nothing_is_counted_where_nothing_fires() -> None:
    """Paused schedules, those of events, and windows that are over before they begin."""
    paused, event, plain = desired("cron: '@hourly', paused: true", "on: {webhook: h}", "cron: '@hourly'")
    assert [timetable.count(each, NOW, NOW + DAY) for each in (paused, event, plain)] == [0, 0, 24]
    assert timetable.count(plain, NOW, NOW - DAY) == 0
    assert [*timetable.fires(event, NOW, NOW + DAY)] == []


def test_the_first_fires() -> None:
    """So many of all schedules together, however far ahead; fewer where there are no more."""
    schedules = desired("cron: '0 0 29 2 *'", "cron: '0 9 1 * *', end: 2027-01-15")
    assert lines([*timetable.upcoming(schedules, NOW, 4)]) == [
        "2026-12-01T09:00:00Z a/s1",
        "2027-01-01T09:00:00Z a/s1",
        "2028-02-29T00:00:00Z a/s0",
        "2032-02-29T00:00:00Z a/s0",
    ]
    assert len([*timetable.upcoming(schedules[1:], NOW, 4)]) == 2
    assert [*timetable.upcoming(schedules, NOW, 0)] == []
    assert [*timetable.upcoming([], NOW, 3)] == []


def test_the_next_fire() -> None:
    """Within `start` and `end`, also of a paused schedule; none where there is none."""
    after, over, paused, event = desired(
        "cron: '0 9 * * *', start: 2026-12-01T09:00",
        "cron: '0 9 * * *', end: 2026-11-23T09:00",
        "cron: '0 9 * * *', paused: true",
        "on: {webhook: h}",
    )
    assert timetable.next_fire(after, NOW) == datetime(2026, 12, 1, 9, tzinfo=UTC)
    assert timetable.next_fire(over, NOW) is None
    assert timetable.next_fire(paused, NOW) == datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert timetable.next_fire(event, NOW) is None


def test_what_two_sets_of_schedules_do_not_share() -> None:
    """What both have is not told, whatever it is called for."""
    before = desired("cron: '0 13 * * *'", "cron: '0 14 * * *'")
    now = desired("cron: '0 13 * * *', prompt: other", "cron: '0 14,15 * * *'", "cron: '0 13 * * *'")
    gone = desired("cron: '0 13 * * *'", "cron: '0 16 * * *'")
    compared = [(sign, timetable.line(due)) for sign, due in timetable.compare(before, now, NOW, NOW + DAY)]
    assert compared == [("+", "2026-11-22T13:00:00Z a/s2"), ("+", "2026-11-22T15:00:00Z a/s1")]
    compared = [(sign, timetable.line(due)) for sign, due in timetable.compare(before, gone, NOW, NOW + DAY)]
    assert compared == [("-", "2026-11-22T14:00:00Z a/s1"), ("+", "2026-11-22T16:00:00Z a/s1")]
    assert [*timetable.compare(now, now, NOW, NOW + DAY)] == []


def test_a_long_window_takes_no_more_memory() -> None:
    """The list is made as it is read."""
    schedules = desired(*["cron: '* * * * *', jitter: 25s"] * 3)
    tracemalloc.start()
    try:
        rows = timetable.timetable(schedules, NOW, NOW + timedelta(days=10_000))
        for _ in islice(rows, 500):
            pass
        early = tracemalloc.get_traced_memory()[0]
        for _ in islice(rows, 5000):
            pass
        late = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert late - early < 200_000
