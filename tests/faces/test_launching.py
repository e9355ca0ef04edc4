"""Starting the daemon on demand: real processes, a real lock, a real socket."""

import json
import os
import signal
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from constellagent.errors import BusyError, UnavailableError
from constellagent.faces import launching
from constellagent.runtime.locks import exclusive
from constellagent.runtime.paths import Paths
from tests.faces import fake_daemon


def test_starts_a_daemon_once_and_finds_it_again(state: Paths) -> None:
    """The first command starts the daemon, the next one reaches the same."""
    with launching.reach(state) as first, launching.reach(state) as second:
        assert first.pid == second.pid == first.info()["pid"] != os.getpid()
    assert launching.owner(state) == first.pid
    assert stat.S_IMODE(state.daemon_log.stat().st_mode) == 0o600


def test_the_daemon_is_on_its_own(state: Paths) -> None:
    """The daemon has a session of its own, so that closing the terminal does not end it."""
    with launching.reach(state) as client:
        assert os.getsid(client.pid) == client.pid


def test_gets_only_the_few_variables_it_needs(state: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the starting shell has set does not leak into the daemon."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    monkeypatch.setenv("CLAUDECODE", "1")
    monkeypatch.setenv("https_proxy", "http://proxy:1")
    with launching.reach(state):
        found = json.loads((state.home / "environment.json").read_text())
    assert "AWS_SECRET_ACCESS_KEY" not in found
    assert "CLAUDECODE" not in found
    assert found["https_proxy"] == "http://proxy:1"
    assert found["HOME"] == os.environ["HOME"]
    assert found["CONSTELLAGENT_HOME"] == str(state.home)


def test_eight_starters_end_with_one_daemon(state: Paths) -> None:
    """Commands that start at once all reach one daemon."""
    with ThreadPoolExecutor(8) as pool:
        pids = set(pool.map(lambda _: _pid(state), range(8)))
    assert pids == {launching.owner(state)}


def _pid(state: Paths) -> int:
    with launching.reach(state) as client:
        return client.pid


def test_a_start_that_fails_says_why(state: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the daemon cannot start, its own error reaches the one who asked, with exit code 69."""
    monkeypatch.setenv(fake_daemon.MODE, "fails")
    with pytest.raises(UnavailableError, match="the state is of a newer release") as caught:
        launching.reach(state)
    assert caught.value.exit_code == 69
    assert "daemon.log" in caught.value.hint


def test_a_defect_at_the_start_shows_no_traceback(state: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect is named in one line; its traceback is in the log only."""
    monkeypatch.setenv(fake_daemon.MODE, "defect")
    with pytest.raises(UnavailableError, match="ZeroDivisionError") as caught:
        launching.reach(state)
    assert "Traceback" not in caught.value.message
    assert "Traceback" in state.daemon_log.read_text()


def test_a_start_that_hangs_ends_the_wait(state: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon that never answers is given up on, and the reader is told how to end it."""
    monkeypatch.setenv(fake_daemon.MODE, "hangs")
    monkeypatch.setattr(launching, "START_TIMEOUT", 1.0)
    with pytest.raises(UnavailableError, match="does not answer") as caught:
        launching.reach(state)
    assert "daemon stop" in caught.value.hint


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


def test_after_kill_9_the_next_command_starts_another(state: Paths) -> None:
    """A daemon that was killed leaves nothing that keeps the next one from starting."""
    with launching.reach(state) as client:
        first = client.pid
        os.kill(first, signal.SIGKILL)
        with pytest.raises(UnavailableError):
            client.info()
    with launching.reach(state) as client:
        assert client.pid != first


def test_a_session_cannot_start_the_daemon(state: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon in an agent's process tree would end with it, so none is started there."""
    monkeypatch.setenv("CONSTELLAGENT_SESSION", "0" * 32)

    with pytest.raises(UnavailableError, match="cannot start it"):
        launching.reach(state)


def test_a_long_log_is_set_aside(state: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log of daemons does not grow for ever; the last one is kept beside the new one."""
    monkeypatch.setattr(launching, "LARGEST_LOG", 10)
    state.logs.mkdir(parents=True, exist_ok=True)
    state.daemon_log.write_text("much was said before\n")

    launching.reach(state).close()

    assert state.daemon_log.with_suffix(".log.1").read_text() == "much was said before\n"
    assert "much was said" not in state.daemon_log.read_text()
