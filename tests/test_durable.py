"""One durable file: private, whole after any death, honest about what it cannot do."""

import asyncio
import contextlib
import json
import os
import re
import resource
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from constellagent.durable import DurableFile
from constellagent.errors import ConstellagentError, WorldError
from constellagent.runtime.settings import Settings
from constellagent.runtime.store.database import Database


@pytest.fixture
async def database(home: Settings) -> AsyncIterator[Database]:
    """Give an open file with the daemon's tables."""
    opened = Database(home.paths.database)
    await opened.open()
    yield opened
    await opened.close()


INSERT = "INSERT INTO trusted (file, content_hash, at) VALUES (?, ?, 1.0)"
COUNT = "SELECT count(*) FROM trusted"


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
async def test_files_are_private_whatever_the_umask(home: Settings, umask: int) -> None:
    """The file and both of SQLite's side files have mode 0600: no other user may read them."""
    before = os.umask(umask)
    try:
        database = Database(home.paths.database)
        await database.open()
        await database.execute(INSERT, ("f", "h"))
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in home.paths.home.glob("state.db*")}
        await database.close()
    finally:
        os.umask(before)

    assert modes == {"state.db": 0o600, "state.db-wal": 0o600, "state.db-shm": 0o600}


async def test_a_file_that_others_could_read_is_made_private(home: Settings) -> None:
    """A file that somebody copied into place with a wide mode gets its mode before anything is written."""
    home.paths.database.touch(0o644)
    home.paths.database.chmod(0o644)

    database = Database(home.paths.database)
    await database.open()
    await database.close()

    assert stat.S_IMODE(home.paths.database.stat().st_mode) == 0o600


async def test_what_is_committed_outlasts_a_loss_of_power(database: Database) -> None:
    """Every commit is waited for: that is what all who write before they act stand on."""

    def asked(connection: sqlite3.Connection) -> list[object]:
        return [
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "journal_mode")
        ]

    assert await database.run(asked) == [2, "wal"]


async def test_a_link_is_not_followed(home: Settings, tmp_path: Path) -> None:
    """A link in the file's place is an error; what it points at is not touched."""
    home.paths.database.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(WorldError, match="cannot open"):
        await Database(home.paths.database).open()

    assert not (tmp_path / "elsewhere").exists()


async def test_a_failed_call_leaves_nothing(database: Database) -> None:
    """What a call wrote before it raised is taken back, and the next call finds a working file."""

    def half(connection: sqlite3.Connection) -> None:
        connection.execute(INSERT, ("f", "h"))
        raise ValueError("half way")

    with pytest.raises(ValueError, match="half way"):
        await database.run(half)

    assert await database.rows(COUNT) == [(0,)]
    assert await database.execute(INSERT, ("f", "h")) == 1


async def test_errors_of_sqlite_are_ours(database: Database) -> None:
    """A caller never sees an exception of the driver, and the file stays usable."""
    with pytest.raises(ConstellagentError, match="no such table") as caught:
        await database.execute("INSERT INTO no_such VALUES (1)")

    assert isinstance(caught.value.__cause__, sqlite3.Error)
    assert await database.rows(COUNT) == [(0,)]


async def test_a_cancelled_waiter_does_not_cancel_the_call(database: Database) -> None:
    """A call that has been handed in is finished, whoever stops waiting for it."""
    entered, leave = threading.Event(), threading.Event()

    def slow(connection: sqlite3.Connection) -> None:
        entered.set()
        leave.wait(10)
        connection.execute(INSERT, ("slow", "h"))

    first = asyncio.ensure_future(database.run(slow))
    second = asyncio.ensure_future(database.execute(INSERT, ("queued", "h")))
    await asyncio.to_thread(entered.wait, 10)
    first.cancel()
    second.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    leave.set()

    assert await database.rows(COUNT) == [(2,)]


async def test_the_loop_runs_while_a_call_is_slow(database: Database) -> None:
    """A slow disk holds up its own callers and nobody else."""
    leave = threading.Event()
    slow = asyncio.ensure_future(database.run(lambda _: leave.wait(10)))

    await asyncio.sleep(0)  # the loop comes round: nothing of it waits for the thread
    assert not slow.done()
    leave.set()

    assert await slow is True


async def test_calls_after_the_end_are_refused(home: Settings) -> None:
    """A database that is not open says so, however often it is closed."""
    database = Database(home.paths.database)
    await database.close()
    with pytest.raises(WorldError, match="is not open"):
        await database.rows(COUNT)

    await database.open()
    await database.close()
    await database.close()

    with pytest.raises(WorldError, match="is not open"):
        await database.execute(INSERT, ("f", "h"))


async def test_what_returned_is_there_after_a_kill(home: Settings) -> None:
    """A finished call survives `kill -9` of the process right behind it."""
    program = (
        "import asyncio, os, signal, sys\n"
        "from pathlib import Path\n"
        "from constellagent.runtime.store.database import Database\n"
        "async def main():\n"
        "    database = Database(Path(sys.argv[1]))\n"
        "    await database.open()\n"
        "    await database.execute(sys.argv[2], ('f', 'h'))\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )
    command = [sys.executable, "-c", program, str(home.paths.database), INSERT]
    done = await asyncio.to_thread(subprocess.run, command, check=False, timeout=30)
    assert done.returncode == -9

    database = Database(home.paths.database)
    await database.open()

    assert await database.rows(COUNT) == [(1,)]
    await database.close()


FULL_DISK = """
import asyncio, json, resource, sys
from pathlib import Path
from constellagent.errors import WorldError
from constellagent.runtime.store.database import Database
insert = "INSERT INTO trusted (file, content_hash, at) VALUES (?, ?, 1.0)"
async def main():
    database = Database(Path(sys.argv[1]))
    await database.open()
    await database.execute(insert, ("before", "h"))
    full = Path(sys.argv[1] + "-wal").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (full, resource.RLIM_INFINITY))
    try:
        await database.execute(insert, ("x" * 100_000, "h"))
        said = ["", ""]
    except WorldError as error:
        said = [error.message, error.hint]
    read = await database.rows("SELECT file FROM trusted")
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await database.execute(insert, ("after", "h"))
    files = [file for (file,) in await database.rows("SELECT file FROM trusted ORDER BY file")]
    await database.close()
    print(json.dumps([said, read, files]))
asyncio.run(main())
"""


def test_a_full_disk_costs_one_call(home: Settings) -> None:
    """Without space a write fails, names the file and leaves nothing; reads and later writes work."""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(home.paths.database)],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    (message, hint), read, files = json.loads(done.stdout)

    assert re.match(rf"{home.paths.database}: .* \([\d,]+ bytes free\)$", message)
    assert hint == "is there space left on the disk?"
    assert read == [["before"]]
    assert files == ["after", "before"]


async def test_a_file_of_another_shape_is_no_full_disk(database: Database) -> None:
    """A missing column does not pass: whose file it may be is said, and what to do; nothing of the disk."""
    with pytest.raises(ConstellagentError, match="no such column: colour") as caught:
        await database.rows("SELECT colour FROM trusted")
    hint = caught.value.hint
    assert not isinstance(caught.value, WorldError)
    assert ("another release" in hint, "constellagent doctor --fix" in hint, "disk" in hint) == (
        True,
        True,
        False,
    )


async def test_a_file_that_cannot_be_written_says_so(database: Database) -> None:
    """It may pass, and has nothing to do with space."""
    await database.run(lambda connection: connection.execute("PRAGMA query_only=ON").fetchall())
    with pytest.raises(WorldError) as caught:
        await database.execute(INSERT, ("x", "h"))
    assert caught.value.hint == "may you write there?"


class Beside:
    """A companion that writes down what it was told, and can refuse to."""

    def __init__(self) -> None:
        self.waiting: list[str] = []
        self.settled: list[list[str]] = []
        self.kept = 0
        self.refuses: set[str] = set()

    def mark(self) -> int:
        """Return where the lines end."""
        return len(self.waiting)

    def rewind(self, mark: int) -> None:
        """Drop the later lines."""
        del self.waiting[mark:]

    def settle(self, connection: sqlite3.Connection) -> None:
        """Take the lines, unless one is refused."""
        lines, self.waiting = self.waiting, []
        if self.refuses & set(lines):
            raise ConstellagentError("refused")
        self.settled.append(lines)

    def committed(self) -> None:
        """Count the commits."""
        self.kept += 1


@contextlib.asynccontextmanager
async def accompanied(folder: Path) -> AsyncIterator[tuple[DurableFile, Beside]]:
    """Open a file with one table and a companion."""
    beside = Beside()
    statements = (("CREATE TABLE words (word TEXT PRIMARY KEY) STRICT",),)
    file = DurableFile(folder / "words.db", statements, damaged="mend it", companion=beside)
    await file.open()
    try:
        yield file, beside
    finally:
        await file.close()


def say(beside: Beside, word: str) -> Callable[[sqlite3.Connection], str]:
    """Return a call that inserts a word and tells the companion."""

    def call(connection: sqlite3.Connection) -> str:
        beside.waiting.append(word)
        connection.execute("INSERT INTO words VALUES (?)", (word,))
        if word == "bad":
            raise LookupError(word)
        return word

    return call


async def together(file: DurableFile, beside: Beside, *words: str) -> list[object]:
    """Let several calls wait for the thread at once; return their outcomes."""
    gate = threading.Event()
    held = asyncio.ensure_future(file.run(lambda _: gate.wait(10)))
    await asyncio.sleep(0)
    calls = [asyncio.ensure_future(file.run(say(beside, word))) for word in words]
    await asyncio.sleep(0)
    gate.set()
    await held
    return list(await asyncio.gather(*calls, return_exceptions=True))


async def test_calls_that_wait_together_share_a_commit(tmp_path: Path) -> None:
    """Three calls are one transaction, each with its own outcome; what fails takes only its own work away."""
    async with accompanied(tmp_path) as (file, beside):
        outcomes = await together(file, beside, "one", "bad", "two")

        assert (outcomes[0], outcomes[2]) == ("one", "two")
        assert isinstance(outcomes[1], LookupError)
        assert [word for (word,) in await file.rows("SELECT word FROM words ORDER BY word")] == ["one", "two"]
        assert ["one", "two"] in beside.settled


async def test_a_commit_that_fails_for_one_fails_for_no_other(tmp_path: Path) -> None:
    """Where the companion refuses what one call told of, the others are run again alone and are done."""
    async with accompanied(tmp_path) as (file, beside):
        beside.refuses = {"two"}
        outcomes = await together(file, beside, "one", "two", "three")

        assert (outcomes[0], outcomes[2]) == ("one", "three")
        assert isinstance(outcomes[1], ConstellagentError)
        assert [word for (word,) in await file.rows("SELECT word FROM words")] == ["one", "three"]


async def test_an_error_of_sqlite_in_one_call_leaves_the_others(tmp_path: Path) -> None:
    """A broken rule of the table is the error of the call that broke it."""
    async with accompanied(tmp_path) as (file, beside):
        outcomes = await together(file, beside, "one", "one", "two")

        assert (outcomes[0], outcomes[2]) == ("one", "two")
        assert isinstance(outcomes[1], ConstellagentError)
