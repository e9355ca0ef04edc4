"""Databases made anew of damaged ones: no log is lost on the way, and no number is given twice."""

import asyncio
import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from constellagent import failpoints, soundness
from constellagent.durable import DurableFile
from constellagent.errors import ConstellagentError, WorldError
from constellagent.failpoints import VARIABLE, FilePoint
from constellagent.ravi.local.store import Store
from constellagent.ravi.vault import RootKey
from constellagent.runtime.clock import SystemClock
from constellagent.runtime.mending.finding import Finding
from constellagent.runtime.mending.grounds import Surroundings
from constellagent.runtime.mending.mending import Mending
from constellagent.runtime.settings import Settings
from constellagent.runtime.store.database import Database
from tests.ravi.provided import provided
from tests.reliability.mended import flushed, spoil

PROGRAM = """
import asyncio, sys
from pathlib import Path
from constellagent.runtime.clock import SystemClock
from constellagent.runtime.mending.grounds import Surroundings
from constellagent.runtime.mending.mending import Mending
from constellagent.runtime.settings import Settings
async def main():
    mending = Mending(Surroundings(Settings(home=Path(sys.argv[1])), SystemClock()))
    for finding in await mending.look(sys.argv[2]):
        await mending.mend(finding)
asyncio.run(main())
"""
WRITER = """
import asyncio, os, signal, sqlite3, sys
from pathlib import Path
from constellagent.runtime.store.database import Database
async def main():
    database = Database(Path(sys.argv[1]))
    await database.open()
    insert = "INSERT INTO trusted (file, content_hash, at) VALUES (?, '', 1.0)"
    await database.execute(insert, ("/in-the-file",))
    await database.scrub()
    for number in range(20):
        await database.execute(insert, (f"/in-the-log-{number}",))
    os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(main())
"""
FILES = {"/in-the-file", *(f"/in-the-log-{number}" for number in range(20))}
DIED = 137


def mending(home: Settings) -> Mending:
    """Return what looks and mends in this state folder."""
    return Mending(Surroundings(home, SystemClock()))


async def one(home: Settings, area: str) -> Finding:
    """Return the only finding of an area."""
    (found,) = await mending(home).look(area)
    return found


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a `state.db` whose writer was killed with most of what it knew in the log."""
    path = tmp_path_factory.mktemp("killed") / "state.db"
    done = subprocess.run([sys.executable, "-c", WRITER, str(path)], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert soundness.log_of(path).stat().st_size
    return path


@pytest.fixture
def logged(home: Settings, killed: Path) -> Path:
    """Leave such a file and its log in the state folder; returns the file."""
    for place in (soundness.log_of, Path):
        shutil.copyfile(place(killed), place(home.paths.database))
    return home.paths.database


def page(path: Path, name: str) -> int:
    """Return where the first page of a table begins."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        query = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        return (int(connection.execute(query, (name,)).fetchone()[0]) - 1) * 4096


@pytest.fixture
def harmed(logged: Path) -> Path:
    """Leave the same with a broken page in the file, which the log does not replace."""
    at = page(logged, "sessions")
    with logged.open("r+b") as file:
        file.seek(at)
        file.write(b"\xa5" * 4096)
    return logged


def trusted(path: Path) -> set[str]:
    """Return what is remembered as approved."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return {file for (file,) in connection.execute("SELECT file FROM trusted")}


async def opened(file: DurableFile) -> None:
    """Open a file as a daemon does, and close it."""
    await file.open()
    await file.close()


async def test_rows_of_the_log_are_kept(home: Settings, harmed: Path) -> None:
    """What was committed and is in the log only is in the new file; file and log stay under other names."""
    path = harmed
    content, logs = path.read_bytes(), soundness.log_of(path).read_bytes()

    await mending(home).mend(await one(home, "state"))

    assert trusted(path) == FILES
    (aside,) = [file for file in path.parent.glob("state.db.damaged-*") if not file.name.endswith("-wal")]
    assert (aside.read_bytes(), soundness.log_of(aside).read_bytes()) == (content, logs)
    assert await mending(home).look("state") == []


async def test_a6_a_log_that_was_set_aside_before_its_file_is_read_and_nothing_opens_the_file(
    home: Settings, harmed: Path
) -> None:
    """Where mending died between the two, no daemon works on the half of it, and mending ends it."""
    path = harmed
    aside = path.with_name("state.db.damaged-20260101T000000Z")
    os.link(path, aside)
    soundness.log_of(path).rename(soundness.log_of(aside))
    before = path.read_bytes()

    with pytest.raises(ConstellagentError, match="is damaged") as refused:
        await opened(Database(path))
    assert "constellagent doctor --fix" in refused.value.hint
    assert (path.read_bytes(), soundness.log_of(path).exists()) == (before, False)
    finding = await one(home, "state")
    assert finding.kind == "damaged state"
    await mending(home).mend(finding)

    assert trusted(path) == FILES
    assert (aside.read_bytes(), soundness.log_of(aside).exists()) == (before, True)
    assert await mending(home).look("state") == []


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("point", [FilePoint.ASIDE, FilePoint.ASIDE_LOG, FilePoint.EXCHANGE])
async def test_a6_killed_at_each_step_of_setting_aside_no_commit_is_lost(
    home: Settings, harmed: Path, point: FilePoint, side: str
) -> None:
    """With a live log: the mending after it fails too, at its last step, and the one after that has all."""
    path = harmed
    content, logs = path.read_bytes(), soundness.log_of(path).read_bytes()
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", PROGRAM, str(home.paths.home), "state"],
        env={**os.environ, VARIABLE: f"{point}.state:{side}"},
        check=False,
        timeout=60,
    )
    assert done.returncode == DIED
    if f"{point}:{side}" in {f"{FilePoint.ASIDE_LOG}:after", f"{FilePoint.EXCHANGE}:before"}:
        with pytest.raises(ConstellagentError, match="is damaged"):
            await opened(Database(path))
    if f"{point}:{side}" != f"{FilePoint.EXCHANGE}:after":
        finding = await one(home, "state")
        failpoints.arm(f"{FilePoint.EXCHANGE}.state:before=error")
        try:
            with pytest.raises(WorldError, match="cannot make"):
                await mending(home).mend(finding)
        finally:
            failpoints.arm("")
        await mending(home).mend(await one(home, "state"))

    assert trusted(path) == FILES
    asides = [file for file in path.parent.glob("state.db.damaged-*") if not file.name.endswith("-wal")]
    assert [(file.read_bytes(), soundness.log_of(file).read_bytes()) for file in asides] == [(content, logs)]
    assert await mending(home).look("state") == []


async def test_a_log_that_came_since_does_not_replace_the_one_that_was_set_aside(
    home: Settings, harmed: Path
) -> None:
    """Somebody worked on the file after mending died: that log is its own now, and both stay."""
    path = harmed
    aside = path.with_name("state.db.damaged-20260101T000000Z")
    os.link(path, aside)
    first = soundness.log_of(path).read_bytes()
    soundness.log_of(aside).write_bytes(first[:-1])

    await mending(home).mend(await one(home, "state"))

    assert trusted(path) == FILES
    assert soundness.log_of(aside).read_bytes() == first[:-1]
    assert sorted(file.read_bytes() == first for file in path.parent.glob("*damaged*-wal")) == [False, True]


@pytest.mark.parametrize("cut", [True, False], ids=["empty", "gone"])
async def test_a6_looking_leaves_a_log_whose_file_is_empty_or_gone(
    home: Settings, logged: Path, cut: bool
) -> None:
    """SQLite removes such a log when it opens the file: nobody opens it, and mending sets the log aside."""
    path = logged
    logs = soundness.log_of(path).read_bytes()
    os.truncate(path, 0) if cut else path.unlink()

    finding = await one(home, "state")
    assert finding.kind == ("damaged state" if cut else "lost state")
    with pytest.raises(ConstellagentError, match="log"):
        await opened(Database(path))
    assert soundness.log_of(path).read_bytes() == logs
    said = await mending(home).mend(finding)

    assert [file.read_bytes() for file in path.parent.glob("state.db.damaged-*-wal")] == [logs]
    assert "damaged-" in said
    assert trusted(path) == set()
    assert await mending(home).look("state") == []


async def test_a_providers_log_without_its_file_is_named(home: Settings) -> None:
    """A backup that is put beside that log would be spoiled by it, so it is to go away first."""
    path = home.paths.ravi / "provider.db"
    soundness.log_of(path).write_bytes(b"x" * 100)

    finding = await one(home, "provider")

    assert (finding.kind, finding.offer) == ("lost provider", "")
    assert str(soundness.log_of(path)) in finding.advice
    with pytest.raises(ConstellagentError, match="log") as refused:
        await opened(Store(path))
    assert soundness.log_of(path).name in refused.value.hint
    assert soundness.log_of(path).read_bytes() == b"x" * 100


async def test_a6_a_key_whose_identity_is_lost_opens_no_other(home: Settings) -> None:
    """Keys, vaults and mail of a lost identity go, its number is given to nobody, and a new one works."""
    root, path = RootKey(bytes(32), "a test"), home.paths.ravi / "provider.db"
    async with provided(home.paths.ravi, root) as before:
        first = await before.identity(name="docs")
        key = await before.identity_key(first["uuid"])
        kept = await before.ask("POST", "/api/secrets/", key=key, body={"key": "A", "value": "hunter2"})
        assert kept.status_code == 201
    flushed(path)
    spoil(path, page(path, "identities"))

    finding = await one(home, "provider")
    assert not finding.safe
    assert "keys" in finding.found
    said = await mending(home).mend(finding)
    assert "keys" in said

    async with provided(home.paths.ravi, root) as after:
        assert (await after.ask("GET", "/api/secrets/", key=key)).status_code == 401
        second = await after.identity(name="notes")
        assert (await after.ask("GET", "/api/secrets/", key=key)).status_code == 401
        fresh = await after.identity_key(second["uuid"])
        made = await after.ask("POST", "/api/secrets/", key=fresh, body={"key": "B", "value": "new"})
        assert made.status_code == 201, made.text
        listed = await after.ask("GET", "/api/secrets/", key=fresh)
        assert [row["key"] for row in listed.json()] == ["B"]
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT uuid FROM identities WHERE id = 1").fetchall() == []
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
