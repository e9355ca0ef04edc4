"""Another program of the same user cannot look into a process that closed itself."""

import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from constellagent.runtime.undumpable import close_to_others

ORDINARY = """
import ctypes, os, subprocess, sys
if os.getuid() == 0:  # root may look at everything; the interpreter itself may be root's alone, so no exec
    os.setgroups([])
    os.setgid(54322)
    os.setuid(54322)
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # a change of user closes a process, as we are about to
"""

VICTIM = f"""
from constellagent.runtime.undumpable import close_to_others
{ORDINARY}
if sys.argv[1] == "closed":
    close_to_others()
child = subprocess.Popen(["sleep", "60"])
print(child.pid, flush=True)
sys.stdin.read()
child.kill()
child.wait()
"""

LOOKS = """
import sys
for name in ("environ", "mem", "maps"):
    try:
        with open(f"/proc/{sys.argv[1]}/{name}", "rb") as file:
            print(name, "open")
    except PermissionError:
        print(name, "refused")
"""
LOOKER = f"{ORDINARY}\n{LOOKS}"

POWERLESS = """
import ctypes, os, resource, sys
for power in range(64):  # root that has none may look at what it may as any user; its programs start as ever
    ctypes.CDLL(None).prctl(24, power, 0, 0, 0)
hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc and prctl")


@contextmanager
def victim(how: str) -> Iterator[tuple[int, int]]:
    """Run a process that closed itself, or not; give its pid and that of a program that it started."""
    process = subprocess.Popen(
        [sys.executable, "-c", VICTIM, how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process.pid, int(process.stdout.readline())
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait(10)


@contextmanager
def powerless(*words: str, **env: str) -> Iterator[subprocess.Popen[str]]:
    """Run Python with these words, for which it is nobody special that we may be root."""
    process = subprocess.Popen(
        [sys.executable, "-c", POWERLESS, *words],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **env},
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


def core_file_size(pid: int) -> str:
    """Return the soft limit of a process for core files, as the kernel tells it."""
    (line,) = re.findall(r"^Max core file size +(\S+)", Path(f"/proc/{pid}/limits").read_text(), re.MULTILINE)
    return str(line)


def looked_at(pid: int, *looker: str) -> set[str]:
    """Return what another process of the same user may read of a process."""
    ran = subprocess.run(
        [sys.executable, "-c", *(looker or (LOOKER,)), str(pid)],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(ran.stdout.splitlines())


@linux
def test_f3_environment_and_memory_are_closed() -> None:
    """Without the call a program of the same user reads both; after it, neither, nor the map."""
    with victim("open") as (pid, _):
        assert looked_at(pid) == {"environ open", "mem open", "maps open"}
    with victim("closed") as (pid, child):
        assert looked_at(pid) == {"environ refused", "mem refused", "maps refused"}
        assert "environ open" in looked_at(child)  # what it starts is as open as ever


@linux
def test_f3_the_daemon_is_closed(tmp_path: Path) -> None:
    """`daemon run` itself closes: a program of the same user sees nothing of it, and it may leave no core."""
    looker = (POWERLESS, "-c", LOOKS)
    said = "import sys; sys.stderr.write('begun\\n'); sys.stderr.flush(); sys.stdin.read()"
    with powerless("-c", said) as other:
        assert other.stderr is not None
        assert other.stderr.readline() == "begun\n"
        assert looked_at(other.pid, *looker) == {"environ open", "mem open", "maps open"}
    home = {"HOME": str(tmp_path), "CONSTELLAGENT_HOME": str(tmp_path / "state")}
    with powerless("-m", "constellagent", "daemon", "run", **home) as daemon:
        assert daemon.stderr is not None
        assert any("adopted 0 sessions" in line for line in daemon.stderr)
        assert looked_at(daemon.pid, *looker) == {"environ refused", "mem refused", "maps refused"}
        assert core_file_size(daemon.pid) == "0"


@linux
def test_f3_no_core_is_written(tmp_path: os.PathLike[str]) -> None:
    """A crash of a closed process leaves no core, whatever the limit allowed before."""
    script = (
        "import os, resource; from constellagent.runtime.undumpable import close_to_others;"
        "hard = resource.getrlimit(resource.RLIMIT_CORE)[1];"
        "resource.setrlimit(resource.RLIMIT_CORE, (hard, hard));"
        "close_to_others(); os.kill(os.getpid(), 11)"
    )
    ran = subprocess.Popen([sys.executable, "-c", script], cwd=tmp_path)
    _, status = os.waitpid(ran.pid, 0)
    ran.returncode = 0
    assert os.WTERMSIG(status) == signal.SIGSEGV
    assert not os.WCOREDUMP(status)


@pytest.fixture
def core_limit() -> Iterator[Callable[[], tuple[int, int]]]:
    """Put the limit back after the test; gives what reads it."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    yield lambda: resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, before)


def test_elsewhere_only_core_files_are_forbidden(core_limit: Callable[[], tuple[int, int]]) -> None:
    """On macOS the soft limit is lowered, and programs that are started may raise it again."""
    hard = core_limit()[1]
    close_to_others("darwin")
    assert core_limit() == (0, hard)
