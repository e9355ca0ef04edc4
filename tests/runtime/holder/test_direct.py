"""A viewer's terminal that the holder writes to, and the session's pty that the viewer writes to."""

import contextlib
import os
import select
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from constellagent.runtime.holder import passing, protocol
from tests.runtime.holder.conftest import PYTHON, Session, Start, until
from tests.runtime.holder.screen import Screen
from tests.runtime.holder.test_viewers import FLOOD, SIZES
from tests.runtime.holder.wire import Wire

READS = "import os,tty\ntty.setraw(0)\nos.write(1,b'READY')\nwhile True: os.write(1,b'<'+os.read(0,99)+b'>')"
HELD = FLOOD.replace("\n", "\nos.read(0, 1)\n", 1)
"""The flood begins with a key, so that whoever joins before has the log from its first byte on."""
BEFORE = {protocol.OUTPUT, protocol.WRITTEN, protocol.RESYNC}
"""What a flood may bring before the answer to DETACH: a terminal that blocks for long skips ahead."""
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture
def screen() -> Iterator[Screen]:
    """Give a terminal."""
    with Screen() as made:
        yield made


def shown_on(session: Session, screen: Screen) -> int:
    """Return how many times the holder has this terminal open."""
    found = 0
    for file in Path(f"/proc/{session.first['holder_pid']}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed since the listing
            found += str(file.readlink()) == os.ttyname(screen.terminal)
    return found


async def test_output_is_written_to_the_terminal_and_keys_to_the_pty(start: Start, screen: Screen) -> None:
    """No frame carries either; what is shown is kept as well."""
    session = await start(*PYTHON, READS)
    with Wire(session.socket) as wire:
        master = wire.join(screen.terminal)
        assert master is not None
        screen.sees(b"READY")
        os.write(master, b"key")
        screen.sees(b"<key>")
        assert wire.ask()["log_end"] == len(screen.seen)
        assert session.output() == screen.seen == b"READY<key>"
        assert wire.frame(0.05) is None
        os.close(master)


@ON_LINUX
async def test_the_holder_lets_go_of_the_terminal_of_who_left(start: Start, screen: Screen) -> None:
    """After DETACH, and after a connection that broke, nothing of the viewer stays open."""
    session = await start(*PYTHON, FLOOD)
    for polite in (True, False):
        with Wire(session.socket) as wire:
            master = wire.join(screen.terminal)
            assert master is not None
            os.close(master)
            assert shown_on(session, screen) == 1
            if polite:
                wire.send(protocol.frame(protocol.DETACH))
                while not (found := wire.frame(0.1)) or found[0] in BEFORE:
                    screen.drain()  # what it did not take in comes as OUTPUT before the answer
                assert found[0] == protocol.DETACHED
                assert shown_on(session, screen) == 0
        await until(lambda: shown_on(session, screen) == 0)


async def test_nothing_is_written_after_a_detach(start: Start, screen: Screen) -> None:
    """DETACHED tells the last byte that was given, and what the terminal did not take is sent before it."""
    session = await start(*PYTHON, HELD)
    with Wire(session.socket) as wire:
        master = wire.join(screen.terminal)
        assert master is not None
        os.write(master, b"\r")
        os.close(master)
        screen.sees(b"xxxx")
        wire.send(protocol.frame(protocol.DETACH))
        sent = skipped = stopped = 0
        while (found := wire.frame()) is not None and found[0] != protocol.DETACHED:
            if found[0] == protocol.OUTPUT:
                sent += len(protocol.parse_output(found[1])[1])
            elif found[0] == protocol.WRITTEN:
                stopped = protocol.parse_written(found[1])
            elif found[0] == protocol.RESYNC:  # it blocked for so long that it skipped ahead
                skipped += protocol.parse_resync(found[1]) - stopped
        assert found is not None
        shown = protocol.parse_written(found[1]) - skipped - sent
        assert len(screen.sees_bytes(shown)) == shown
        before = session.log.end()
        await until(lambda: session.log.end() > before + (1 << 20), within=30)
        assert screen.drain() == b""


async def test_who_only_looks_gets_no_descriptor(start: Start, screen: Screen) -> None:
    """The pty stays with the holder, and output is sent as frames."""
    session = await start("sh", "-c", "printf seen; read x")
    await session.shows(b"seen")
    with Wire(session.socket) as wire:
        assert wire.join(screen.terminal, protocol.VIEW) is None
        assert protocol.parse_output(wire.until(protocol.OUTPUT)) == (0, b"seen")
        assert screen.drain() == b""


async def test_what_is_no_terminal_is_refused(start: Start, place: Path) -> None:
    """A file, or nothing at all, in place of a terminal: output is sent as frames."""
    session = await start("sh", "-c", "printf seen; read x")
    await session.shows(b"seen")
    with (place / "file").open("wb") as file, Wire(session.socket) as wire:
        assert wire.join(file.fileno()) is None
        assert protocol.parse_output(wire.until(protocol.OUTPUT)) == (0, b"seen")
    assert (place / "file").read_bytes() == b""
    with Wire(session.socket) as wire:
        wire.send(protocol.attach(0, protocol.DIRECT))
        assert not protocol.parse_joined(wire.until(protocol.JOINED))
        assert protocol.parse_output(wire.until(protocol.OUTPUT)) == (0, b"seen")


@ON_LINUX
async def test_what_is_passed_is_never_inherited_nor_hoarded(start: Start, screen: Screen) -> None:
    """Passed descriptors are closed on exec; one that nobody asked for is closed at once."""
    session = await start(*PYTHON, READS)
    holder = session.first["holder_pid"]
    before = set(Path(f"/proc/{holder}/fd").iterdir())
    with Wire(session.socket) as wire:
        master = wire.join(screen.terminal)
        assert master is not None
        screen.sees(b"READY")  # so that the holder has read up on the log, for which it opens files
        assert not os.get_inheritable(master)
        for file in set(Path(f"/proc/{holder}/fd").iterdir()) - before:
            flags = Path(f"/proc/{holder}/fdinfo/{file.name}").read_text().split("flags:")[1].split()[0]
            assert int(flags, 8) & os.O_CLOEXEC
        assert passing.send(wire.socket, protocol.frame(protocol.STATUS), screen.terminal)
        wire.report(protocol.STATUS)
        assert wire.ask()["ended_at"] is None
        assert shown_on(session, screen) == 1
        os.close(master)


async def test_a_terminal_that_takes_nothing_bothers_nobody(start: Start, screen: Screen) -> None:
    """It skips ahead: how far it got is told before where it goes on, and others never notice."""
    session = await start(*PYTHON, HELD)
    with Wire(session.socket) as wire:
        master = wire.join(screen.terminal)
        assert master is not None
        os.write(master, b"\r")
        os.close(master)
        await until(lambda: session.log.end() > 4 << 20, within=30)
        with Wire(session.socket) as other:
            began = time.monotonic()
            other.ask()
            assert time.monotonic() - began < 15
        shown = stopped = place = 0
        while place <= 3 << 20:  # it may skip earlier too, where the kernel made room in it late
            found = wire.frame(0.001)
            if found is not None and found[0] == protocol.WRITTEN:
                stopped = protocol.parse_written(found[1])
            elif found is not None and found[0] == protocol.RESYNC:
                assert stopped >= place
                shown += stopped - place
                place = protocol.parse_resync(found[1])
                assert place > stopped
            screen.seen += screen.drain()
        assert 0 < shown <= len(screen.sees_bytes(shown))


async def test_how_much_was_written_is_told_in_time(start: Start, screen: Screen) -> None:
    """A viewer has never more than about two mebibytes to read up on, and all of it is in the log."""
    session = await start(
        *PYTHON, "import os\nfor n in range(400): os.write(1, b'%08d' % n * 1250)\ninput()", log_bytes=8 << 20
    )
    with Wire(session.socket) as wire:
        master = wire.join(screen.terminal, protocol.EVERY)
        assert master is not None
        os.close(master)
        told = []
        shown = 0
        while shown < 4_000_000:
            assert select.select([screen.person], [], [], 30)[0]
            shown += len(os.read(screen.person, 1 << 16))
            if (found := wire.frame(0.001)) is not None:
                assert found[0] == protocol.WRITTEN, "nothing was skipped, so nothing else is to be told"
                told.append(protocol.parse_written(found[1]))
                assert told[-1] <= session.log.end()
        assert len(told) in {2, 3}
        assert all(1 << 20 <= b - a < 2 << 20 for a, b in zip([0, *told], told, strict=False))


async def test_the_end_is_told_after_the_last_output(start: Start, screen: Screen) -> None:
    """EXIT comes once the terminal has everything."""
    code = "input(); import os; os.write(1, b'z' * 300_000 + b'END')"
    session = await start(*PYTHON, code)
    with Wire(session.socket) as wire:
        master = wire.join(screen.terminal)
        assert master is not None
        os.write(master, b"\r")
        while (found := wire.frame(0.001)) is None or found[0] != protocol.EXIT:
            screen.seen += screen.drain()
        assert screen.sees(b"END").endswith(b"z" * 300_000 + b"END")
        os.close(master)


async def test_a_terminal_that_closes_takes_nobody_along(start: Start) -> None:
    """Its viewer's connection goes on; only there is nothing more to show."""
    session = await start(*PYTHON, READS)
    with Wire(session.socket) as wire:
        with Screen() as gone:
            master = wire.join(gone.terminal)
            assert master is not None
            gone.sees(b"READY")
        os.write(master, b"x")
        await session.shows(b"<x>")
        assert wire.ask()["ended_at"] is None
        os.close(master)


async def test_the_size_follows_whose_keys_the_holder_never_sees(start: Start, screen: Screen) -> None:
    """Who lost the size is told, and an INPUT of nothing takes it back."""
    session = await start(*PYTHON, SIZES)
    await session.shows(b"ready")
    with Wire(session.socket) as one, Wire(session.socket) as two:
        for wire, rows in ((one, 30), (two, 40)):
            master = wire.join(screen.terminal)
            assert master is not None
            os.close(master)
            wire.send(protocol.resize(rows, 100))
            wire.ask()
        one.until(protocol.ASIDE)
        await until(lambda: session.output().endswith(b"<40x100>\r\n"))
        one.send(protocol.frame(protocol.INPUT))
        two.until(protocol.ASIDE)
        await until(lambda: session.output().endswith(b"<30x100>\r\n"))


COPIES = (
    "import os,time\nos.write(1,b'\\x1b]5')\ntime.sleep(.2)\nos.write(1,b'2;c;aGk=\\x07.')\ntime.sleep(99)"
)


@pytest.mark.parametrize(("clipboard", "number"), [(False, b"7999"), (True, b"52")])
async def test_a_program_copies_only_where_it_may(
    start: Start, screen: Screen, clipboard: bool, number: bytes
) -> None:
    """What a program writes to the clipboard comes to the terminal as such only where that is allowed."""
    session = await start(*PYTHON, COPIES, clipboard=clipboard)
    with Wire(session.socket) as wire:
        master = wire.join(screen.terminal)
        assert master is not None
        screen.sees(b"\x1b]" + number + b";c;aGk=\x07.")
        assert wire.ask()["clipboard"] is clipboard
        os.close(master)
    assert b"\x1b]52;" in session.output()
