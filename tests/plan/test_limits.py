"""What was used, against what limits allow."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from constellagent.plan.limits import (
    NOTHING_HELD,
    Spent,
    day_of,
    for_all,
    held_agents,
    over_day,
    over_run,
    run_budget,
    together,
    working,
)
from constellagent.spec.limits import Budget, Limits


def limits(**values: float) -> Limits:
    """Return limits for all."""
    return Limits.model_validate(values)


def budget(**values: float) -> Budget:
    """Return limits of one agent."""
    return Budget.model_validate(values)


@pytest.mark.parametrize(
    ("declared", "spent", "told"),
    [
        (budget(), Spent(9, 9, 9.0), ""),
        (budget(runs_per_day=2), Spent(1), ""),
        (budget(runs_per_day=2), Spent(2), "limit: runs_per_day 2 of 2"),
        (budget(tokens_per_day=100), Spent(9, 99), ""),
        (budget(tokens_per_day=100), Spent(0, 120), "limit: tokens_per_day 120 of 100"),
        (budget(cost_per_day=5), Spent(0, 0, 4.99), ""),
        (budget(cost_per_day=5), Spent(0, 0, 5.0), "limit: cost_per_day 5.00 of 5.00"),
        (budget(tokens_per_run=1, cost_per_run=1), Spent(9, 9, 9.0), ""),
    ],
)
def test_limits_of_a_day(declared: Budget, spent: Spent, told: str) -> None:
    """One is reached once as much is used as it says; those of a run do not matter to a day."""
    assert over_day(declared, spent) == told


def test_limits_of_a_run() -> None:
    """Those of a day do not matter to a run."""
    assert over_run(budget(tokens_per_run=10), Spent(1, 10)) == "limit: tokens_per_run 10 of 10"
    assert over_run(budget(cost_per_run=0.5), Spent(1, 10, 0.75)) == "limit: cost_per_run 0.75 of 0.50"
    assert over_run(budget(tokens_per_day=1, runs_per_day=1), Spent(1, 10, 1.0)) == ""


def test_an_agents_own_limit_of_a_run_wins() -> None:
    """What it does not say is said for all; a day's limits are left out."""
    found = run_budget(budget(tokens_per_run=5, runs_per_day=1), limits(tokens_per_run=9, cost_per_run=2))
    assert found == budget(tokens_per_run=5, cost_per_run=2)


def test_agents_share_what_is_said_for_all() -> None:
    """Also with those that are not declared any more; an agent's own limit is told first."""
    agents = {"one": budget(runs_per_day=1), "two": budget(), "three": budget()}
    spent = {"one": Spent(1, 40), "gone": Spent(0, 60)}

    alone = held_agents(agents, limits(), spent, agents)
    shared = held_agents(agents, limits(tokens_per_day=100), spent, {"one", "two"})

    assert alone == {"one": "limit: runs_per_day 1 of 1"}
    assert shared == {
        "one": "limit: runs_per_day 1 of 1",
        "two": "limit: tokens_per_day 100 of 100 for all agents",
    }
    assert held_agents(agents, limits(), {}, agents) == {}
    assert for_all("") == ""


def test_sums() -> None:
    """Runs, tokens and dollars are added."""
    assert together([Spent(1, 2, 0.5), Spent(3, 4, 0.25)]) == Spent(4, 6, 0.75)
    assert together([]) == Spent()


def test_only_so_many_work() -> None:
    """What is free is never less than nothing."""
    assert working(limits(), 99) is NOTHING_HELD
    assert (working(limits(working=3), 1).free, working(limits(working=3), 5).free) == (2, 0)
    assert working(limits(working=3), 3).full == "limit: working 3 of 3"


def test_a_day_is_the_zones() -> None:
    """It begins at midnight there."""
    berlin = ZoneInfo("Europe/Berlin")
    late = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)

    assert day_of(late, berlin) == "2026-03-29"
    assert day_of(late, ZoneInfo("UTC")) == "2026-03-28"
