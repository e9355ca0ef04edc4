"""What the scheduler is told about limits."""

from datetime import UTC, datetime

import pytest

from constellagent.plan.fires import Fire
from constellagent.plan.limits import Held
from constellagent.runtime.limits.permits import RunPermits
from constellagent.runtime.limits.workers import Workers
from constellagent.runtime.store.ledger import Ledger
from constellagent.runtime.store.usage import UsageRows
from tests.runtime.limits.conftest import Ground
from tests.runtime.store.ledgers import decided, fire

NOW = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
TOMORROW = "2026-11-23"
"""The day in Berlin."""


def permits(ground: Ground) -> RunPermits:
    """Return what the scheduler asks."""
    sessions = ground.sessions
    workers = Workers(sessions.registry, sessions.screens, Ledger(ground.database, ""), lambda _: False)
    return RunPermits(
        ground.effect, UsageRows(ground.database), workers, lambda run: "why" if run == "r1" else ""
    )


@pytest.fixture
async def queued(ground: Ground, ledger: Ledger) -> list[Fire]:
    """Give fires of one agent that wait."""
    fires = [fire(minutes) for minutes in range(1, 5)]
    await ledger.commit("c", {"docs/daily": decided(*fires)}, NOW)
    return fires


async def test_a_claim_takes_what_is_left(ground: Ground, ledger: Ledger, queued: list[Fire]) -> None:
    """Of fires that become due together as many start as the day allows; the next day others do."""
    await ground.declare("{runs_per_day: 3}", docs="{runs_per_day: 2}")
    ask = permits(ground)

    claimed = await ledger.claim(queued, NOW, await ask.permit("c", NOW))
    held = await ask.held("c", [], NOW)
    next_day = NOW.replace(day=23)
    later = await ask.held("c", [], next_day)
    again = await ledger.claim(queued, next_day, await ask.permit("c", next_day))

    assert (claimed, again) == (queued[:2], queued[2:])
    assert held == Held({"docs": "limit: runs_per_day 2 of 2"})
    assert later == Held()
    assert (await UsageRows(ground.database).today("c", TOMORROW))["docs"].runs == 2


async def test_only_so_many_work(ground: Ground) -> None:
    """Agents and runs are counted together, where that is limited."""
    ground.sessions.begin("s1", "docs")
    await ground.declare(docs="{}")
    free = await permits(ground).held("c", ["r1"], NOW)
    await ground.declare("{working: 3}", docs="{}")
    held = await permits(ground).held("c", ["r1"], NOW)

    assert free == Held()
    assert (held.free, held.full) == (1, "limit: working 2 of 3")


async def test_time_stands_still_for_what_is_paused(ground: Ground) -> None:
    """For other runs it does not."""
    assert [permits(ground).is_paused(run) for run in ("r1", "r2")] == [True, False]
