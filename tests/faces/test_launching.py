"""Starting the daemon on demand: real processes, a real lock, a real socket."""

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from constellagent.errors import BusyError, UnavailableError
from constellagent.faces import launching
from constellagent.runtime import processes
from constellagent.runtime.locks import exclusive
from constellagent.runtime.paths import Paths
from tests.faces import fake_daemon
from tests.faces.conftest import Cli


@pytest.fixture
def home(paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Paths]:
    """Point commands at a state of its own, where the daemon is the fake one; end what still runs."""
    monkeypatch.setenv("CONSTELLAGENT_HOME", str(paths.home))
    monkeypatch.setenv("PYTHONPATH", fake_daemon.python_path(tmp_path))
    yield paths
    pid = launching.owner(paths)
    if pid is not None:
        start = processes.start_of(pid) or ""
        processes.send(pid, start, signal.SIGKILL)
        while processes.alive(pid, start):
            pass


def test_starts_a_daemon_once_and_finds_it_again(home: Paths) -> None:
    """The first command starts the daemon, the next one reaches the same."""
    with launching.reach(home) as first, launching.reach(home) as second:
        assert first.pid == second.pid == first.info()["pid"] != os.getpid()
    assert launching.owner(home) == first.pid
    assert stat.S_IMODE(launching.daemon_log(home).stat().st_mode) == 0o600


def test_the_daemon_is_on_its_own(home: Paths) -> None:
    """The daemon has a session of its own, so that closing the terminal does not end it."""
    with launching.reach(home) as client:
        assert os.getsid(client.pid) == client.pid


def test_gets_only_the_few_variables_it_needs(home: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the starting shell has set does not leak into the daemon."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    monkeypatch.setenv("CLAUDECODE", "1")
    monkeypatch.setenv("https_proxy", "http://proxy:1")
    with launching.reach(home):
        found = json.loads((home.home / "environment.json").read_text())
    assert "AWS_SECRET_ACCESS_KEY" not in found
    assert "CLAUDECODE" not in found
    assert found["https_proxy"] == "http://proxy:1"
    assert found["HOME"] == os.environ["HOME"]
    assert found["CONSTELLAGENT_HOME"] == str(home.home)


def test_eight_starters_end_with_one_daemon(home: Paths) -> None:
    """Commands that start at once all reach one daemon."""
    with ThreadPoolExecutor(8) as pool:
        pids = set(pool.map(lambda _: _pid(home), range(8)))
    assert pids == {launching.owner(home)}


def _pid(home: Paths) -> int:
    with launching.reach(home) as client:
        return client.pid


def test_a_start_that_fails_says_why(home: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the daemon cannot start, its own error reaches the one who asked, with exit code 69."""
    monkeypatch.setenv(fake_daemon.MODE, "fails")
    with pytest.raises(UnavailableError, match="the state is of a newer release") as caught:
        launching.reach(home)
    assert caught.value.exit_code == 69
    assert "daemon.log" in caught.value.hint


def test_a_defect_at_the_start_shows_no_traceback(home: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect is named in one line; its traceback is in the log only."""
    monkeypatch.setenv(fake_daemon.MODE, "defect")
    with pytest.raises(UnavailableError, match="ZeroDivisionError") as caught:
        launching.reach(home)
    assert "Traceback" not in caught.value.message
    assert "Traceback" in launching.daemon_log(home).read_text()


def test_a_start_that_hangs_ends_the_wait(home: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon that never answers is given up on, and the reader is told how to end it."""
    monkeypatch.setenv(fake_daemon.MODE, "hangs")
    monkeypatch.setattr(launching, "START_TIMEOUT", 1.0)
    with pytest.raises(UnavailableError, match="does not answer") as caught:
        launching.reach(home)
    assert "daemon stop" in caught.value.hint


def test_the_second_daemon_is_refused(home: Paths) -> None:
    """`daemon run` beside a running daemon exits 75 and names it; the first one goes on."""
    with launching.reach(home) as client:
        ran = subprocess.run(
            [sys.executable, "-m", "constellagent", "daemon", "run"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 75
        assert str(client.pid) in ran.stderr
        assert client.info()["pid"] == client.pid


def test_owner_is_nobody_without_a_daemon(paths: Paths) -> None:
    """Nobody owns a state that no daemon holds, nor one that is not there."""
    assert launching.owner(paths) is None
    assert launching.owner(Paths(paths.home / "nowhere")) is None


def test_owner_with_an_unreadable_name(paths: Paths) -> None:
    """A lock whose holder left no pid gives nobody to signal."""
    with exclusive(paths.daemon_lock, "x"):
        paths.daemon_lock.write_text("")
        assert launching.owner(paths) is None
        with pytest.raises(BusyError), exclusive(paths.daemon_lock, "y"):
            pass


def test_stop_ends_the_daemon_in_order(home: Paths, cli: Cli) -> None:
    """`daemon stop` returns when the daemon is gone, after it let go of everything."""
    with launching.reach(home) as client:
        pid = client.pid
    ran = cli("daemon", "stop")
    assert (ran.code, ran.out) == (0, f"stopped the daemon (pid {pid})\n")
    assert (home.home / "closed").exists()
    assert launching.owner(home) is None
    assert cli("daemon", "stop").out == "the daemon does not run\n"


def test_stop_ends_a_daemon_that_does_not_answer(
    home: Paths, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A daemon that hangs before it listens is found by its lock and ended."""
    monkeypatch.setenv(fake_daemon.MODE, "hangs")
    monkeypatch.setattr(launching, "START_TIMEOUT", 1.0)
    monkeypatch.setattr("constellagent.faces.cli.daemon.STOP_TIMEOUT", 0.5)
    with pytest.raises(UnavailableError):
        launching.reach(home)
    assert cli("daemon", "stop").out.startswith("stopped the daemon (pid ")
    assert launching.owner(home) is None


def test_stop_kills_what_ignores_signals(home: Paths, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon that is stopped by job control is killed in the end."""
    monkeypatch.setattr("constellagent.faces.cli.daemon.STOP_TIMEOUT", 0.3)
    monkeypatch.setattr("constellagent.faces.blocking.CONNECT_TIMEOUT", 0.3)
    with launching.reach(home) as client:
        os.kill(client.pid, signal.SIGSTOP)
    assert cli("daemon", "stop").code == 0
    assert launching.owner(home) is None


def test_stop_with_sessions_needs_a_yes(home: Paths, cli: Cli) -> None:
    """`daemon stop --sessions` asks, and without a terminal to ask on does nothing."""
    with launching.reach(home):
        ran = cli("daemon", "stop", "--sessions")
    assert ran.code == 64
    assert launching.owner(home) is not None
    assert cli("daemon", "stop", "--sessions", "--yes").code == 0


def test_status_of_the_daemon(home: Paths, cli: Cli) -> None:
    """`daemon status` never starts a daemon, and describes the one that runs."""
    absent = cli("daemon", "status", "--json")
    assert absent.code == 69
    assert json.loads(absent.out)["error"]["kind"] == "UnavailableError"
    assert launching.owner(home) is None
    with launching.reach(home) as client:
        pid = client.pid
    assert json.loads(cli("daemon", "status", "--json").out)["pid"] == pid
    assert f"pid {pid}" in cli("daemon", "status").out


def test_after_kill_9_the_next_command_starts_another(home: Paths) -> None:
    """A daemon that was killed leaves nothing that keeps the next one from starting."""
    with launching.reach(home) as client:
        first = client.pid
        os.kill(first, signal.SIGKILL)
        with pytest.raises(UnavailableError):
            client.info()
    with launching.reach(home) as client:
        assert client.pid != first
