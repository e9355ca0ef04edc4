"""Looking at real processes."""

import os
import pty
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from constellagent.runtime import processes

LOOKS: list[processes.ProcFiles | processes.ProcessStatus] = [processes.ProcessStatus()]
if sys.platform == "linux":
    LOOKS.append(processes.ProcFiles())


def until(done: Callable[[], object], within: float = 30.0) -> None:
    """Poll until `done` is true."""
    deadline = time.monotonic() + within
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """Give a process that does nothing."""
    with subprocess.Popen(["sleep", "60"], stdin=subprocess.DEVNULL) as process:
        yield process
        process.kill()


@pytest.fixture(params=LOOKS, ids=lambda look: type(look).__name__)
def look(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> object:
    """Use each way of looking that this platform has: `ps` works on Linux as well."""
    monkeypatch.setattr(processes, "_LOOK", request.param)
    return request.param


@pytest.mark.usefixtures("look")
def test_a_running_process_is_alive(sleeper: subprocess.Popen[bytes]) -> None:
    """A process is alive under its own start, and under no other."""
    start = processes.start_of(sleeper.pid)
    assert start
    assert processes.alive(sleeper.pid, start)
    assert not processes.alive(sleeper.pid, start + "0")


@pytest.mark.usefixtures("look")
def test_a_zombie_is_dead_and_still_has_a_start(sleeper: subprocess.Popen[bytes]) -> None:
    """A process that nobody has waited for yet runs no more."""
    start = processes.start_of(sleeper.pid)
    assert start
    sleeper.kill()
    until(lambda: processes.state_of(sleeper.pid) == "Z")
    assert processes.start_of(sleeper.pid) == start
    assert not processes.alive(sleeper.pid, start)
    sleeper.wait()
    assert processes.start_of(sleeper.pid) is None
    assert processes.state_of(sleeper.pid) is None
    assert not processes.alive(sleeper.pid, start)


@pytest.mark.usefixtures("look")
def test_b4_a_stopped_process_is_seen_as_stopped(sleeper: subprocess.Popen[bytes]) -> None:
    """SIGSTOP shows as state T, and such a process is alive."""
    sleeper.send_signal(signal.SIGSTOP)
    until(lambda: processes.state_of(sleeper.pid) == "T")
    assert processes.alive(sleeper.pid, processes.start_of(sleeper.pid) or "")


@pytest.mark.usefixtures("look")
def test_descendants_are_found_at_any_depth() -> None:
    """Children and their children are found, siblings and the process itself are not."""
    script = "sleep 61 & sh -c 'sleep 62 & wait' & wait"
    with subprocess.Popen(["sh", "-c", script], stdin=subprocess.DEVNULL, start_new_session=True) as process:
        try:
            until(lambda: len(processes.children_of(process.pid)) == 3)
            found = processes.children_of(process.pid)
            assert process.pid not in found
            assert found.items() <= processes.children_of(os.getpid()).items()
        finally:
            os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.usefixtures("look")
def test_the_marker_is_found_exactly() -> None:
    """Processes with the marker of this session are found with their descendants, those of others are not."""
    mark = f"abc-{os.getpid()}"  # others may run the same test at the same time
    env = {"PATH": os.environ["PATH"], processes.MARKER: mark}
    with (
        subprocess.Popen(["sh", "-c", "env -i sleep 63 & wait"], env=env, start_new_session=True) as ours,
        subprocess.Popen(["sleep", "64"], env={**env, processes.MARKER: mark + "d"}) as other,
    ):
        try:
            until(lambda: len(processes.with_marker(mark)) == 2)
            found = processes.with_marker(mark)
            assert ours.pid in found
            assert other.pid not in found
        finally:
            other.kill()
            os.killpg(ours.pid, signal.SIGKILL)
    assert processes.with_marker(mark) == {}


def test_b9_a_signal_reaches_only_the_process_it_is_for(sleeper: subprocess.Popen[bytes]) -> None:
    """A pid with another start is another process, and gets nothing."""
    start = processes.start_of(sleeper.pid) or ""
    assert not processes.send(sleeper.pid, start + "0", signal.SIGKILL)
    assert sleeper.poll() is None
    assert processes.send(sleeper.pid, start, signal.SIGTERM)
    assert sleeper.wait(30) == -signal.SIGTERM
    assert not processes.send(sleeper.pid, start, signal.SIGTERM)


def test_b9_without_pidfds_signals_still_check_the_start(
    sleeper: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without pidfd_open, as on macOS, the start is compared just before."""
    monkeypatch.delattr(os, "pidfd_open", raising=False)
    start = processes.start_of(sleeper.pid) or ""
    assert not processes.send(sleeper.pid, start + "0", signal.SIGKILL)
    assert processes.send(sleeper.pid, start, signal.SIGTERM)
    assert sleeper.wait(30) == -signal.SIGTERM


def test_an_identity_is_equal_to_itself_alone(sleeper: subprocess.Popen[bytes]) -> None:
    """Pid, start and boot make the identity; after a reboot nothing of before is alive."""
    who = processes.identity_of(sleeper.pid)
    assert who is not None
    assert who.alive()
    assert who == processes.identity_of(sleeper.pid)
    assert len({who, processes.identity_of(sleeper.pid)}) == 1
    assert who != processes.Identity(who.pid, who.start, "another boot")
    assert who != (who.pid, who.start, who.boot_id)
    assert not processes.Identity(who.pid, who.start, "another boot").alive()
    assert str(who.pid) in repr(who)


def test_nobody_has_the_pid_of_a_process_that_was_waited_for(sleeper: subprocess.Popen[bytes]) -> None:
    """The identity of nobody is None."""
    sleeper.kill()
    sleeper.wait()
    assert processes.identity_of(sleeper.pid) is None


def test_a_failed_look_is_not_an_absent_process(
    sleeper: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where /proc is not there, looking raises instead of saying that nobody runs."""
    if sys.platform != "linux":
        pytest.skip("only Linux has /proc")

    def nothing(path: str) -> bytes:
        raise FileNotFoundError(path)

    monkeypatch.setattr(processes, "_content", nothing)  # /proc cannot be taken away from a test
    monkeypatch.setattr(os.path, "exists", lambda path: False)
    with pytest.raises(FileNotFoundError):
        processes.start_of(sleeper.pid)


@pytest.mark.skipif(sys.platform != "linux", reason="ps does not tell which signals are ignored")
def test_an_ignored_signal_is_seen() -> None:
    """A process that ignores SIGTERM is told apart from one that does not."""
    script = "trap '' TERM; echo ready; sleep 65"
    with subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE, start_new_session=True) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            assert processes.ignores(process.pid, signal.SIGTERM) is True
            assert processes.ignores(process.pid, signal.SIGHUP) is False
        finally:
            os.killpg(process.pid, signal.SIGKILL)
    assert processes.ignores(process.pid, signal.SIGTERM) is None


def test_ps_says_nothing_about_ignored_signals() -> None:
    """Unknown is neither yes nor no."""
    assert processes.ProcessStatus().ignores(os.getpid(), signal.SIGTERM) is None


def test_a_boot_has_one_id() -> None:
    """The id of this boot stays the same."""
    assert processes.boot_id() == processes.boot_id() != ""


def test_a_program_that_is_missing_is_an_error() -> None:
    """A `ps` that cannot be run is a failed look."""
    with pytest.raises(OSError, match="No such file"):
        processes._output(["/nonexistent/ps"])


def test_the_terminal_of_a_process() -> None:
    """A process in a pty has its path; one without a terminal, or that is gone, has none."""
    pid, master = pty.fork()
    if pid == 0:
        os.write(1, b"here")
        signal.pause()
    try:
        assert os.read(master, 4) == b"here"
        named = Path(processes.terminal_of(pid)).stat()
        assert stat.S_ISCHR(named.st_mode)
        assert os.major(named.st_rdev) != 5  # not /dev/tty, which is everybody's own
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(master)
    assert processes.terminal_of(pid) == ""
