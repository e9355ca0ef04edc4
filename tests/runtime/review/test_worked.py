"""What the ledger tells of where a run worked."""

import pytest

from constellagent.errors import UsageError
from constellagent.runtime.diffs import RunWork
from constellagent.runtime.review import runs_of
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.ledger import Ledger
from constellagent.runtime.store.schedules import ScheduleRows
from tests.runtime.store.ledgers import DECLARED, MINUTE, NOW, begun, fire


@pytest.fixture
async def ledger(database: Database) -> Ledger:
    """A ledger with one schedule in effect."""
    await ScheduleRows(database).put("c", "docs", "daily", DECLARED, NOW - MINUTE)
    return Ledger(database, "")


async def test_a_run_from_its_start_to_its_report(ledger: Ledger) -> None:
    """It is over only when it has ended and its commits are known; the newest of these is its tip."""
    [run] = [one.run for one in await begun(ledger, fire(1))]
    find = runs_of(ledger)
    assert await find("c", run) == RunWork(run, "docs", "", "", "", "", over=False)

    await ledger.place(run, branch="runs/one", path="/w", base="b0")
    placed = RunWork(run, "docs", "b0", "runs/one", "/w", "", over=False)
    assert await find("c", run[:6]) == placed
    await ledger.end(run, "succeeded", NOW + MINUTE)
    assert await find("c", run) == placed

    await ledger.report(run, {"commits": [{"id": "c2", "subject": "two"}, {"id": "c1", "subject": "one"}]})
    assert await find("c", run) == RunWork(run, "docs", "b0", "runs/one", "/w", "c2", over=True)
    await ledger.report(run, {"commits": []})
    assert await find("c", run) == RunWork(run, "docs", "b0", "runs/one", "/w", "", over=True)


async def test_a_run_of_nobody(ledger: Ledger) -> None:
    """Another constellation's run, and what is no id, are not found; several that begin so are refused."""
    one, two = await begun(ledger, fire(1, run="abc1"), fire(2, run="abc2"))
    find = runs_of(ledger)

    assert await find("other", one.run) is None
    assert await find("c", "no id") is None
    assert await find("c", "") is None
    with pytest.raises(UsageError, match="several runs begin with abc"):
        await find("c", "abc")
    assert two.run == "abc2"
