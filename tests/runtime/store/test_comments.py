"""The table of review comments."""

from dataclasses import replace

import pytest

from constellagent.runtime.store import comments as module
from constellagent.runtime.store.comments import CommentRow, CommentRows
from constellagent.runtime.store.database import Database

ROW = CommentRow("1", "docs", "b/\udcff", "new", 2, 3, "text", "q\nr", "HEAD", "person", "open", 1.0, 1.0)


async def test_rows_come_back_in_order(database: Database) -> None:
    """By path, line and age; each as it was written, also with a name that is no text."""
    rows = CommentRows(database)
    others = [replace(ROW, id="2", line=1), replace(ROW, id="3", path="a"), replace(ROW, id="4")]
    for row in (ROW, *others):
        assert await rows.add("c", row)
    assert await rows.of("c", "docs") == [others[1], others[0], ROW, others[2]]
    assert await rows.of("c", "other") == []
    assert await rows.of("d", "docs") == []


async def test_changes(database: Database) -> None:
    """A text makes it open, a state is set, a removed one is gone; only of the very agent."""
    rows = CommentRows(database)
    await rows.add("c", ROW)
    await rows.sent("c", [ROW], 5.0)
    assert await rows.of("c", "docs") == [replace(ROW, state="sent", sent_at=5.0)]
    assert await rows.edit("c", "docs", "1", "new", 7.0)
    assert await rows.of("c", "docs") == [replace(ROW, text="new", edited_at=7.0, sent_at=5.0)]
    assert await rows.put("c", "docs", "1", "resolved")
    for constellation, agent in (("d", "docs"), ("c", "other")):
        assert not await rows.edit(constellation, agent, "1", "x", 8.0)
        assert not await rows.put(constellation, agent, "1", "open")
        assert not await rows.remove(constellation, agent, "1")
    assert [row.state for row in await rows.of("c", "docs")] == ["resolved"]
    assert await rows.remove("c", "docs", "1")
    assert not await rows.remove("c", "docs", "1")


@pytest.mark.parametrize("changes", [{"text": "before"}, {"id": "9"}])
async def test_only_what_went_is_sent(database: Database, changes: dict[str, str]) -> None:
    """A row whose text is another by now, or that is gone, is left alone."""
    rows = CommentRows(database)
    await rows.add("c", ROW)
    await rows.sent("c", [replace(ROW, **changes)], 5.0)  # type: ignore[arg-type] # real fields
    assert await rows.of("c", "docs") == [ROW]


async def test_a_resolved_one_does_not_become_sent(database: Database) -> None:
    """What was resolved while it went stays resolved."""
    rows = CommentRows(database)
    await rows.add("c", ROW)
    await rows.put("c", "docs", "1", "resolved")
    await rows.sent("c", [ROW], 5.0)
    assert [row.state for row in await rows.of("c", "docs")] == ["resolved"]


async def test_there_is_an_end(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent has so many comments and no more."""
    monkeypatch.setattr(module, "MOST", 2)
    rows = CommentRows(database)
    assert [await rows.add("c", replace(ROW, id=str(number))) for number in range(3)] == [True, True, False]
    assert await rows.add("c", replace(ROW, id="x", agent="other"))
