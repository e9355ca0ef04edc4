"""Runs that may not start because of a limit."""

import sqlite3
from collections.abc import Collection
from datetime import datetime
from typing import Any

from constellagent.plan.fires import Fire
from constellagent.plan.limits import Held
from constellagent.runtime.scheduler import Permit
from constellagent.runtime.scheduler.permits import Unlimited
from tests.runtime.scheduler.lab import Lab, at


class Allowance:
    """Lets so many runs start, and says what it was asked."""

    def __init__(self, left: int, free: int | None = None) -> None:
        """`free` is how many may work at once."""
        self.left = left
        self.free = free
        self.paused: set[str] = set()
        self.going: list[int] = []

    async def held(self, constellation: str, going: Collection[str], now: datetime) -> Held:
        """Hold all agents once nothing is left."""
        assert constellation == "c"
        assert now.tzinfo is not None
        self.going.append(len(going))
        free = None if self.free is None else max(self.free - len(going), 0)
        names = {f"a{number}": "limit: x" for number in range(3)} if not self.left else {}
        return Held(names, free, "limit: working")

    async def permit(self, constellation: str, now: datetime) -> Permit:
        """Take one for each run."""
        assert (constellation, now.tzinfo is not None) == ("c", True)

        def ask(db: sqlite3.Connection, fire: Fire) -> str:
            assert db.in_transaction
            assert fire.state == "queued"
            self.left -= bool(self.left)
            return "" if self.left else "limit: x"

        return ask

    def is_paused(self, run: str) -> bool:
        """Say whether a test paused it."""
        return run in self.paused


async def start(lab: Lab, allowance: Allowance, overlap: str = "queue_one", **more: Any) -> None:
    """Start a daemon with three agents whose schedules are due at the same minute."""
    lab.options["permits"] = allowance
    lab.scheduler = lab.new_scheduler()
    for number in range(3):
        await lab.declare(f"a{number}/daily", cron="0 13 * * *", overlap=overlap, **more)
    await lab.start()
    await lab.to(13)


async def test_those_that_become_due_together_share_what_is_left(lab: Lab) -> None:
    """What is not permitted as it is claimed waits, says why, and starts when there is more."""
    allowance = Allowance(3)
    await start(lab, allowance)
    first = await lab.states()
    why = {row.fire.why for row in await lab.history() if row.fire.state == "queued"}
    allowance.left = 9
    await lab.look()

    assert sorted(first) == ["queued", "running", "running"]
    assert why == {"limit: x"}
    assert await lab.states() == ["running"] * 3
    assert {row.fire.why for row in await lab.history()} == {""}


async def test_what_gives_way_is_written_down(lab: Lab) -> None:
    """With `overlap: skip` the ledger says that the limit kept it."""
    await start(lab, Allowance(0), overlap="skip")

    rows = await lab.history()
    assert {(row.fire.state, row.fire.why) for row in rows} == {("over_limit", "limit: x")}
    assert lab.runner.started == []


async def test_only_so_many_work(lab: Lab) -> None:
    """The others start as those are done."""
    await start(lab, Allowance(99, free=1))
    states = []
    for _ in range(3):
        states.append(sorted(await lab.states()))
        await lab.runner.end(next(run for run, row in lab.sessions.rows.items() if row.live))
        await lab.look()

    assert [found.count("running") for found in states] == [1, 1, 1]
    assert await lab.states() == ["succeeded"] * 3


async def test_the_time_of_what_is_paused_does_not_pass(lab: Lab) -> None:
    """Its timeout counts on when it goes on, by what is left of it."""
    allowance = Allowance(99)
    await start(lab, allowance, timeout="10m")
    runs = list(lab.sessions.rows)
    allowance.paused.add(runs[0])
    await lab.pass_(minutes=30)
    first = {row.fire.run: row.fire.state for row in await lab.history()}
    allowance.paused.clear()
    await lab.scheduler.resumed(runs[0], 1800.0)
    await lab.scheduler.resumed("nobody", 1.0)
    await lab.pass_(minutes=8)
    second = await lab.ledger.get(runs[0])
    await lab.pass_(minutes=4)
    third = await lab.ledger.get(runs[0])

    assert [first[run] for run in runs] == ["running", "timeout", "timeout"]
    assert second is not None
    assert third is not None
    assert (second.fire.state, third.fire.state) == ("running", "timeout")


async def test_nothing_is_held_where_nobody_counts() -> None:
    """As in tests, and wherever there are no limits."""
    nobody = Unlimited()
    assert await nobody.held("c", (), at(13)) == Held()
    assert nobody.is_paused("r") is False
