"""`attach` with its terminal in the holder's hands, and without, as a person at it sees it."""

import json
import os
import select
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from constellagent.errors import UnavailableError
from constellagent.runtime.holder import protocol
from constellagent.runtime.holder.line import Line
from tests.faces.person import Person
from tests.faces.person import Session as Joined
from tests.runtime.holder.conftest import PYTHON, Session, Start, until
from tests.runtime.holder.relay import Relay
from tests.runtime.holder.screen import Screen
from tests.runtime.holder.test_viewers import FLOOD, SIZES

ANSWERS = """
import os, tty
tty.setraw(0)
os.write(1, b'READY')
while (key := os.read(0, 99)) != b'q':
    os.write(1, b'<' + key + b'>' + bytes(range(256)) * len(key) * 40 + b'DONE')
os.write(1, b'\\x1b[?2004h' + b'last' * 9999)
"""
DEAF = "import tty,time\ntty.setraw(0)\nprint('raw',flush=True)\ntime.sleep(60)"
DETACH = b"\x1d"


def joined(session: Session, socket: Path | None = None) -> Joined:
    """Return the session as somebody who attaches is given it."""
    return Joined(socket or session.socket, session.folder / "log", session.first)


def talk(person: Person) -> bytes:
    """Type until the program ends; returns all that was shown."""
    person.sees(b"READY")
    for keys in (b"a", b"\x1b[A", b"long" * 20, "ü".encode()):
        person.seen = b""
        person.types(keys)
        person.sees(b"<" + keys + b">")
        shown = person.sees(b"DONE")
        assert shown == b"<" + keys + b">" + bytes(range(256)) * len(keys) * 40 + b"DONE"
    person.seen = b""
    person.types(b"q")
    return person.leaves(0).partition(b"LEFT 0")[0]


def sized(session: Session, rows: int) -> Callable[[], bool]:
    """Return whether the program has shown this size last."""
    return lambda: session.output()[-12:].find(b"<%dx100>" % rows) >= 0


async def test_both_ways_show_the_same_bytes(start: Start, place: Path) -> None:
    """With the terminal in the holder's hands, and over a connection that carries bytes only."""
    session = await start(*PYTHON, ANSWERS)
    with Person(joined(session)) as person:
        direct = talk(person)
    session = await start(*PYTHON, ANSWERS)
    with Relay(place / "relay", session.socket) as relay, Person(joined(session, place / "relay")) as person:
        assert talk(person) == direct
    kinds = {kind for kind, _ in relay.told}
    assert (protocol.JOINED, b"\0") in relay.told
    assert protocol.OUTPUT in kinds
    assert protocol.WRITTEN not in kinds
    assert protocol.INPUT in {kind for kind, _ in relay.asked}
    assert b"\x1b[?2004l" in direct  # what was only written by the holder is taken back as well


async def test_no_frame_carries_what_goes_directly(start: Start) -> None:
    """A terminal that could be handed over sees output that its `attach` never received."""
    session = await start(*PYTHON, ANSWERS)
    with Line.open(session.socket) as line, Screen() as screen:
        taken: list[int] = []
        line.join(0, screen.terminal, view=False, take=lambda kind, _: taken.append(kind))
        assert line.direct
        assert line.settled
        screen.sees(b"READY")
        assert line.type(b"k") == 1
        screen.sees(b"DONE")
        assert line.leave(lambda kind, _: taken.append(kind))
        assert taken == [protocol.DETACHED]


async def test_a_holder_of_the_old_protocol_is_attached_to_as_before(start: Start, place: Path) -> None:
    """One that greets with version 1 is asked for nothing that it does not know."""

    def older(kind: int, payload: bytes) -> bytes:
        if kind == protocol.WELCOME:
            return protocol.report(kind, protocol.parse_report(payload) | {"protocol": 1})
        return protocol.frame(kind, payload)

    session = await start(*PYTHON, ANSWERS)
    with (
        Relay(place / "relay", session.socket, older) as relay,
        Person(joined(session, place / "relay")) as person,
    ):
        talk(person)
    assert {kind for kind, _ in relay.asked} == {
        protocol.HELLO,
        protocol.ATTACH,
        protocol.RESIZE,
        protocol.INPUT,
    }
    assert [
        protocol.parse_attach(payload)[0] for kind, payload in relay.asked if kind == protocol.ATTACH
    ] == [0]


async def test_a_looker_asks_for_nothing_but_output(start: Start, place: Path) -> None:
    """With `view` neither the terminal nor the pty changes hands."""
    session = await start("sh", "-c", "echo on; read x")
    with Relay(place / "relay", session.socket) as relay:
        with Person(joined(session, place / "relay"), view=True) as person:
            person.sees(b"on")
            person.types(DETACH)
            person.leaves(0)
        flags = [
            protocol.parse_attach(payload)[0] for kind, payload in relay.asked if kind == protocol.ATTACH
        ]
    assert flags == [protocol.VIEW]
    with Line.open(session.socket) as line, Screen() as screen:
        line.join(0, screen.terminal, view=True, take=lambda _kind, _payload: None)
        assert not line.direct
        assert not line.settled


async def test_a_detached_terminal_is_left_alone(start: Start) -> None:
    """In the middle of a flood: after `attach` has left nothing more is shown, and nobody has it open."""
    session = await start(*PYTHON, FLOOD)
    with Person(joined(session)) as person:
        person.sees(b"xxxx")
        person.types(DETACH)
        person.leaves(0)
        before = session.log.end()
        await until(lambda: session.log.end() > before + (1 << 20), within=30)
        rest = b""
        while select.select([person.fd], [], [], 0)[0]:
            try:
                data = os.read(person.fd, 1 << 16)
            except OSError:  # Linux says so where nobody has it open
                break
            rest += data
            if not data:
                break
        else:
            pytest.fail("somebody still has the terminal open")
        assert rest in {b"", b"\r\n"}


async def test_a_stopped_attach_and_its_full_terminal_bother_nobody(start: Start) -> None:
    """The program goes on and others are answered; once continued, it leaves as ever."""
    session = await start(*PYTHON, FLOOD)
    with Person(joined(session)) as person:
        person.sees(b"xxxx")
        os.kill(person.pid, signal.SIGSTOP)
        before = session.log.end()
        await until(lambda: session.log.end() > before + (4 << 20), within=30)
        began = time.monotonic()
        await session.client.status()
        assert time.monotonic() - began < 15
        os.kill(person.pid, signal.SIGCONT)
        person.types(DETACH)
        person.leaves(0)


async def test_a_program_that_never_reads_does_not_keep_anybody(start: Start) -> None:
    """However much waits for it, the bell rings and the detach key works."""
    session = await start(*PYTHON, DEAF)
    with Person(joined(session)) as person:
        person.sees(b"raw")
        for _ in range(700):
            person.types(b"y" * 2000)
        person.sees(b"\a")
        person.types(DETACH)
        person.leaves(0)


async def test_keys_that_wait_are_not_lost_by_leaving(start: Start) -> None:
    """What the program has not read when the detach key comes is left to the holder."""
    code = (
        "import tty,os,time\ntty.setraw(0)\nprint('raw',flush=True)\n"
        "while not os.path.exists('go'): time.sleep(0.01)\n"
        "n=0\nwhile n < 100000: n += len(os.read(0, 65536))\nprint('got', n, flush=True)\ninput()"
    )
    session = await start(*PYTHON, code)
    with Person(joined(session)) as person:
        person.sees(b"raw")
        for _ in range(50):
            person.types(b"z" * 2000)
        person.types(DETACH)
        person.leaves(0)
    (Path(session.first["folder"]).parent / "go").touch()
    await session.shows(b"got 100000")


async def test_the_size_follows_who_types(start: Start) -> None:
    """Of two at their terminals, who typed last decides the size."""
    session = await start(*PYTHON, SIZES)
    await session.shows(b"ready")
    with Person(joined(session)) as one, Person(joined(session)) as two:
        for person, rows in ((one, 30), (two, 40), (one, 31)):
            person.resize(rows, 100)
            await until(sized(session, rows))
        for person, rows in ((two, 40), (one, 31), (two, 40)):
            person.types(b"k")
            await until(sized(session, rows))


async def test_a_holder_that_hangs_keeps_nobody(start: Start) -> None:
    """The detach key works, if a moment later, and the terminal is given back."""
    session = await start(*PYTHON, ANSWERS)
    with Person(joined(session)) as person:
        person.sees(b"READY")
        person.types(b"a")
        person.sees(b"DONE")
        os.kill(session.first["holder_pid"], signal.SIGSTOP)
        try:
            person.types(DETACH)
            person.leaves(0)
        finally:
            os.kill(session.first["holder_pid"], signal.SIGCONT)


@pytest.mark.parametrize(
    ("report", "words"),
    [(b"[]", "makes no sense"), (json.dumps({"protocol": "new"}).encode(), "")],
)
async def test_a_strange_greeting_is_told_or_lived_with(
    start: Start, place: Path, report: bytes, words: str
) -> None:
    """No status at all is an error; a version of another kind is taken for an old one."""

    def strange(kind: int, payload: bytes) -> bytes:
        return protocol.frame(kind, report if kind == protocol.WELCOME else payload)

    session = await start(*PYTHON, ANSWERS)
    with Relay(place / "relay", session.socket, strange):
        if words:
            with pytest.raises(UnavailableError, match=words):
                Line.open(place / "relay")
            return
        with Line.open(place / "relay") as line, Screen() as screen:
            line.join(0, screen.terminal, view=False, take=lambda _kind, _payload: None)
            assert not line.direct


async def test_who_is_interrupted_while_joining_still_has_the_terminal_given_back(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The holder may write from the request on; it is told to let go, though its answer was not read."""
    session = await start(*PYTHON, FLOOD)

    def interrupt(*_: object) -> bytes:
        raise KeyboardInterrupt

    with Line.open(session.socket) as line, Screen() as screen:
        with monkeypatch.context() as patched:
            patched.setattr(
                line, "_answer", interrupt
            )  # a signal at this very moment cannot be timed otherwise
            with pytest.raises(KeyboardInterrupt):
                line.join(0, screen.terminal, view=False, take=lambda _kind, _payload: None)
        assert line.direct
        end: list[int] = []
        deadline = time.monotonic() + 30
        line._send(protocol.frame(protocol.DETACH))
        while not end and time.monotonic() < deadline:
            screen.drain()
            end += [kind for kind, _ in line.receive() or () if kind == protocol.DETACHED]
        assert end
