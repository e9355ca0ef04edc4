"""Who waits for others, and how turns stand."""

from constellagent.runtime.store.database import Database
from constellagent.runtime.store.sessions import SessionRow, SessionRows
from constellagent.runtime.store.waiting import WaitingRows


async def test_who_waits(database: Database) -> None:
    """Until it does no more; what is said again changes nothing."""
    rows = WaitingRows(database)
    await rows.set("c", {"docs"}, ())
    await rows.set("c", {"docs", "site"}, {"nobody"})
    await rows.set("d", {"docs"}, ())
    await rows.set("c", (), {"docs"})

    assert await rows.all() == [("c", "site"), ("d", "docs")]


async def test_the_newest_turn_counts(database: Database) -> None:
    """What was told before it, and comes again, does not; nor do sessions that are not kept."""
    rows = WaitingRows(database)
    await SessionRows(database).add(SessionRow("s-1", "c", "agent", "docs", "f", 1.0, 1.0, "boot"))
    await rows.turned("s-1", 2, "working")
    await rows.turned("s-1", 3, "done")
    await rows.turned("s-1", 2, "working")
    await rows.turned("s-2", 1, "failed")
    before = await rows.turns(["s-1", "s-2", "s-3"])
    await rows.tidy()

    assert before == {"s-1": "done", "s-2": "failed"}
    assert await rows.turns(["s-1", "s-2"]) == {"s-1": "done"}
    assert await rows.turns([]) == {}
    assert (await rows.newest("s-1"), await rows.newest("s-2")) == ((3, "done"), None)
