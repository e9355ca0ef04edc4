"""Rows of sessions: one live one a subject, and changes that cannot undo each other."""

from dataclasses import replace
from typing import Any

import pytest

from constellagent.errors import ConflictError
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.ledger import Ledger
from constellagent.runtime.store.sessions import Role, SessionRow, SessionRows
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
    """Of two that end a session one is told that it did, and what it wrote stays."""
    await rows.add(ROW)

    assert await rows.end("s-1", 1.0, 3, "itself", "exit status 3")
    assert not await rows.end("s-1", 2.0, None, "lost", "lost")

    assert await rows.get("s-1") == replace(
        ROW, ended_at=1.0, exit_status=3, ended_by="itself", outcome="exit status 3"
    )


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
        await rows.count_restart("c", "agent", "docs", at)
    await rows.count_restart("c", "service", "docs", 30.0)

    assert await rows.restarts("c", "agent", "docs", 0.0) == 3
    assert await rows.restarts("c", "agent", "docs", 10.0) == 2
    await rows.forget_restarts("c", "agent", "docs")
    assert await rows.restarts("c", "agent", "docs", 0.0) == 0
    assert await rows.restarts("c", "service", "docs", 0.0) == 1


@pytest.mark.parametrize(
    ("changes", "restart_at", "interrupted"),
    [
        ({"ended_by": "itself"}, 101.0, True),
        ({"ended_by": "itself"}, 99.0, False),
        ({"ended_by": "stop"}, 101.0, False),
        ({"ended_by": "itself", "role": "run"}, 101.0, False),
    ],
    ids=["counted and not done", "of an earlier end", "stopped by a person", "a run"],
)
async def test_an_interrupted_restart_is_found(
    rows: SessionRows, changes: dict[str, Any], restart_at: float, interrupted: bool
) -> None:
    """What a dead daemon had counted and not done: an end by itself with a count behind it."""
    row = replace(ROW, ended_at=100.0, **changes)
    await rows.add(row)
    await rows.count_restart("c", row.role, "docs", restart_at)

    assert [row.id for row in await rows.interrupted_restarts()] == (["s-1"] if interrupted else [])


async def test_a_restart_that_happened_is_not_interrupted(rows: SessionRows) -> None:
    """A newer session of the subject, live or ended, shows that the count was honoured."""
    await rows.add(replace(ROW, ended_at=100.0, ended_by="itself"))
    await rows.count_restart("c", "agent", "docs", 100.0)
    await rows.add(replace(ROW, id="s-2"))

    assert await rows.interrupted_restarts() == []
