"""Runs that are paused."""

from dataclasses import replace

from constellagent.runtime.store.database import Database
from constellagent.runtime.store.paused import PausedRow, PausedRows


async def test_a_run_stands_as_it_was_written_last(database: Database) -> None:
    """Paused, let go on with another limit, forgotten."""
    rows = PausedRows(database)
    row = PausedRow("s-1", "c", "docs/daily", "limit: tokens_per_run 5 of 5", 1.5)
    await rows.put(row)
    await rows.put(PausedRow("s-2", "c", "docs", "why", 2.5))
    first = await rows.all()
    going = replace(row, why="", tokens=9, cost=2.5)
    await rows.put(going)
    await rows.drop("s-2")

    assert set(first) == {row, PausedRow("s-2", "c", "docs", "why", 2.5)}
    assert await rows.all() == [going]
