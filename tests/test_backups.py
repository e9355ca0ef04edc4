"""The copy from before a change: whole, private, on the disk first, never in the way of another."""

import asyncio
import contextlib
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from constellagent import backups
from constellagent.durable import DurableFile
from constellagent.errors import ConstellagentError, UnavailableError, WorldError

FIRST = ("CREATE TABLE words (word TEXT) STRICT",)
SECOND = ("ALTER TABLE words ADD COLUMN length INTEGER", "UPDATE words SET length = length(word)")


def file(folder: Path, *migrations: Sequence[str]) -> DurableFile:
    """Return the file of one release."""
    return DurableFile(folder / "words.db", migrations, damaged="mend it")


async def write(folder: Path, *words: str) -> None:
    """Let the first release write some words, and end as a killed one does: its log is not yet taken in."""
    opened = file(folder, FIRST)
    await opened.open()
    for word in words:
        await opened.execute("INSERT INTO words (word) VALUES (?)", (word,))
    await opened.close()


async def upgrade(folder: Path, *more: Sequence[str]) -> None:
    """Let a later release open the file."""
    opened = file(folder, FIRST, SECOND, *more)
    await opened.open()
    await opened.close()


def words(path: Path) -> list[str]:
    """Return the words in a file or a copy of it."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as connection:
        return [word for (word,) in connection.execute("SELECT word FROM words ORDER BY word")]


def content(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("umask", [0o000, 0o077])
async def test_the_copy_is_private_and_whole(tmp_path: Path, umask: int) -> None:
    """It has mode 0600, the version and the content from before; nothing else lies beside the file."""
    await write(tmp_path, "one", "two")
    before = os.umask(umask)
    try:
        await upgrade(tmp_path)
    finally:
        os.umask(before)

    copy = tmp_path / "words.db.v1.bak"
    assert {path.name for path in tmp_path.iterdir()} == {"words.db", copy.name}
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert (words(copy), backups.version_of(copy)) == (["one", "two"], 1)
    assert backups.version_of(tmp_path / "words.db") == 2
    (found,) = backups.found(tmp_path / "words.db")
    assert (found.path, found.version, found.size) == (copy, 1, copy.stat().st_size)


async def test_what_is_only_in_the_log_is_copied_too(tmp_path: Path) -> None:
    """After a kill much of the content is in the log beside the file; the copy needs no log."""
    program = (
        "import asyncio, os, signal, sys\n"
        "from pathlib import Path\n"
        "from tests.test_backups import FIRST, file\n"
        "async def main():\n"
        "    opened = file(Path(sys.argv[1]), FIRST)\n"
        "    await opened.open()\n"
        "    await opened.execute('INSERT INTO words VALUES (?)', ('logged',))\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )
    await killed(program, tmp_path)
    assert (tmp_path / "words.db-wal").stat().st_size

    await upgrade(tmp_path)

    assert words(tmp_path / "words.db.v1.bak") == ["logged"]


async def killed(program: str, *args: object) -> None:
    """Run a program that kills itself."""
    argv = [sys.executable, "-c", program, *map(str, args)]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = await asyncio.to_thread(
        subprocess.run, argv, env=env, check=False, timeout=60, capture_output=True, text=True
    )
    assert done.returncode == -9, done.stderr


DIES = """
import asyncio, os, signal, sys
from pathlib import Path
from tests.test_backups import FIRST, SECOND, file, upgrade
place, left = sys.argv[2], int(sys.argv[3])

def dies(name):
    whole = getattr(os, name)
    def call(*args, **kwargs):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return whole(*args, **kwargs)
    return call

class Statements(tuple):
    def __iter__(self):
        for number, statement in enumerate(tuple.__iter__(self)):
            if place == "statement" and number == left:
                os.kill(os.getpid(), signal.SIGKILL)
            yield statement
        if place == "statement":
            os.kill(os.getpid(), signal.SIGKILL)

if place != "statement":
    setattr(os, place, dies(place))
import tests.test_backups as module
module.SECOND = Statements(SECOND)
asyncio.run(upgrade(Path(sys.argv[1])))
"""
DEATHS = [
    ("open", 1),  # the copy is about to be made (the file itself was opened before)
    ("fchmod", 1),
    ("fsync", 0),
    ("fsync", 1),
    ("rename", 0),
    ("statement", 0),
    ("statement", 1),
    ("statement", 2),
]


@pytest.mark.parametrize(("place", "number"), DEATHS, ids=[f"{place}-{number}" for place, number in DEATHS])
async def test_a_kill_in_the_middle_is_made_good_by_the_next_try(
    tmp_path: Path, place: str, number: int
) -> None:
    """Killed in the copy or in the change: the next start goes through, with one whole copy from before."""
    await write(tmp_path, "one", "two")

    await killed(DIES, tmp_path, place, number)
    assert backups.version_of(tmp_path / "words.db") == 1
    for left in backups.found(tmp_path / "words.db"):
        assert words(left.path) == ["one", "two"], "a copy with its name is whole"
    await upgrade(tmp_path)

    assert {path.name for path in tmp_path.iterdir()} == {"words.db", "words.db.v1.bak"}
    assert words(tmp_path / "words.db.v1.bak") == ["one", "two"]
    assert words(tmp_path / "words.db") == ["one", "two"]
    assert backups.version_of(tmp_path / "words.db") == 2


async def test_a_failed_change_leaves_the_old_file(tmp_path: Path) -> None:
    """Where a statement fails, all of them are undone; a second try makes no second copy of the same."""
    await write(tmp_path, "one")
    before = words(tmp_path / "words.db")

    for _ in range(2):
        with pytest.raises(ConstellagentError, match="no such table"):
            await upgrade(tmp_path, ("UPDATE no_such SET x = 1",))

    assert words(tmp_path / "words.db") == before
    assert backups.version_of(tmp_path / "words.db") == 1
    assert [copy.path.name for copy in backups.found(tmp_path / "words.db")] == ["words.db.v1.bak"]


async def test_an_upgrade_after_a_way_back_has_a_copy_of_its_own(tmp_path: Path) -> None:
    """Who went back, wrote more and upgrades again finds both states; neither copy is written over."""
    await write(tmp_path, "one")
    await upgrade(tmp_path)
    (tmp_path / "words.db").write_bytes((tmp_path / "words.db.v1.bak").read_bytes())
    await write(tmp_path, "two")
    await upgrade(tmp_path)

    assert words(tmp_path / "words.db.v1.bak") == ["one"]
    assert words(tmp_path / "words.db.v1.2.bak") == ["one", "two"]


async def test_the_newest_copies_are_kept(tmp_path: Path) -> None:
    """The oldest copy goes once there are more than three, and only after the change has succeeded."""
    await write(tmp_path, "one")
    more: list[tuple[str, ...]] = []
    for number in range(backups.KEPT + 1):
        for index, copy in enumerate(reversed(backups.found(tmp_path / "words.db"))):
            os.utime(copy.path, (index, index))
        await upgrade(tmp_path, *more)
        more.append((f"CREATE TABLE more_{number} (x INTEGER) STRICT",))

    found = [copy.version for copy in backups.found(tmp_path / "words.db")]
    assert found == [4, 3, 2]


async def test_without_space_for_the_copy_nothing_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is known to be too full is refused with the bytes that are needed."""
    await write(tmp_path, "one")
    before = content(tmp_path)
    usage = type("Usage", (), {"free": 100})
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)

    with pytest.raises(WorldError, match=r"takes 8,192 bytes, and 100 are free") as caught:
        await upgrade(tmp_path)

    assert str(tmp_path / "words.db") in caught.value.message
    assert "make space" in caught.value.hint
    assert content(tmp_path) == before


FULL = """
import asyncio, resource, sys
from pathlib import Path
from constellagent.errors import WorldError
from tests.test_backups import upgrade
resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, resource.RLIM_INFINITY))
try:
    asyncio.run(upgrade(Path(sys.argv[1])))
except WorldError as error:
    print(error.message)
"""


async def test_a_disk_that_fills_up_meanwhile_changes_nothing(tmp_path: Path) -> None:
    """Where the copy cannot be finished, no part of it is left, and the file is as it was."""
    await write(tmp_path, *(f"{number:01000}" for number in range(100)))
    before = content(tmp_path)
    needed = (tmp_path / "words.db").stat().st_size

    argv = [sys.executable, "-c", FULL, str(tmp_path)]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = await asyncio.to_thread(
        subprocess.run, argv, env=env, check=True, timeout=60, capture_output=True, text=True
    )

    assert f"takes {needed:,} bytes" in done.stdout
    assert content(tmp_path) == before
    await upgrade(tmp_path)


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: path.symlink_to("/dev/null")])
async def test_what_stands_in_the_way_is_left_alone(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """A folder or a link with the copy's name is no copy: another name is taken."""
    await write(tmp_path, "one")
    make(tmp_path / "words.db.v1.bak")

    await upgrade(tmp_path)

    assert words(tmp_path / "words.db.v1.2.bak") == ["one"]
    assert [copy.path.name for copy in backups.found(tmp_path / "words.db")] == ["words.db.v1.2.bak"]


async def test_a_new_file_needs_no_copy(tmp_path: Path) -> None:
    """A first start, and a start without a change, leave the file alone."""
    await upgrade(tmp_path)
    await upgrade(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["words.db"]


async def test_a6_a_newer_file_is_refused_and_not_touched(tmp_path: Path) -> None:
    """No byte of the file or of its log changes, whatever is in the log; the way back is named."""
    await write(tmp_path, "one")
    await upgrade(tmp_path)
    await killed(
        "import os, signal, sqlite3, sys\n"
        "opened = sqlite3.connect(sys.argv[1])\n"
        "opened.execute('PRAGMA user_version = 9')\n"
        "opened.execute('INSERT INTO words (word) VALUES (1)')\n"
        "opened.commit()\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n",
        tmp_path / "words.db",
    )
    before = content(tmp_path)
    assert before["words.db-wal"]
    before.pop("words.db-shm", None)  # only readers' notes about the log

    with pytest.raises(UnavailableError, match=r"newer release \(version 9, this one knows 2\)") as caught:
        await upgrade(tmp_path)

    after = content(tmp_path)
    after.pop("words.db-shm", None)
    assert after == before
    assert caught.value.exit_code == 69
    assert str(tmp_path / "words.db") in caught.value.message
    copy, hint = tmp_path / "words.db.v1.bak", caught.value.hint
    assert hint == (
        "upgrade constellagent, or go back: move words.db, words.db-wal and words.db-shm away, "
        f"then copy {copy} to words.db"
    )

    shutil.copy(copy, tmp_path / "words.db")
    with pytest.raises(UnavailableError, match="version 9"):  # the log is replayed over the copy
        await upgrade(tmp_path)
    for name in ("words.db", "words.db-wal", "words.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    shutil.copy(copy, tmp_path / "words.db")
    await upgrade(tmp_path)
    assert words(tmp_path / "words.db") == ["one"]


def test_what_has_no_version_has_none(tmp_path: Path) -> None:
    """Nothing, an empty file, a folder, a pipe and what is no database: none is a version, or an error."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty").touch()
    (tmp_path / "text").write_text("no database\n" * 1000)

    looked = [tmp_path / name for name in ("nothing", "empty", "pipe", "text", ".")]

    assert [backups.version_of(path) for path in looked] == [None] * len(looked)
