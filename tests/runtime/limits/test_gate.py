"""What a person asks, held against the limits."""

import asyncio

import pytest

from constellagent.agents.kind import Usage
from constellagent.errors import ConflictError
from constellagent.runtime.limits import gate as module
from constellagent.runtime.limits.gate import Gate
from constellagent.runtime.limits.workers import Workers
from constellagent.runtime.store.ledger import Ledger
from constellagent.runtime.store.usage import UsageRows, Whose
from tests.runtime.limits.conftest import Ground

TODAY = "2023-11-14"
"""The day of the clock that stands still, in Berlin."""


def gate(ground: Ground) -> Gate:
    """Return the gate."""
    sessions = ground.sessions
    workers = Workers(sessions.registry, sessions.screens, Ledger(ground.database, ""), lambda _: False)
    return Gate(ground.database, ground.effect, workers, ground.clock)


async def test_runs_that_come_together_share_what_is_left(ground: Ground) -> None:
    """Of ten that are asked for at once, of several agents, as many start as the day allows."""
    await ground.declare("{runs_per_day: 4}", one="{}", two="{runs_per_day: 1}")
    door = gate(ground)

    async def begin(number: int) -> bool:
        try:
            async with door.run("c", ("one", "two")[number % 2], f"r{number}"):
                return True
        except ConflictError:
            return False

    begun = await asyncio.gather(*map(begin, range(10)))
    spent = await UsageRows(ground.database).today("c", TODAY)

    assert sum(begun) == 4
    assert (spent["one"].runs, spent["two"].runs) == (3, 1)


async def test_a_refusal_says_what_to_do(ground: Ground) -> None:
    """And who insists passes, and is counted."""
    await ground.declare(one="{runs_per_day: 1}")
    door = gate(ground)
    async with door.run("c", "one", "r1"):
        pass
    with pytest.raises(
        ConflictError, match="nothing was begun with one: limit: runs_per_day 1 of 1"
    ) as caught:
        async with door.run("c", "one", "r2"):
            pytest.fail("it began")
    async with door.run("c", "one", "r3", over=True):
        pass

    assert "--over-limit" in caught.value.hint
    assert (await UsageRows(ground.database).today("c", TODAY))["one"].runs == 2


async def test_a_text_is_no_run(ground: Ground) -> None:
    """It passes where no run may start, and not where the tokens are used up."""
    await ground.declare(one="{runs_per_day: 1, tokens_per_day: 10}")
    door = gate(ground)
    async with door.run("c", "one", "r1"):
        pass
    async with door.text("c", "one"):
        pass
    await UsageRows(ground.database).add(Whose("c", "one", "s", TODAY), "talk", Usage(8, 2))
    with pytest.raises(ConflictError, match="tokens_per_day 10 of 10"):
        async with door.text("c", "one"):
            pytest.fail("it began")
    async with door.text("c", "one", over=True):
        pass


async def test_it_waits_for_one_to_be_done(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only so many may work; one that works already needs no place."""
    monkeypatch.setattr(module, "PACE", 0.001)
    await ground.declare("{working: 1}", one="{}", two="{}")
    ground.sessions.begin("s1", "one")
    door = gate(ground)
    with pytest.raises(ConflictError, match="limit: working 1 of 1"):
        async with door.text("c", "two"):
            pytest.fail("it began")
    async with door.text("c", "one"):
        pass
    begun = asyncio.Event()

    async def text() -> None:
        async with door.text("c", "two", wait=30):
            begun.set()

    async with asyncio.TaskGroup() as group:
        group.create_task(text())
        await asyncio.sleep(0.02)
        before = begun.is_set()
        ground.sessions.states["s1"] = "done"

    assert (before, begun.is_set()) == (False, True)


async def test_two_that_wait_do_not_take_one_place(ground: Ground) -> None:
    """Whoever is given something to do counts as one that works, before its program shows it."""
    await ground.declare("{working: 1}", one="{}", two="{}")
    door = gate(ground)
    async with door.text("c", "one"):
        with pytest.raises(ConflictError, match="working 1 of 1"):
            async with door.run("c", "two", "r1"):
                pytest.fail("it began")
    async with door.run("c", "two", "r1"):
        pass
