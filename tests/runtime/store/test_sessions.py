"""Rows of sessions: one live one a subject, and changes that cannot undo each other."""

from dataclasses import replace
from typing import Any

import pytest

from constellagent.errors import ConflictError
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.ledger import Ledger
from constellagent.runtime.store.sessions import Owed, Role, SessionRow, SessionRows
from tests.runtime.store.ledgers import NOW, begun, fire

ROW = SessionRow("s-1", "c", "agent", "docs", "print", 100.0, 10.0, "boot")


@pytest.fixture
def rows(database: Database) -> SessionRows:
    """Give the tables."""
    return SessionRows(database)


async def test_a_row_comes_back_as_it_was(rows: SessionRows) -> None:
    """Every field survives with its type."""
    full = replace(
        ROW, id="s-2", holder_pid=7, holder_start="s", stop_wanted=True, ended_at=1.5, exit_status=3,
        ended_by="stop", outcome="stopped",
    )  # fmt: skip
    await rows.add(ROW)
    await rows.add(full)

    assert await rows.get("s-1") == ROW
    assert await rows.get("s-2") == full
    assert await rows.get("s-3") is None


@pytest.mark.parametrize("role", ["agent", "service"])
async def test_a_subject_has_one_live_session(rows: SessionRows, role: Role) -> None:
    """The database itself refuses a second live session of an agent or service until the first ended."""
    first = replace(ROW, role=role)
    second = replace(first, id="s-2")
    await rows.add(first)

    with pytest.raises(ConflictError, match="docs has a live session already"):
        await rows.add(second)
    await rows.end("s-1", 1.0, 0, "itself", "exit status 0")
    await rows.add(second)

    assert [row.id for row in await rows.live()] == ["s-2"]


async def test_runs_and_other_subjects_may_be_live_together(rows: SessionRows) -> None:
    """Only one and the same agent or service is exclusive: runs go side by side, and roles do not meet."""
    different: list[dict[str, Any]] = [
        {},
        {"subject": "site"},
        {"role": "service"},
        {"constellation": "d"},
        {"role": "run"},
        {"role": "run"},
    ]
    for number, changes in enumerate(different):
        await rows.add(replace(ROW, id=f"s-{number}", **changes))

    assert len(await rows.live()) == 6


async def test_an_end_is_written_once(rows: SessionRows) -> None:
    """Of two that end a session one gets the row with its end, and what it wrote stays."""
    await rows.add(ROW)
    ended = replace(ROW, ended_at=1.0, exit_status=3, ended_by="itself", outcome="exit status 3")

    assert await rows.end("s-1", 1.0, 3, "itself", "exit status 3") == ended
    assert await rows.end("s-1", 2.0, None, "lost", "lost") is None

    assert await rows.get("s-1") == ended


async def test_a_late_stop_does_not_revive(rows: SessionRows) -> None:
    """A wish to stop and a late word of the holder change nothing of a session that has ended."""
    await rows.add(ROW)
    assert await rows.want_stop("s-1")
    await rows.end("s-1", 1.0, None, "stop", "stopped")

    assert not await rows.want_stop("s-1")
    await rows.set_holder("s-1", 5, "start")

    found = await rows.get("s-1")
    assert found is not None
    assert (found.live, found.holder_pid, found.stop_wanted) == (False, None, True)


async def test_the_newest_is_the_last_one_started(rows: SessionRows) -> None:
    """A wall clock that was set back between two starts does not make the older session the newest."""
    await rows.add(replace(ROW, ended_at=150.0))
    await rows.add(replace(ROW, id="s-2", started_at=50.0))
    await rows.set_holder("s-2", 5, "start")
    await rows.add(replace(ROW, id="s-3", constellation="d"))
    await rows.add(replace(ROW, id="s-4", role="run"))

    newest = await rows.newest("c")

    assert {(row.role, row.id) for row in newest} == {("agent", "s-2"), ("run", "s-4")}


async def test_a_forgotten_row_stands_where_its_start_belongs(rows: SessionRows) -> None:
    """What began later, or lives, stays newer; all keep their times and ends, and the order they had."""
    later = replace(ROW, id="s-3", started_at=300.0, ended_at=350.0, ended_by="stop", outcome="stopped")
    set_back = replace(ROW, id="s-4", started_at=290.0, ended_at=360.0, ended_by="stop")
    for row in (replace(ROW, ended_at=150.0), later, set_back):
        await rows.add(row)

    forgotten = replace(ROW, id="s-2", started_at=200.0, ended_at=250.0, ended_by="lost", outcome="lost")
    await rows.recall(forgotten)

    assert [row.id for row in await rows.ended(ROW)] == ["s-4", "s-3", "s-2", "s-1"]
    assert await rows.get("s-2") == forgotten
    assert await rows.get("s-3") == later


async def test_a_live_row_is_the_newest_whatever_began_later(rows: SessionRows) -> None:
    """One that ended later, or was written later, hides no session that lives; of runs many live at once."""
    await rows.add(replace(ROW, ended_at=150.0))
    await rows.recall(replace(ROW, id="s-2", started_at=50.0, holder_pid=5, holder_start="start"))
    await rows.recall(replace(ROW, id="s-3", started_at=400.0, ended_at=500.0))
    await rows.add(replace(ROW, id="s-4", started_at=600.0, ended_at=700.0))
    await rows.add(replace(ROW, id="r-1", role="run"))
    await rows.add(replace(ROW, id="r-2", role="run", ended_at=150.0))

    assert {row.id for row in await rows.newest("c")} == {"s-2", "r-2"}
    with pytest.raises(ConflictError, match="another session lives in the place of s-5"):
        await rows.recall(replace(ROW, id="s-5"))
    assert await rows.get("s-5") is None


async def test_ended_ones_come_newest_first(rows: SessionRows) -> None:
    """All of them, or those of one subject."""
    for number in range(3):
        await rows.add(replace(ROW, id=f"s-{number}", ended_at=1.0))
    await rows.add(replace(ROW, id="other", subject="site", ended_at=1.0))
    await rows.add(replace(ROW, id="live"))

    assert [row.id for row in await rows.ended()] == ["other", "s-2", "s-1", "s-0"]
    assert [row.id for row in await rows.ended(ROW)] == ["s-2", "s-1", "s-0"]
    await rows.drop("s-1")
    assert [row.id for row in await rows.ended(ROW)] == ["s-2", "s-0"]


async def test_a_run_that_is_open_in_the_ledger_is_none_of_them(rows: SessionRows, ledger: Ledger) -> None:
    """What is kept of it keeps it from being started again, so it stays until the ledger knows the end."""
    first, second = fire(1), fire(2)
    await begun(ledger, first, second)
    for one in (first, second):
        await rows.add(replace(ROW, id=one.run, role="run", ended_at=1.0))

    assert await rows.ended() == []
    await ledger.end(first.run, "succeeded", NOW)
    assert [row.id for row in await rows.ended()] == [first.run]
    assert [row.id for row in await rows.ended(replace(ROW, role="run"))] == [first.run]


async def test_restarts_are_counted_in_a_window(rows: SessionRows) -> None:
    """By subject and role, behind a moment; forgetting one subject leaves the others."""
    for at in (10.0, 20.0, 30.0):
        await rows.count_restart(ROW, at)
    await rows.count_restart(replace(ROW, role="service"), 30.0)

    assert await rows.restarts("c", "agent", "docs", 0.0) == 3
    assert await rows.restarts("c", "agent", "docs", 10.0) == 2
    await rows.forget_restarts("c", "agent", "docs")
    assert await rows.restarts("c", "agent", "docs", 0.0) == 0
    assert await rows.restarts("c", "service", "docs", 0.0) == 1


async def test_what_an_end_owes_is_kept_with_it(rows: SessionRows) -> None:
    """It is owed from the end on, then counted, until it is paid; who does not ask owes nothing."""
    await rows.add(ROW)
    assert await rows.end(ROW.id, 100.0, 1, "itself", "exit status 1", owes=True)
    ended = await rows.get(ROW.id)
    assert ended is not None
    assert await rows.owed_restarts() == [Owed(ended, ended, counted=False)]
    assert not await rows.end(ROW.id, 101.0, 1, "itself", "again", owes=True)

    await rows.count_restart(ended, 102.0)

    assert await rows.owed_restarts() == [Owed(ended, ended, counted=True)]
    await rows.pay_restart("another")
    assert await rows.owed_restarts() == [Owed(ended, ended, counted=True)]
    await rows.pay_restart(ROW.id)
    assert await rows.owed_restarts() == []
    await rows.add(replace(ROW, id="s-2"))
    await rows.end("s-2", 103.0, 1, "itself", "exit status 1")
    assert await rows.owed_restarts() == []


async def test_what_is_owed_is_of_the_newest_end(rows: SessionRows) -> None:
    """The next end of a subject takes the place of the one before; a person's start clears it."""
    for name in ("s-1", "s-2"):
        await rows.add(replace(ROW, id=name))
        await rows.end(name, 100.0, 1, "itself", "exit status 1", owes=True)
    newest = await rows.get("s-2")
    assert newest is not None
    assert await rows.owed_restarts() == [Owed(newest, newest, counted=False)]

    await rows.forget_restarts("c", "agent", "docs")

    assert await rows.owed_restarts() == []


async def test_what_is_owed_for_sessions_that_are_gone_is_paid(rows: SessionRows) -> None:
    """Where no row of the subject is kept there is nothing to start again."""
    await rows.add(ROW)
    await rows.end(ROW.id, 100.0, 1, "itself", "exit status 1", owes=True)
    await rows.drop(ROW.id)

    assert await rows.owed_restarts() == []
    assert await rows.database.rows("SELECT * FROM owed_restarts") == []
