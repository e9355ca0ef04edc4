"""Bytes both ways between a terminal and a session."""

import os
import select
import signal
import time

from constellagent.runtime.holder import protocol
from tests.faces.person import Person, Session
from tests.faces.terminal.conftest import DETACH, ECHO, PYTHON, Start, written
from tests.runtime.holder.relay import Relay
from tests.runtime.holder.wire import Wire


def test_keys_and_output_go_straight_through_and_the_detach_key_leaves(start: Start) -> None:
    """What is typed reaches the program as it is, controls too; detaching leaves it running."""
    session = start(*PYTHON, ECHO)
    with Person(session) as person:
        person.sees(b"READY")
        for keys in (b"a", b"\x03", b"\x1b[A", b"\x1a", "ü".encode()):
            person.types(keys)
            person.sees(b"<" + keys + b">")
        person.types(DETACH)
        assert b"detached; the session goes on" in person.leaves(0)
    os.kill(session.status["pid"], 0)


def test_the_detach_key_pressed_twice_is_a_key(start: Start) -> None:
    """The program gets it once."""
    with Person(start(*PYTHON, ECHO), timings={"streams._SECOND_PRESS": 60.0}) as person:
        person.sees(b"READY")
        person.types(DETACH)
        time.sleep(0.05)  # two presses of a person, not one chunk
        person.types(DETACH)
        person.sees(b"<" + DETACH + b">")
        person.types(b"x")
        person.sees(b"<x>")


def test_the_screen_that_the_daemon_knows_is_shown_and_its_bytes_go_on(start: Start) -> None:
    """No output is shown twice or left out between the two, and the program's modes are on."""
    session = start("sh", "-c", "stty raw -echo; printf OLD; read x; printf NEW; read x")
    written(session, b"OLD")
    with Person(session, snapshot=(3, b"DRAWN\x1b[?2004h")) as person:
        person.sees(b"DRAWN")
        person.types(b"\n")
        shown = person.sees(b"NEW")
        assert b"OLD" not in shown
        assert shown.index(b"\x1b[H\x1b[J") < shown.index(b"DRAWN")
        person.types(DETACH)
        shown = person.leaves(0)
        assert b"\x1b[?2004l" in shown[shown.index(b"NEW") :]


def test_recent_output_is_shown_without_its_queries(start: Start) -> None:
    """A question asked before is not asked again: this terminal would answer it now."""
    session = start(
        "sh", "-c", r"printf 'old\033[6n\033[c\033]11;?\007text'; read x; printf 'live\033[6n'; read y"
    )
    written(session, b"text")
    with Person(session) as person:
        assert b"oldtext" in person.sees(b"oldtext")
        person.types(b"\r")
        assert b"live\x1b[6n" in person.sees(b"\x1b[6n")


def test_only_the_recent_output_is_shown_from_a_whole_line_on(start: Start) -> None:
    """`replay` bounds it, and it never begins in the middle of a line."""
    session = start("sh", "-c", "for i in $(seq 1000 1999); do echo line-$i; done; read x")
    written(session, b"line-1999\r\n")
    with Person(session, replay=105) as person:
        shown = person.sees(b"line-1999\r\n")
        assert shown.startswith(b"line-1991\r\n")


def test_a_full_screen_program_redraws_instead_of_a_replay(start: Start) -> None:
    """On the alternate screen old bytes would be garbage: it is entered, cleared and drawn by the program."""
    code = (
        "import os,signal\ndef draw(*_): os.write(1, b'DRAWN%d ' % os.get_terminal_size().lines)\n"
        "signal.signal(signal.SIGWINCH, draw)\n"
        "os.write(1, b'\\x1b[?1049hOLD')\nwhile True: signal.pause()"
    )
    session = start(*PYTHON, code)
    written(session, b"\x1b[?1049hOLD")
    with Person(session) as person:
        shown = person.sees(b"DRAWN24")
        assert b"\x1b[?1049h\x1b[2J" in shown
        assert b"OLD" not in shown
        person.types(DETACH)
        assert b"\x1b[?1049l" in person.leaves(0)


def test_input_that_is_refused_rings_the_bell(start: Start) -> None:
    """A program that does not read, and too much typed: the terminal rings, nothing hangs."""
    session = start(*PYTHON, "import tty,time\ntty.setraw(0)\nprint('raw',flush=True)\ntime.sleep(60)")
    with Person(session) as person:
        person.sees(b"raw")
        os.set_blocking(person.fd, False)
        deadline = time.monotonic() + 40
        while b"\a" not in person.seen and time.monotonic() < deadline:
            _, writable, _ = select.select([], [person.fd], [], 0.1)
            if writable:
                os.write(person.fd, b"y" * 4000)
            if select.select([person.fd], [], [], 0)[0]:
                person.seen += os.read(person.fd, 65536)
        assert b"\a" in person.seen


def test_where_the_holder_cannot_write_itself_questions_are_kept_out_all_the_same(start: Start) -> None:
    """Over a way that carries bytes only, a terminal is asked as long as nobody else answers."""
    session = start("sh", "-c", r"stty raw -echo; while :; do printf 'tick\033[6n'; read x; done")
    written(session, b"tick\x1b[6n")
    with Wire(session.socket) as answering, Relay(session.log.parent / "relay", session.socket) as relay:
        with Person(Session(session.log.parent / "relay", session.log, session.status)) as person:
            person.sees(b"tick")
            person.types(b"\n")
            person.sees(b"tick\x1b[6n")
            answering.send(protocol.attach_tail(0, protocol.VIEW | protocol.ANSWERS))
            assert answering.ask()["answered"] is True
            person.types(b"\n")
            for _ in range(2):
                person.seen = b""
                person.types(b"\n")
                assert b"\x1b[6n" not in person.sees(b"tick")
            answering.socket.close()
            deadline = time.monotonic() + 30
            while b"\x1b[6n" not in person.seen:
                assert time.monotonic() < deadline
                person.types(b"\n")
                person.reads()
            person.types(DETACH)
            person.leaves(0)
        assert protocol.DETACH not in {kind for kind, _ in relay.asked}


def test_b4_a_stopped_attach_bothers_no_program(start: Start) -> None:
    """While it does not read, the program writes on; continued, it shows where the output is now."""
    code = (
        "import os\nfor n in range(60000): os.write(1, b'%08d' % n * 10)\n"
        "open('done', 'w').close()\nos.write(1, b'END')\nos.read(0, 1)"
    )
    session = start(*PYTHON, code)
    with Person(session) as person:
        person.sees(b"00000")
        os.kill(person.pid, signal.SIGSTOP)
        done = session.log.parent.parent / "done"
        deadline = time.monotonic() + 30
        while not done.exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.kill(person.pid, signal.SIGCONT)
        person.sees(b"END", 30)
        person.types(DETACH)
        person.leaves(0)


def test_b7_a_killed_attach_leaves_the_session_as_it_was(start: Start) -> None:
    """A kill -9 of one viewer: the program runs on, and the next one finds it."""
    session = start(*PYTHON, ECHO)
    with Person(session) as person:
        person.sees(b"READY")
    with Person(session) as other:
        other.types(b"k")
        other.sees(b"<k>")
