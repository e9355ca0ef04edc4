"""What worktrees and branches of runs are called."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.plan.fires import Fire
from constellagent.runtime.runs.naming import owner_name, places, run_of, split, stamp
from constellagent.spec.names import AGENT_NAME, check_agent_name, check_branch

NINE = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
FIRE = Fire("ab12cd34" * 4, "docs/nightly", "clock", NINE, 1, "schedule", "claimed", NINE)


@pytest.mark.parametrize(
    ("later", "attempt", "said"),
    [
        (timedelta(), 1, "20261122T0900Z"),
        (timedelta(), 2, "20261122T0900Z-2"),
        (timedelta(seconds=7), 1, "20261122T090007Z"),
        (timedelta(microseconds=120), 1, "20261122T090000.000120Z"),
        (timedelta(seconds=100, microseconds=5), 3, "20261122T090140.000005Z-3"),
    ],
)
def test_a_stamp_is_as_long_as_it_must_be(later: timedelta, attempt: int, said: str) -> None:
    """Seconds and less are there only where the nominal time has them, the attempt from the second on."""
    assert stamp(replace(FIRE, fire_at=NINE + later, attempt=attempt)) == said


def test_the_first_place_is_plain_and_the_second_is_the_runs_alone() -> None:
    """A person reads agent, schedule and time; only where that is taken do digits of the run's id follow."""
    first, second = places(Path("/w"), "docs", "nightly", FIRE)

    assert first.path == Path("/w/.runs/docs.nightly.20261122T0900Z")
    assert first.branch == "runs/docs/nightly/20261122T0900Z"
    assert second.path == Path("/w/.runs/docs.nightly.20261122T0900Z.ab12cd34")
    assert second.branch == "runs/docs/nightly/20261122T0900Z.ab12cd34"


def _is_name(text: str) -> bool:
    try:
        check_agent_name(text)
    except ValueError:
        return False
    return True


NAMES = st.from_regex(AGENT_NAME, fullmatch=True).filter(_is_name)


@given(
    agent=NAMES,
    schedule=NAMES,
    at=st.datetimes(datetime(1970, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis wants naive bounds
    attempt=st.integers(1, 101),
)
def test_every_branch_is_one_for_git(agent: str, schedule: str, at: datetime, attempt: int) -> None:
    """Whatever the names and the time are, git takes the branch, and file systems the folder's name."""
    fire = replace(FIRE, fire_at=at, attempt=attempt)
    for place in places(Path("/w"), agent, schedule, fire):
        assert check_branch(place.branch) == place.branch
        assert len(place.path.name) <= 255


@given(
    first=st.datetimes(timezones=st.just(UTC), min_value=datetime(1970, 1, 1)),  # noqa: DTZ001 - the same
    second=st.datetimes(timezones=st.just(UTC), min_value=datetime(1970, 1, 1)),  # noqa: DTZ001 - the same
)
def test_stamps_tell_times_apart(first: datetime, second: datetime) -> None:
    """Two nominal times have one stamp only if they are one."""
    same = stamp(replace(FIRE, fire_at=first)) == stamp(replace(FIRE, fire_at=second))
    assert same == (first == second)


@given(agent=NAMES)
def test_a_runs_worktree_is_never_taken_for_an_agents(agent: str) -> None:
    """The name that git's lock holds leads back to the run; an agent's own leads to none."""
    assert run_of(owner_name(agent, FIRE.run)) == FIRE.run
    assert not _is_name(owner_name(agent, FIRE.run))
    assert run_of(agent) == ""


def test_a_key_is_an_agent_and_a_name() -> None:
    """Agents' names hold no slash."""
    assert split("docs/nightly") == ("docs", "nightly")
