"""Intents outlive whoever had them."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from constellagent.failpoints import EXIT, VARIABLE
from constellagent.runtime.ports import Step
from constellagent.runtime.settings import Settings
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.journal import StoredJournal
from tests.runtime.conftest import StillClock

PROGRAM = """
import asyncio, sys
from pathlib import Path
from constellagent.runtime.clock import SystemClock
from constellagent.runtime.ports import Step
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.journal import StoredJournal
async def main():
    database = Database(Path(sys.argv[1]))
    await database.open()
    journal = StoredJournal(database, "c", SystemClock())
    async with journal.step(Step.WORKTREE_ADD, "docs"):
        Path(sys.argv[2]).touch()
    await database.close()
asyncio.run(main())
"""


@pytest.fixture
def journal(database: Database, clock: StillClock) -> StoredJournal:
    """Give the journal of a constellation."""
    return StoredJournal(database, "c", clock)


async def test_an_intent_is_open_while_the_body_acts(journal: StoredJournal) -> None:
    """It is written before the body and marked done behind it."""
    async with journal.step(Step.WORKTREE_ADD, "docs"):
        assert await journal.open_steps("docs") == [Step.WORKTREE_ADD]

    assert await journal.open_steps("docs") == []


async def test_an_intent_stays_when_the_body_raises(journal: StoredJournal) -> None:
    """What failed half way is there for the next look, oldest first, and the error goes on to the caller."""
    for step in (Step.WORKTREE_ADD, Step.IDENTITY_CREATE):
        with pytest.raises(ValueError, match="no"):
            async with journal.step(step, "docs"):
                raise ValueError("no")

    assert await journal.open_steps("docs") == [Step.WORKTREE_ADD, Step.IDENTITY_CREATE]


async def test_an_intent_stays_when_the_body_is_cancelled(journal: StoredJournal) -> None:
    """A cancelled body is one that did not finish."""
    inside = asyncio.Event()

    async def work() -> None:
        async with journal.step(Step.WORKTREE_ADD, "docs"):
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.ensure_future(work())
    await inside.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert await journal.open_steps("docs") == [Step.WORKTREE_ADD]


async def test_a_later_success_settles_earlier_tries(journal: StoredJournal) -> None:
    """The same step of the same subject, once done, leaves nothing of its failed tries."""
    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            async with journal.step(Step.WORKTREE_ADD, "docs"):
                raise ValueError("no")

    async with journal.step(Step.WORKTREE_ADD, "docs"):
        pass

    assert await journal.open_steps("docs") == []


async def test_subjects_and_constellations_do_not_meet(
    journal: StoredJournal, database: Database, clock: StillClock
) -> None:
    """An intent is seen by its own subject in its own constellation, and settled by nobody else."""
    other = StoredJournal(database, "d", clock)
    with pytest.raises(ValueError, match="no"):
        async with other.step(Step.WORKTREE_ADD, "docs"):
            raise ValueError("no")

    async with journal.step(Step.WORKTREE_ADD, "docs"), journal.step(Step.WORKTREE_ADD, "site"):
        pass

    assert await journal.open_steps("docs") == []
    assert await other.open_steps("docs") == [Step.WORKTREE_ADD]


@pytest.mark.parametrize(("place", "acted"), [("before", False), ("after", True)])
async def test_an_intent_outlives_the_process(
    home: Settings, tmp_path: Path, place: str, acted: bool
) -> None:
    """A process that dies on either side of the act leaves the intent, for real."""
    command = [sys.executable, "-c", PROGRAM, str(home.paths.database), str(tmp_path / "acted")]
    env = {VARIABLE: f"worktree.add:{place}"}
    done = await asyncio.to_thread(subprocess.run, command, env=env, check=False, timeout=30)
    database = Database(home.paths.database)
    await database.open()

    steps = await StoredJournal(database, "c", StillClock()).open_steps("docs")

    assert done.returncode == EXIT
    assert (tmp_path / "acted").exists() is acted
    assert steps == [Step.WORKTREE_ADD]
    await database.close()
