"""Which conversation each session is in."""

from dataclasses import replace

import pytest

from constellagent.errors import ConflictError
from constellagent.runtime.store.conversations import ConversationRow, ConversationRows
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.sessions import SessionRow, SessionRows

ROW = ConversationRow("s-1", "c", "docs", "agent", "claude", "talk-1", "/w/docs", "", "digest", 1.0)


async def live(database: Database, session: str) -> SessionRows:
    """Write down a live session."""
    rows = SessionRows(database)
    await rows.add(SessionRow(session, "c", "agent", f"of {session}", "f", 1.0, 1.0, "boot"))
    return rows


async def test_the_newest_is_that_of_the_last_session(database: Database) -> None:
    """Of the agent's own sessions; runs have others, and one without an id is none to go on with."""
    rows = ConversationRows(database)
    for row in (
        ROW,
        replace(ROW, session="s-2", id="talk-2"),
        replace(ROW, session="s-3", id="talk-3", role="run"),
        replace(ROW, session="s-4", id=""),
        replace(ROW, session="s-5", id="talk-5", agent="other"),
    ):
        await rows.begin(row)

    newest = await rows.newest("c", "docs")

    assert newest == replace(ROW, session="s-2", id="talk-2")
    assert await rows.newest("d", "docs") is None


async def test_what_is_learned_counts(database: Database) -> None:
    """A program may tell its id later, and go on with another one."""
    rows = ConversationRows(database)
    await rows.begin(replace(ROW, id=""))
    assert await rows.newest("c", "docs") is None

    await rows.learn("s-1", "told")
    await rows.learn("nobody", "else")

    assert await rows.newest("c", "docs") == replace(ROW, id="told")
    assert await rows.of("s-1") == replace(ROW, id="told")
    assert await rows.of("nobody") is None


async def test_a_dropped_one_is_not_taken_up(database: Database) -> None:
    """Nor the ones before it; the next session's is new, and counts."""
    rows = ConversationRows(database)
    await rows.begin(ROW)
    await rows.begin(replace(ROW, session="s-2", id="talk-2"))
    await rows.drop("c", "docs")
    assert await rows.newest("c", "docs") is None

    await rows.begin(replace(ROW, session="s-3", id="talk-3"))

    assert await rows.newest("c", "docs") == replace(ROW, session="s-3", id="talk-3")


async def test_two_live_sessions_are_never_in_one_conversation(database: Database) -> None:
    """The second is refused before its program starts; once the first has ended it may go on."""
    rows, sessions = ConversationRows(database), await live(database, "s-1")
    await rows.begin(ROW)

    with pytest.raises(ConflictError, match="of s-1 is in this conversation"):
        await rows.begin(replace(ROW, session="s-2"))
    await rows.begin(replace(ROW, session="s-2", kind="codex"))
    await rows.begin(replace(ROW, session="s-3", id=""))
    await sessions.end("s-1", 2.0, 0, "itself", "done")
    await rows.begin(replace(ROW, session="s-4"))

    assert await rows.newest("c", "docs") == replace(ROW, session="s-4")
