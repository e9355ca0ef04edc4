"""The commands about the daemon, on a real process."""

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from constellagent.errors import UnavailableError
from constellagent.faces import launching
from constellagent.runtime.paths import Paths
from tests.faces import fake_daemon
from tests.faces.conftest import Cli
from tests.reliability.lab import wait_for


def test_the_second_daemon_is_refused(state: Paths) -> None:
    """`daemon run` beside a running daemon exits 75 and names it; the first one goes on."""
    with launching.reach(state) as client:
        ran = subprocess.run(
            [sys.executable, "-m", "constellagent", "daemon", "run"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 75
        assert str(client.pid) in ran.stderr
        assert client.info()["pid"] == client.pid


def test_the_passphrase_is_read_once(state: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """The daemon takes the passphrase out of its environment, so nothing that it starts can inherit it."""
    monkeypatch.setenv("CONSTELLAGENT_PASSPHRASE", "correct horse battery")
    with launching.reach(state) as client:
        assert client.info()["pid"] == client.pid
    environment = json.loads((state.home / "environment.json").read_text())
    assert "CONSTELLAGENT_HOME" in environment
    assert "CONSTELLAGENT_PASSPHRASE" not in environment


@pytest.mark.skipif(sys.platform != "linux", reason="the limits of another process are read from /proc")
def test_the_daemon_closes_itself(state: Paths) -> None:
    """The daemon leaves no core file, whatever the shell that started it allows."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    if before[1] == 0:
        pytest.skip("nothing may leave core files here")
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    try:
        with launching.reach(state) as client:
            limits = Path(f"/proc/{client.pid}/limits").read_text()
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)
    (core,) = (line for line in limits.splitlines() if line.startswith("Max core file size"))
    assert core.split()[4] == "0"


def test_stop_ends_the_daemon_in_order(state: Paths, cli: Cli) -> None:
    """`daemon stop` returns when the daemon is gone, after it let go of everything."""
    with launching.reach(state) as client:
        pid = client.pid
    ran = cli("daemon", "stop")
    assert (ran.code, ran.out) == (0, f"stopped the daemon (pid {pid})\n")
    assert (state.home / "closed").exists()
    assert launching.owner(state) is None
    assert cli("daemon", "stop").out == "the daemon does not run\n"


def test_stop_ends_a_daemon_that_does_not_answer(
    state: Paths, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A daemon that hangs before it listens is found by its lock and ended."""
    monkeypatch.setenv(fake_daemon.MODE, "hangs")
    monkeypatch.setattr(launching, "START_TIMEOUT", 1.0)
    monkeypatch.setattr("constellagent.faces.cli.daemon.STOP_TIMEOUT", 1.5)
    with pytest.raises(UnavailableError):
        launching.reach(state)
    wait_for((state.home / "environment.json").exists, "the daemon to hold its lock, and to hang")
    assert cli("daemon", "stop").out.startswith("stopped the daemon (pid ")
    wait_for(lambda: launching.owner(state) is None, "the kernel to end all its threads")


def test_stop_kills_what_ignores_signals(state: Paths, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon that is stopped by job control is killed in the end."""
    with launching.reach(state) as client:
        os.kill(client.pid, signal.SIGSTOP)
    monkeypatch.setattr("constellagent.faces.cli.daemon.STOP_TIMEOUT", 1.5)
    monkeypatch.setattr("constellagent.faces.blocking.CONNECT_TIMEOUT", 0.3)
    assert cli("daemon", "stop").code == 0
    wait_for(lambda: launching.owner(state) is None, "the kernel to end all its threads")


def test_stop_with_sessions_needs_a_yes(state: Paths, cli: Cli) -> None:
    """`daemon stop --sessions` asks, and without a terminal to ask on does nothing."""
    with launching.reach(state):
        ran = cli("daemon", "stop", "--sessions")
    assert ran.code == 64
    assert launching.owner(state) is not None
    assert cli("daemon", "stop", "--sessions", "--yes").code == 0


def test_status_of_the_daemon(state: Paths, cli: Cli) -> None:
    """`daemon status` never starts a daemon, and describes the one that runs."""
    absent = cli("daemon", "status", "--json")
    assert absent.code == 69
    assert json.loads(absent.out)["error"]["kind"] == "UnavailableError"
    assert launching.owner(state) is None
    with launching.reach(state) as client:
        pid = client.pid
    assert json.loads(cli("daemon", "status", "--json").out)["pid"] == pid
    assert f"pid {pid}" in cli("daemon", "status").out
