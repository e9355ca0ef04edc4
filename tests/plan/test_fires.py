"""The words of the ledger: ids of runs, times as they are kept and shown."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from constellagent.plan.fires import FAILED, OPEN, RAN, microseconds, moment, run_id, shown

NINE = datetime(2026, 11, 22, 9, tzinfo=UTC)
TIMES = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants naive bounds


def test_the_same_fire_gives_the_same_run_whoever_decides() -> None:
    """Whoever decides on a fire a second time means the same run."""
    one = run_id("c1", "triage/morning", "clock", NINE, 1)
    assert one == run_id("c1", "triage/morning", "clock", NINE.astimezone(timezone(timedelta(hours=5))), 1)
    assert len(one) == 32
    assert set(one) <= set("0123456789abcdef")


def test_every_part_of_a_fire_makes_another_run() -> None:
    """Another constellation, schedule, cause, time or attempt is another run."""
    ids = {
        run_id("c1", "triage/morning", "clock", NINE, 1),
        run_id("c2", "triage/morning", "clock", NINE, 1),
        run_id("c1", "triage/noon", "clock", NINE, 1),
        run_id("c1", "triage/morning", "person", NINE, 1),
        run_id("c1", "triage/morning", "clock", NINE + timedelta(minutes=1), 1),
        run_id("c1", "triage/morning", "clock", NINE, 2),
    }
    assert len(ids) == 6


@given(TIMES)
def test_a_kept_time_comes_back_as_it_was(instant: datetime) -> None:
    """Whole microseconds lose nothing, in any year."""
    assert moment(microseconds(instant)) == instant


def test_times_are_shown_in_utc() -> None:
    """A fraction is written only where there is one."""
    assert shown(NINE.astimezone(timezone(timedelta(hours=-7)))) == "2026-11-22T09:00:00Z"
    assert shown(NINE + timedelta(microseconds=1500)) == "2026-11-22T09:00:00.001500Z"


def test_no_state_is_both_open_and_over() -> None:
    """What failed has run, and what has run is not open any more."""
    assert not OPEN & RAN
    assert FAILED < RAN
