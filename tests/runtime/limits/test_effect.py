"""The limits in effect."""

from constellagent.runtime.limits.effect import Rules
from constellagent.spec.limits import Budget, Limits
from tests.runtime.limits.conftest import Ground


async def test_what_was_applied_counts(ground: Ground) -> None:
    """It is read once, and again after an apply; a constellation that is gone has no limits."""
    await ground.declare("{working: 2}", one="{runs_per_day: 3}")
    first = await ground.effect.of("c")
    again = await ground.effect.of("c")
    await ground.declare("{working: 5}")

    assert (first.zone.key, first.limits.working, first.agents["one"].runs_per_day) == ("Europe/Berlin", 2, 3)
    assert again is first
    assert (await ground.effect.of("c")).limits.working == 5
    assert await ground.effect.of("nowhere") == Rules()


def test_texts_are_no_runs() -> None:
    """How many of those may start does not hold a text; everything else does."""
    rules = Rules(
        limits=Limits(runs_per_day=1, cost_per_day=2.0, working=3),
        agents={"one": Budget(runs_per_day=1, tokens_per_day=2)},
    )
    assert rules.for_texts().limits == Limits(cost_per_day=2.0, working=3)
    assert rules.for_texts().agents == {"one": Budget(tokens_per_day=2)}


def test_limits_of_a_run() -> None:
    """An agent's own, else those of all; one that is not declared any more has those of all."""
    rules = Rules(limits=Limits(tokens_per_run=9), agents={"one": Budget(tokens_per_run=5)})
    assert rules.of_run("one").tokens_per_run == 5
    assert rules.of_run("gone").tokens_per_run == 9
