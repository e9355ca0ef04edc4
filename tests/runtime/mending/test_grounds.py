"""One repository that cannot be looked at hides nothing of the others, and is named."""

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from constellagent.runtime.clock import SystemClock
from constellagent.runtime.mending import judging
from constellagent.runtime.mending.finding import Finding
from constellagent.runtime.mending.grounds import Surroundings
from constellagent.runtime.mending.mending import Mending
from constellagent.runtime.paths import constellation_id
from constellagent.runtime.settings import Settings
from constellagent.runtime.store.constellations import Applied, Constellations
from constellagent.runtime.store.database import Database
from tests.runtime.grounds import git

TEXT = "version: 1\nagents:\n  docs: {command: [sleep, '600']}\n"


async def applied(folder: Path) -> Applied:
    """Return a constellation as applied in a new repository."""
    folder.mkdir()
    await git(folder, "init", "-q", "-b", "main")
    file = folder / "constellation.yaml"
    file.write_text(TEXT)
    await git(folder, "add", ".")
    await git(folder, "commit", "-q", "-m", "first")
    return Applied(constellation_id(file), folder.name, file, folder, "0" * 64, TEXT)


@pytest.fixture
async def mending(home: Settings, database: Database, tmp_path: Path) -> Mending:
    """Give what looks and mends where two constellations were applied, `bad` and `good`."""
    for name in ("bad", "good"):
        await Constellations(database).put(await applied(tmp_path / name), 1.0)
    return Mending(Surroundings(home, SystemClock()))


def harm(home: Settings, repo: Path) -> tuple[Path, Path]:
    """Leave a stale lock in the repository and an open mode in the state; returns both files."""
    lock, shown = repo / ".git" / "packed-refs.lock", home.paths.locks / "open"
    lock.write_text("")
    os.utime(lock, (time.time() - judging.LOCK_AGE - 60,) * 2)
    shown.write_text("")
    shown.chmod(0o644)
    return lock, shown


def kinds(found: list[Finding]) -> dict[str, Finding]:
    """Return the findings by their kind."""
    return {one.kind: one for one in found}


@pytest.mark.parametrize("spoiled", ["index", "gitdir"])
async def test_a_spoiled_repository_is_named_and_the_other_is_mended(
    home: Settings, tmp_path: Path, mending: Mending, spoiled: str
) -> None:
    """Its place is said, with what to do; locks and modes elsewhere are found and mended as ever."""
    bad, good = tmp_path / "bad", tmp_path / "good"
    lock, shown = harm(home, good)
    kept, _ = harm(home, bad)
    if spoiled == "index":
        (bad / ".git" / "index").write_bytes(b"\xa5" * 100)
    else:  # git cannot list worktrees
        (bad / ".git" / "worktrees" / "docs").mkdir(parents=True)
        (bad / ".git" / "worktrees" / "docs" / "gitdir").mkdir()

    found = kinds(await mending.everything())

    assert found["unknown repository"].subject == str(bad)
    assert str(bad) in found["unknown repository"].found
    assert found["unknown repository"].advice
    assert found["stale lock"].subject == str(lock)
    assert found["open modes"].subject == str(shown)
    assert "no look" not in found
    for kind in ("stale lock", "open modes"):
        await mending.mend(found[kind])
    assert not lock.exists()
    assert shown.stat().st_mode & 0o777 == 0o600
    assert kept.exists(), "who works in a repository that cannot be listed is unknown"


async def test_what_needs_no_repository_is_found_where_none_can_be_looked_at(
    home: Settings, tmp_path: Path, mending: Mending
) -> None:
    """A state that cannot be read now hides neither modes nor sockets, and each look says what it lacks."""
    _, shown = harm(home, tmp_path / "good")
    with closing(sqlite3.connect(home.paths.database, isolation_level=None)) as connection:
        row = ("c", "docs", "nonsense", "{}", 1, 1.0)
        names = "constellation, subject, step, detail, pid, at"
        connection.execute(f"INSERT INTO intents ({names}) VALUES (?, ?, ?, ?, ?, ?)", row)

    found = await mending.everything()

    assert kinds(found)["open modes"].subject == str(shown)
    missed = [one for one in found if one.kind == "no look"]
    assert {"leftovers", "locks", "worktrees"} <= {one.area for one in missed}
    assert all(str(home.paths.database) in one.found for one in missed)
    await mending.mend(kinds(found)["open modes"])
    assert shown.stat().st_mode & 0o777 == 0o600
