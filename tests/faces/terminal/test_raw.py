"""The person's terminal: made raw, followed, and given back."""

import os
import signal
import termios
import time

import pytest

from tests.faces.person import Person
from tests.faces.terminal.conftest import DETACH, ECHO, PYTHON, Start, written


def test_modes_are_set_up_on_attach_and_taken_back_on_detach(start: Start) -> None:
    """Bracketed paste and mouse asked for long ago are on while attached, and off afterwards."""
    code = "printf '\\033[?2004h\\033[?1000h'; for i in $(seq 500); do echo filler-$i; done; read x"
    session = start("sh", "-c", code)
    written(session, b"filler-500\r\n")
    with Person(session, replay=100) as person:
        shown = person.sees(b"filler-500")
        assert b"filler-1\r" not in shown
        assert b"\x1b[?2004h" in shown
        assert b"\x1b[?1000h" in shown
        person.types(DETACH)
        shown = person.leaves(0)
        assert shown.rindex(b"\x1b[?2004l") > shown.rindex(b"filler")
        assert b"\x1b[?1000l" in shown


def test_the_window_size_follows(start: Start) -> None:
    """The program gets the size of the window, on attach and on each change."""
    code = (
        "import os,signal\ndef show(*_): os.write(1, str(os.get_terminal_size()).encode())\n"
        "signal.signal(signal.SIGWINCH, show)\nprint('on',flush=True)\nwhile True: signal.pause()"
    )
    with Person(start(*PYTHON, code)) as person:
        person.sees(b"on")
        person.resize(41, 141)
        person.sees(b"columns=141, lines=41")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT])
def test_b7_a_signal_restores_the_terminal(start: Start, number: int) -> None:
    """Whoever ends `attach`, the terminal is given back and the session goes on."""
    session = start("sh", "-c", r"printf '\033[?2004hon'; read x")
    written(session, b"\x1b[?2004hon")
    with Person(session) as person:
        person.sees(b"on")
        os.kill(person.pid, number)
        assert b"\x1b[?2004l" in person.leaves(128 + number)
    os.kill(session.status["pid"], 0)


def test_a_terminal_that_closes_ends_the_attach(start: Start) -> None:
    """A window that is closed leaves no attach behind."""
    session = start("sh", "-c", "echo on; read x")
    person = Person(session)
    person.sees(b"on")
    os.close(person.fd)
    assert os.waitpid(person.pid, 0)[1] >= 0
    os.kill(session.status["pid"], 0)


def test_a_continued_attach_is_raw_again(start: Start) -> None:
    """After a stop, during which the shell had the terminal, keys go through one by one again."""
    with Person(start(*PYTHON, ECHO)) as person:
        person.sees(b"READY")
        os.kill(person.pid, signal.SIGSTOP)
        termios.tcsetattr(person.fd, termios.TCSANOW, person.before)
        os.kill(person.pid, signal.SIGCONT)
        deadline = time.monotonic() + 30
        while termios.tcgetattr(person.fd)[3] & termios.ICANON:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        person.types(b"k")
        person.sees(b"<k>")
