"""Agents that an older release started go on under a new daemon, and are as reachable as before."""

import contextlib
import json
import shutil
import sqlite3
import sys
from dataclasses import dataclass
from typing import Any

import pytest
from ptyprocess import PtyProcess

from constellagent.runtime import processes
from constellagent.runtime.holder.log import LogReader
from constellagent.runtime.paths import Paths
from tests.releases.conftest import Look
from tests.releases.holders import OldHolders
from tests.releases.place import FOLDER, KEPT, Place, names
from tests.reliability.lab import wait_for

SHORT = (names()[0], names()[-2])
EVERY = [pytest.param(name, marks=() if name in SHORT else pytest.mark.long) for name in names()]
PROGRAM = """
stty -echo
echo up
while read -r line; do
    case "$line" in
        size) stty size ;;
        end) exit 3 ;;
        *) echo "got $line" ;;
    esac
done
"""


@dataclass
class Old:
    """A session that an older holder has."""

    id: str
    pid: int
    start: str
    holder_pid: int
    log: LogReader

    def said(self) -> bytes:
        """Return all that its program wrote."""
        return self.log.tail(1 << 20)[1]

    def alive(self) -> bool:
        """Say whether its program still is the process that it was."""
        return processes.alive(self.pid, self.start)


def begin(place: Place, name: str) -> dict[str, Old]:
    """Put a kept state back as if its sessions still ran: held by the holders of that release."""
    place.restore(name)
    old = OldHolders(KEPT / name / "holder.zip", FOLDER / "release")
    paths = Paths(place.home)
    paths.run.mkdir(mode=0o700)
    found = {}
    with contextlib.closing(sqlite3.connect(paths.database)) as state, state:
        rows = state.execute("SELECT id, subject FROM sessions WHERE ended_at IS NULL").fetchall()
        for session, subject in rows:
            folder = paths.sessions / session
            shutil.rmtree(folder)
            folder.mkdir(mode=0o700)
            worktree = FOLDER / "repo.worktrees" / subject
            env = {"PATH": "/usr/bin:/bin", "TERM": "xterm", "CONSTELLAGENT_HOME": str(place.home)}
            cwd = worktree if worktree.exists() else place.repo
            status = old.start(
                session, folder, paths.session_socket(session), ["sh", "-c", PROGRAM], cwd, env
            )
            held = (processes.boot_id(), status["holder_pid"], status["holder_start"], session)
            state.execute(
                "UPDATE sessions SET boot_id = ?, holder_pid = ?, holder_start = ? WHERE id = ?", held
            )
            log = LogReader(folder / "log")
            found[subject] = Old(session, status["pid"], status["start"], status["holder_pid"], log)
    for session in found.values():
        wait_for(lambda session=session: b"up" in session.said(), "the old programs to be up")
    return found


def agents(look: Look) -> dict[str, Any]:
    """Return the newest session of each agent and service, as `status` shows it."""
    (view,) = look("status")
    return {row["name"]: row["session"] for row in (*view["agents"], *view["services"])}


@pytest.mark.parametrize("name", EVERY)
def test_a10_live_agents_outlive_the_change_of_the_daemon(place: Place, look: Look, name: str) -> None:
    """Three sessions of an older release are adopted, typed to, attached to and ended, which is recorded."""
    old = begin(place, name)
    assert sorted(old) == ["alice", "bob", "clock"]

    place.run("status")

    shown = agents(look)
    assert {subject: (row["id"], row["live"], row["pid"]) for subject, row in shown.items()} == {
        subject: (session.id, True, session.pid) for subject, session in old.items()
    }
    assert all(session.alive() for session in old.values())
    assert "adopted 3 sessions" in place.daemon_log()

    place.run("send", "alice", "--force", "hello", check=None)
    wait_for(lambda: b"got hello" in old["alice"].said(), "the text to arrive")
    attach_and_leave(place, old["alice"])
    assert "got hello" in place.run("logs", "alice").stdout

    place.run("plan")
    place.run("apply")
    assert all(session.alive() for session in old.values()), "an apply ended what ran"

    place.run("stop", "alice")
    place.run("send", "bob", "--force", "end", check=None)
    wait_for(lambda: not old["bob"].alive(), "the program to end by itself")
    wait_for(lambda: not agents(look)["bob"]["live"], "the end to be recorded")
    shown = agents(look)
    assert not shown["alice"]["live"]
    assert shown["alice"]["outcome"].startswith("stopped")
    assert shown["bob"]["exit_status"] == 3
    assert shown["clock"]["live"]
    assert old["clock"].alive()
    place.run("stop", "clock")


def attach_and_leave(place: Place, session: Old) -> None:
    """Attach on a terminal of an unusual size, ask the program for it, and detach."""
    argv = [sys.executable, "-m", "constellagent", "attach", "alice"]
    env = place.environment(TERM="xterm-256color")
    terminal = PtyProcess.spawn(argv, cwd=str(place.repo), env=env, dimensions=(31, 97))
    shown = b""
    try:
        while b"hello" not in shown:
            shown += terminal.read()
        terminal.write(b"size\n")
        while b"31 97" not in shown:
            shown += terminal.read()
        terminal.write(b"\x1d")
        with contextlib.suppress(EOFError):
            while terminal.read():
                pass
        terminal.wait()
    finally:
        terminal.close(force=True)
    assert session.alive()


def test_a10_what_an_older_holder_cannot_tell_is_not_missed(place: Place, look: Look) -> None:
    """A holder that knows nothing of reports is an agent whose state is read from its terminal."""
    old = begin(place, SHORT[0])
    place.run("status")
    status = json.loads((place.home / "sessions" / old["alice"].id / "status.json").read_text())
    assert status["protocol"] == 1

    assert agents(look)["alice"]["live"]
    doctor = {row["name"]: row for row in json.loads(place.run("doctor", "--json", check=None).stdout)}
    assert sorted(doctor["holders"]["details"]["older"]) == sorted(session.id for session in old.values())
    assert "reports of coding agents" in doctor["holders"]["advice"]
    assert "which cannot take reports of coding agents" in place.daemon_log()
