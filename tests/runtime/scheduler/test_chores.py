"""Background tasks that do not outlive their owner."""

import asyncio

from constellagent.runtime.scheduler.chores import Chores


async def test_a_chore_is_kept_until_it_ends() -> None:
    """Then it is forgotten."""
    chores, gate = Chores(), asyncio.Event()

    async def work() -> None:
        await gate.wait()

    chores.add(work(), name="work")
    (task,) = chores.running
    gate.set()
    await task
    await asyncio.sleep(0)

    assert chores.running == set()


async def test_closing_cuts_all_of_them_short() -> None:
    """Also those that a dying one starts; nothing runs after it."""
    chores, ended = Chores(), list[str]()

    async def work(name: str, then: str = "") -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(name)
            if then:
                chores.add(work(then), name=then)

    chores.add(work("first", "second"), name="first")
    await asyncio.sleep(0)
    await chores.close()

    assert chores.running == set()
    assert ended[0] == "first"
