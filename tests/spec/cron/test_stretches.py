"""Time cut into stretches of one offset."""

from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.spec.cron.stretches import Stretch, backwards, forwards
from tests.spec.cron.minutes import CHANGES

HOUR = timedelta(hours=1)


def at(text: str) -> datetime:
    """Return a naive time."""
    return datetime.fromisoformat(text)


def stretches(zone: str, begin: str, end: str) -> list[Stretch]:
    """Return the stretches of a window."""
    return list(forwards(ZoneInfo(zone), at(begin), at(end)))


def test_what_a_gap_skips_belongs_to_the_stretch_after_it() -> None:
    """New York jumps from 02:00 to 03:00: what is between comes at the start of the later stretch."""
    before, after = stretches("America/New_York", "2027-03-14T00:00", "2027-03-14T12:00")
    assert (before.end, before.offset) == (at("2027-03-14T07:00"), -5 * HOUR)
    assert (after.start, after.offset) == (at("2027-03-14T07:00"), -4 * HOUR)
    assert after.local_start == at("2027-03-14T03:00")
    assert after.first_new == before.local_end == at("2027-03-14T02:00")
    assert after.instant(at("2027-03-14T02:30")) == after.start
    assert after.instant(at("2027-03-14T03:30")) == at("2027-03-14T07:30")


def test_what_a_fold_repeats_belongs_to_the_stretch_before_it() -> None:
    """New York goes from 02:00 back to 01:00: nothing before 02:00 is new to the later stretch."""
    _, after = stretches("America/New_York", "2027-11-07T00:00", "2027-11-07T12:00")
    assert after.local_start == at("2027-11-07T01:00")
    assert after.first_new == at("2027-11-07T02:00")


def test_a_window_that_begins_inside_a_fold_knows_of_it() -> None:
    """What was shown before the window began is not new, up to the end of the fold and not longer."""
    (inside,) = stretches("America/New_York", "2027-11-07T06:30", "2027-11-07T12:00")
    assert (inside.local_start, inside.first_new) == (at("2027-11-07T01:30"), at("2027-11-07T02:00"))
    (later,) = stretches("America/New_York", "2027-11-07T07:30", "2027-11-07T12:00")
    assert later.first_new == later.local_start == at("2027-11-07T02:30")


@pytest.mark.parametrize(
    ("zone", "begin", "skipped"),
    [("Antarctica/Casey", "2009-10-17T18:00", 3 * HOUR), ("Pacific/Apia", "2011-12-30T10:00", 0 * HOUR)],
)
def test_a_jump_of_more_than_three_hours_skips_for_good(zone: str, begin: str, skipped: timedelta) -> None:
    """Three hours are made up for; a whole day that Apia left out is not."""
    (after,) = stretches(zone, begin, "2009-10-18T18:00" if skipped else "2011-12-31T10:00")
    assert after.local_start - after.first_new == skipped


@given(
    st.sampled_from(CHANGES),
    st.integers(-600_000, 600_000),
    st.integers(0, 1_200_000),
)
def test_stretches_cover_a_window_once(place: tuple[str, str], first: int, length: int) -> None:
    """Without gaps and overlaps, the same in both directions; only an offset or a year ends one."""
    zone, change = ZoneInfo(place[0]), at(place[1])
    begin = change + timedelta(minutes=first)
    end = begin + timedelta(minutes=length)
    found = list(forwards(zone, begin, end))
    assert list(backwards(zone, begin, end)) == found[::-1]
    assert sum((stretch.end - stretch.start for stretch in found), timedelta()) == end - begin
    for before, after in pairwise(found):
        assert before.end == after.start
        assert before.offset != after.offset or (after.start.month, after.start.day) == (1, 1)
        assert after.first_new >= before.local_end
