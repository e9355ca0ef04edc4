"""Looking at a session through a terminal of any size."""

import os
import signal
import time
from collections.abc import Callable, Mapping

import pytest

from constellagent.runtime.holder import protocol
from constellagent.term.screen import Screen
from tests.faces.person import Person, Session
from tests.faces.terminal.conftest import DETACH, ECHO, PYTHON, Start, written
from tests.runtime.holder.wire import Wire


class Looker(Person):
    """Someone who looks, and what their terminal shows."""

    def __init__(
        self,
        session: Session,
        *,
        rows: int = 24,
        columns: int = 80,
        timings: Mapping[str, float] | None = None,
    ) -> None:
        super().__init__(session, view=True, rows=rows, columns=columns, timings=timings)
        self.screen = Screen(rows, columns)
        self._fed = 0

    def shows(self, done: Callable[[list[str]], bool], within: float = 30.0) -> list[str]:
        """Wait until the lines of the terminal are right; returns them."""
        deadline = time.monotonic() + within
        while True:
            self.reads()
            self.screen.feed(self.seen[self._fed :])
            self._fed = len(self.seen)
            if done(self.screen.text()):
                return self.screen.text()
            assert time.monotonic() < deadline, self.screen.text()


def test_a_looker_changes_nothing(start: Start) -> None:
    """Keys go nowhere, nothing is asked of this terminal nor set in it, the session keeps its size."""
    session = start("sh", "-c", r"while :; do printf 'tick\033[6n\033[?2004h\n'; sleep 0.05; done")
    with Looker(session) as person:
        person.shows(lambda lines: "tick" in lines[-2])
        person.screen.resize(50, 150)
        person.resize(50, 150)
        person.types(b"keys\r")
        person.shows(lambda lines: any("24x80" in line and "50x150" in line for line in lines))
        assert b"\x1b[6n" not in person.seen
        assert b"\x1b[?2004h" not in person.seen
        person.types(b"\x03")
        assert b"\x1b[?1049l" in person.leaves(0)
    with Wire(session.socket) as wire:
        status = wire.ask()
    assert (status["rows"], status["columns"]) == (24, 80)


def test_a_looker_can_detach_with_the_key(start: Start) -> None:
    """The detach key works for a looker as well; pressed twice it is nothing."""
    with Looker(start("sh", "-c", "echo on; read x")) as person:
        person.shows(lambda lines: lines[0] == "on")
        person.types(DETACH)
        time.sleep(0.05)
        person.types(DETACH)
        time.sleep(0.6)
        person.types(DETACH)
        person.leaves(0)


@pytest.mark.parametrize(("rows", "columns"), [(10, 30), (1, 500), (60, 200), (24, 30), (2, 2)])
def test_what_does_not_fit_is_cut_off_and_nothing_wraps(start: Start, rows: int, columns: int) -> None:
    """On any size each row stays in its line; where the cursor is can be seen, and both sizes are told."""
    code = (
        "import os,tty\ntty.setraw(0)\nos.write(1, b''.join(b'\\x1b[%d;1H%02d' % (n, n) + b'x' * 78"
        " for n in range(1, 25)) + b'\\x1b[12;3H')\nos.read(0,1)"
    )
    session = start(*PYTHON, code)
    written(session, b"\x1b[12;3H")
    with Looker(session, rows=rows, columns=columns) as person:
        height = rows - 1 if rows > 1 else 1
        top = 12 - height if height < 12 else 0
        wanted = [
            (f"{n:02d}" + "x" * 78)[3 - columns if columns < 3 else 0 :][:columns]
            for n in range(top + 1, min(top + height, 24) + 1)
        ]
        told = f" the session has 24x80, this terminal {rows}x{columns}"[:columns].rstrip()
        person.shows(lambda lines: lines[: len(wanted)] == wanted and (rows == 1 or lines[-1] == told))
        person.types(DETACH)
        person.leaves(0)


def test_wide_characters_are_never_cut_in_half(start: Start) -> None:
    """Half of one is a blank, and those after it are in their columns."""
    session = start("sh", "-c", "stty raw -echo; printf 'a漢字b漢字c'; read x")
    written(session, "漢字c".encode())
    with Looker(session, rows=5, columns=3) as person:
        person.shows(lambda lines: lines[0] == " c")
    with Looker(session, rows=5, columns=9) as person:
        person.shows(lambda lines: lines[0] == "字b漢字c")


def test_the_size_of_the_session_is_followed(start: Start) -> None:
    """When somebody attaches with another size, what is shown is drawn anew."""
    code = (
        "import os,signal\ndef draw(*_):\n size=os.get_terminal_size()\n"
        " os.write(1, b'\\x1b[2J\\x1b[Hsize %d' % size.columns)\n"
        "signal.signal(signal.SIGWINCH, draw)\ndraw()\nwhile True: signal.pause()"
    )
    session = start(*PYTHON, code)
    with Looker(session) as person, Wire(session.socket) as wire:
        person.shows(lambda lines: lines[0] == "size 80")
        wire.send(protocol.resize(40, 132))
        person.shows(lambda lines: lines[0] == "size 132" and "40x132" in lines[-1])


def test_a_program_that_holds_its_screen_back_is_waited_for(start: Start) -> None:
    """Between the marks of synchronized output nothing is drawn."""
    code = (
        "import os,tty\ntty.setraw(0)\nos.write(1,b'first')\nos.read(0,1)\n"
        "os.write(1, b'\\x1b[?2026h\\x1b[Hhalf ')\nos.read(0,1)\n"
        "os.write(1, b'\\x1b[Hwhole\\x1b[?2026l')\nos.read(0,1)"
    )
    session = start(*PYTHON, code)
    with Looker(session, timings={"looking._HELD": 60.0}) as person, Wire(session.socket) as wire:
        person.shows(lambda lines: lines[0] == "first")
        wire.send(protocol.frame(protocol.INPUT, b"k"))
        written(session, b"half ")
        time.sleep(0.2)  # some frames, in which it could be drawn
        wire.send(protocol.frame(protocol.INPUT, b"k"))
        person.shows(lambda lines: lines[0] == "whole")
        assert b"half" not in person.seen


def test_a_screen_is_not_held_back_for_ever(start: Start) -> None:
    """A program that begins an update and never ends it is drawn all the same."""
    code = (
        "import os,tty\ntty.setraw(0)\nos.write(1,b'first')\nos.read(0,1)\n"
        "os.write(1, b'\\x1b[?2026h\\x1b[Hstuck')\nos.read(0,1)"
    )
    session = start(*PYTHON, code)
    with Looker(session) as person, Wire(session.socket) as wire:
        person.shows(lambda lines: lines[0] == "first")
        wire.send(protocol.frame(protocol.INPUT, b"k"))
        person.shows(lambda lines: lines[0] == "stuck")


def test_the_end_of_the_session_ends_the_look(start: Start) -> None:
    """With its status and the terminal as before."""
    session = start("sh", "-c", "echo on; read x; exit 3")
    with Looker(session) as person:
        person.shows(lambda lines: lines[0] == "on")
        with Wire(session.socket) as wire:
            wire.send(protocol.frame(protocol.INPUT, b"\r"))
        assert b"the session ended: exit status 3" in person.leaves(3)


def test_a_flood_is_drawn_in_frames(start: Start) -> None:
    """However much is written, a looker's terminal gets a few screens a second, and keys still work."""
    code = "import os\nwhile True: os.write(1, b'%032d' % 7 + b'x' * 40 + b'\\r\\n')"
    session = start(*PYTHON, code)
    with Looker(session) as person:
        person.shows(lambda lines: "x" in lines[3])
        before, began = len(person.seen), time.monotonic()
        while time.monotonic() < began + 1:
            person.reads()
        assert len(person.seen) - before < 60 * 4000
        person.types(b"\x03")
        person.leaves(0)


def test_b7_a_killed_looker_bothers_nobody(start: Start) -> None:
    """The session goes on for others."""
    session = start(*PYTHON, ECHO)
    with Looker(session) as person:
        person.shows(lambda lines: lines[0].startswith("READY"))
        os.kill(person.pid, signal.SIGKILL)
    with Person(session) as other:
        other.types(b"k")
        other.sees(b"<k>")
