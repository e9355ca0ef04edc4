"""A kernel lock: one holder, named to others, released by its death."""

import fcntl
import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from constellagent.errors import BusyError, WorldError
from constellagent.runtime import locks
from constellagent.runtime.locks import exclusive, held_by

HOLD = """
import sys, time
from pathlib import Path
from constellagent.runtime.locks import exclusive
with exclusive(Path(sys.argv[1]), "apply of acme"):
    print("held", flush=True)
    time.sleep(1000)
"""


def test_a_second_holder_is_told_who_and_what(tmp_path: Path) -> None:
    """Whoever finds it held learns the purpose and the pid of the holder, and the hint of its own call."""
    lock = tmp_path / "lock"
    with (
        exclusive(lock, "apply of acme"),
        pytest.raises(BusyError) as caught,
        exclusive(lock, "destroy of acme", hint="wait for it"),
    ):
        pass

    assert caught.value.owner == f"apply of acme by pid {os.getpid()}"
    assert caught.value.message == f"busy: apply of acme by pid {os.getpid()}"
    assert caught.value.hint == "wait for it"


def test_it_is_free_again_behind_the_body(tmp_path: Path) -> None:
    """A body that ended or raised releases it; a longer name of an earlier holder leaves no trace."""
    lock = tmp_path / "lock"
    with pytest.raises(ValueError, match="no"), exclusive(lock, "a very long description " * 5):
        raise ValueError("no")

    with exclusive(lock, "b"):
        assert lock.read_text() == f"b by pid {os.getpid()}\n"
    assert lock.read_text() == ""
    assert stat.S_IMODE(lock.stat().st_mode) == 0o600


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    """Another process's lock names it, and `kill -9` of that process releases it at once."""
    lock = tmp_path / "lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(lock)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(BusyError, match=f"apply of acme by pid {holder.pid}"), exclusive(lock, "mine"):
            pass

        holder.send_signal(signal.SIGKILL)
        holder.wait(10)
        with exclusive(lock, "mine"):
            assert lock.read_text() == f"mine by pid {os.getpid()}\n"


def test_a_child_does_not_inherit_it(tmp_path: Path) -> None:
    """A process that was started while it was held does not keep it."""
    lock = tmp_path / "lock"
    with exclusive(lock, "mine"):
        child = subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, close_fds=False)
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(b"up\n")
        child.stdin.flush()
        assert child.stdout.readline() == b"up\n"

    with child, exclusive(lock, "again"):
        child.kill()


def test_a_holder_without_a_name_is_unknown(tmp_path: Path) -> None:
    """A lock that was just taken may not be signed yet: it is busy all the same."""
    lock = tmp_path / "lock"
    with exclusive(lock, "mine"):
        lock.write_text("")
        with pytest.raises(BusyError, match="an unknown process") as caught, exclusive(lock, "x"):
            pass

    assert caught.value.owner == ""


def test_a_lock_that_cannot_be_opened(tmp_path: Path) -> None:
    """A missing folder is told apart; a link, or a folder in its place, is an error with its path."""
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(FileNotFoundError), exclusive(tmp_path / "missing" / "lock", "x"):
        pass
    for place in (tmp_path, tmp_path / "link"):
        with pytest.raises(WorldError, match="cannot open the lock"), exclusive(place, "x"):
            pass
    assert not (tmp_path / "elsewhere").exists()


def test_a_look_names_the_holder_and_hinders_nobody(tmp_path: Path) -> None:
    """Nobody, the holder, and nobody again; whoever takes the lock waits until a look is over."""
    lock = tmp_path / "lock"
    assert held_by(lock) is None
    with exclusive(lock, "the daemon"):
        assert held_by(lock) == f"the daemon by pid {os.getpid()}"
    assert held_by(lock) is None
    looking = os.open(lock, os.O_RDONLY)
    fcntl.flock(looking, fcntl.LOCK_SH)
    ending = threading.Timer(0.1, os.close, (looking,))
    ending.start()
    assert held_by(lock) is None
    with exclusive(lock, "the daemon"):
        assert held_by(lock) == f"the daemon by pid {os.getpid()}"
    ending.join()


def test_a_look_that_does_not_end_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever was stopped while looking is told of as unknown."""
    monkeypatch.setattr(locks, "_LOOK", 0.05)
    lock = tmp_path / "lock"
    lock.touch()
    with lock.open() as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        with pytest.raises(BusyError, match="an unknown process"), exclusive(lock, "the daemon"):
            pass
