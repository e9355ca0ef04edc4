"""What the state forgot is not absent: what lives, or left a folder, is neither lost sight of nor doubled."""

import contextlib
import os
import shutil
import socket
import sqlite3
import subprocess
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from constellagent.errors import ConflictError, UnavailableError, WorldError
from constellagent.runtime import processes, session_notes
from constellagent.runtime.daemon import Daemon
from constellagent.runtime.ports import Launch
from constellagent.runtime.settings import Settings
from constellagent.runtime.store.sessions import SessionRow
from constellagent.runtime.survivors import Strangers, refuse_lost

SESSION = "5e" * 16
ROW = SessionRow(SESSION, "c", "agent", "docs", "print", 100.0, 10.0, "boot")
ANOTHER = replace(ROW, id="6f" * 16)


@pytest.fixture
def living(home: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """Give a process that belongs to a session of this state folder."""
    env = {processes.MARKER: SESSION, "CONSTELLAGENT_HOME": str(home.paths.home)}
    with subprocess.Popen(["/bin/sleep", "600"], env=env, stdin=subprocess.DEVNULL) as process:
        yield process
        process.kill()


def noted(home: Settings) -> None:
    """Write the note that the session leaves before its program starts."""
    folder = home.paths.sessions / SESSION
    folder.mkdir(mode=0o700)
    session_notes.write(folder, ROW, Launch("docs", "agent", ("sleep",), Path("/"), {}))


async def nobody() -> Collection[SessionRow]:
    """Know of no live session."""
    return ()


def test_an_empty_home_begins_as_always(home: Settings) -> None:
    """A first start, and one whose folders are there and hold nothing of a session."""
    (home.paths.sessions / "notes.txt").touch()
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(home.paths.session_socket(SESSION)))
    refuse_lost(home.paths)
    shutil.rmtree(home.paths.home)
    refuse_lost(home.paths)
    home.paths.create()


@pytest.mark.parametrize("state", ["gone", "empty", "begun"])
async def test_a_lost_state_is_refused_and_nothing_is_written(home: Settings, state: str) -> None:
    """The folder of one session is enough; the daemon ends with 69 before it opens anything."""
    (home.paths.sessions / SESSION).mkdir()
    if state == "empty":
        home.paths.database.touch()
    elif state == "begun":
        with contextlib.closing(sqlite3.connect(home.paths.database)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
    before = sorted(home.paths.home.rglob("*"))

    with pytest.raises(UnavailableError, match=r"is gone, and 1 sessions .*\(0 alive\)") as caught:
        await Daemon(home).start()

    assert "constellagent doctor --fix" in caught.value.hint
    assert caught.value.exit_code == 69
    assert sorted(home.paths.home.rglob("*")) == before


def test_what_lives_is_enough_though_its_folder_is_gone(
    home: Settings, living: subprocess.Popen[bytes]
) -> None:
    """A process with the marker and the state folder's name is a session's."""
    assert living.poll() is None
    with pytest.raises(UnavailableError, match=r"\(1 alive\)"):
        refuse_lost(home.paths)


def test_a_holder_that_answers_is_enough(home: Settings) -> None:
    """Whoever listens at a session's socket lives, though no look at processes shows it."""
    with socket.socket(socket.AF_UNIX) as holder:
        holder.bind(str(home.paths.session_socket(SESSION)))
        holder.listen()
        with pytest.raises(UnavailableError, match=r"\(1 alive\)"):
            refuse_lost(home.paths)


def test_what_cannot_be_looked_at_is_not_taken_for_nothing(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a look at processes no new state is begun."""

    def hidden(_: frozenset[str]) -> dict[int, dict[str, str]]:
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr(processes, "variables", hidden)
    with pytest.raises(UnavailableError, match="cannot tell"):
        refuse_lost(home.paths)


async def test_nobody_is_started_beside_a_stranger(home: Settings, living: subprocess.Popen[bytes]) -> None:
    """While it lives its agent alone is refused; runs, other agents, and what is known are not."""
    noted(home)
    strangers = Strangers(home.paths)

    with pytest.raises(ConflictError, match=f"docs runs already, in session {SESSION}") as caught:
        await strangers.refuse(ANOTHER, nobody)
    assert "constellagent doctor --fix" in caught.value.hint
    await strangers.refuse(replace(ANOTHER, subject="other"), nobody)
    await strangers.refuse(replace(ANOTHER, role="run"), nobody)

    async def known() -> Collection[SessionRow]:
        return (ROW,)

    await Strangers(home.paths).refuse(ANOTHER, known)
    living.kill()
    living.wait()
    await strangers.refuse(ANOTHER, nobody)


async def test_nobody_is_started_where_strangers_cannot_be_looked_for(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can be tried again: the look that failed is not kept as one that saw nobody."""

    def hidden(_: frozenset[str]) -> dict[int, dict[str, str]]:
        raise PermissionError(13, os.strerror(13))

    strangers = Strangers(home.paths)
    with monkeypatch.context() as patch:
        patch.setattr(processes, "variables", hidden)
        with pytest.raises(WorldError, match="cannot look at processes"):
            await strangers.refuse(ANOTHER, nobody)
    await strangers.refuse(ANOTHER, nobody)
