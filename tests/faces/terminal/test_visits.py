"""Staying with a session through what goes wrong on the way."""

import contextlib
import os
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faces.person import Person, Session
from tests.faces.terminal.conftest import DETACH, ECHO, PYTHON, Start


class Cable:
    """Carries any number of connections to a holder, and can be cut."""

    def __init__(self, path: Path, holder: Path) -> None:
        self.carried = 0
        self._holder = holder
        self._ends: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._start(self._accept)

    def cut(self) -> None:
        """Break every connection there is."""
        ends, self._ends = self._ends, []
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Carry no more."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join(10)

    def _start(self, target: object, *args: object) -> None:
        assert callable(target)
        self._threads.append(threading.Thread(target=target, args=args))
        self._threads[-1].start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                viewer, _ = self._listener.accept()
                holder = socket.socket(socket.AF_UNIX)
                try:
                    holder.connect(str(self._holder))
                except OSError:  # it has ended
                    viewer.close()
                    holder.close()
                    continue
                self._ends += [viewer, holder]
                self.carried += 1
                self._start(self._carry, viewer, holder)
                self._start(self._carry, holder, viewer)

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        source.close()


@pytest.fixture
def place() -> Iterator[Path]:
    """Give a folder whose path leaves room for a socket's name."""
    with tempfile.TemporaryDirectory(prefix="cst", dir="/tmp") as folder:
        yield Path(folder)


@pytest.fixture
def session(start: Start) -> Session:
    """Give a session that echoes."""
    return start(*PYTHON, ECHO)


@pytest.fixture
def cable(session: Session, place: Path) -> Iterator[Cable]:
    """Give a way to the session that can be cut."""
    made = Cable(place / "cable", session.socket)
    yield made
    made.close()


def test_a_connection_that_breaks_is_made_anew(session: Session, cable: Cable, place: Path) -> None:
    """While the holder lives, whoever is attached goes on; what was missed is shown, modes end in between."""
    with Person(Session(place / "cable", session.log, session.status)) as person:
        person.types(b"one")
        person.sees(b"<one>")
        for number in range(2):
            person.seen = b""
            cable.cut()
            person.sees(b"READY<one>")
            person.types(b"after%d" % number)
            person.sees(b"<after%d>" % number)
        person.types(DETACH)
        person.leaves(0)
    assert cable.carried == 3


def test_a_looker_comes_back_too(session: Session, cable: Cable, place: Path) -> None:
    """The screen is drawn anew after a cut."""
    with Person(Session(place / "cable", session.log, session.status), view=True) as person:
        person.sees(b"READY")
        person.seen = b""
        cable.cut()
        person.sees(b"READY")
        person.types(b"\x03")
        person.leaves(0)


def test_a_connection_that_always_breaks_is_given_up(session: Session, cable: Cable, place: Path) -> None:
    """Whoever is cut off again and again is told so, on a terminal that works."""
    through, timings = Session(place / "cable", session.log, session.status), {"visits._PATIENCE": 60.0}
    with Person(through, timings=timings) as person:
        for _ in range(6):
            person.sees(b"READY")
            person.seen = b""
            cable.cut()
        assert b"ERROR UnavailableError the session's holder hangs up again and again" in person.leaves(69)


def test_the_end_that_nobody_could_tell_is_read_from_disk(
    session: Session, cable: Cable, place: Path
) -> None:
    """A session that ends while its viewer is cut off is over with its own status."""
    with Person(Session(place / "cable", session.log, session.status)) as person:
        person.sees(b"READY")
        os.kill(person.pid, signal.SIGSTOP)
        cable.cut()
        os.kill(session.status["pid"], signal.SIGKILL)
        deadline = time.monotonic() + 30
        while session.socket.exists():
            assert time.monotonic() < deadline
            time.sleep(0.005)
        os.kill(person.pid, signal.SIGCONT)
        assert b"the session ended: killed by SIGKILL" in person.leaves(137)
