"""The multiplexer on a real terminal device, over real sessions: what is typed, and what is then seen."""

import asyncio
import contextlib
import fcntl
import os
import pty
import queue
import signal
import struct
import termios
import threading
from collections.abc import AsyncIterator

import pytest
from prompt_toolkit.input.vt100 import Vt100Input

from constellagent.errors import UnavailableError
from constellagent.faces.tui import commands
from constellagent.faces.tui.application import Window
from constellagent.faces.tui.deck import AgentId
from constellagent.faces.tui.frames import TerminalOutput
from constellagent.faces.tui.multiplexer import Multiplexer
from constellagent.faces.tui.symbols import UNICODE
from constellagent.faces.tui.themes import choose
from constellagent.faces.tui.views.events import Events
from constellagent.runtime.control import SessionView
from constellagent.runtime.settings import Settings
from constellagent.term.screen import Screen
from tests.faces.fake_control import agent_view
from tests.faces.tui.fake_deck import FILE, FakeFleet, constellation
from tests.faces.tui.test_tile import ECHO, PYTHON, Known, view_of
from tests.runtime.holder import conftest as sessions
from tests.runtime.holder.conftest import Session, Start, until

place, start = sessions.place, sessions.start


class Rig:
    """The application on the slave of a pty, and who sits at its master."""

    def __init__(self, fleet: FakeFleet, rows: int, columns: int) -> None:
        self.master, slave = pty.openpty()
        self.screen = Screen(rows, columns)
        self._size(rows, columns)
        # It is read by a thread: whoever writes to a terminal waits for its reader.
        self._reader = threading.Thread(target=self._read)
        self._come: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._reader.start()
        self._files = [os.fdopen(slave, "r"), os.fdopen(os.dup(slave), "w")]
        reads, writes = self._files
        self.control = Known()
        self.fleet = fleet
        self.deck = Multiplexer(self.control, fleet, Settings(), UNICODE, self._redraw, self._look_again)
        views = {"events": Events}
        self.deck.commands = commands.table(self.deck, self.deck.dialogs, UNICODE, views)
        theme = choose("dark", {"TERM": "xterm-256color"})
        output = TerminalOutput.from_pty(writes, term="xterm-256color")
        self.window = Window(self.deck, Vt100Input(reads), output, theme, UNICODE, prefix=b"\x1d")
        self.written = b""
        self.sessions: list[Session] = []
        self._work: asyncio.Task[SessionView | int] | None = None

    def begin(self) -> None:
        """Run it."""
        loop = asyncio.get_running_loop()
        self.deck.pool.follow()
        self._work = loop.create_task(self.window.show())

    async def end(self) -> SessionView | int:
        """Wait for its end, and return with what it ended."""
        assert self._work is not None
        async with asyncio.timeout(30):
            return await self._work

    async def close(self) -> None:
        """End it if need be, and let go of all."""
        if self._work is not None and not self._work.done():
            self.deck.leave()
            await self.end()
        await self.deck.pool.close()
        for file in self._files:
            file.close()
        self._reader.join()
        os.close(self.master)
        self.screen.close()

    def press(self, text: str) -> None:
        """Type."""
        os.write(self.master, text.encode())

    def resize(self, rows: int, columns: int) -> None:
        """Change the window's size, as its terminal emulator does."""
        self._size(rows, columns)
        self.screen.resize(rows, columns)
        os.kill(os.getpid(), signal.SIGWINCH)

    def text(self) -> str:
        """Return what is seen."""
        self.look()
        return "\n".join(self.screen.text())

    def line(self, number: int) -> str:
        """Return what is seen in one row, without the blanks around it."""
        self.look()
        return self.screen.text()[number].strip()

    def wrote(self, data: bytes) -> bool:
        """Tell whether that was written to the terminal at any time."""
        self.look()
        return data in self.written

    async def sees(self, *texts: str) -> None:
        """Wait until all of that is seen."""
        for text in texts:
            try:
                await until(lambda text=text: text in self.text())  # type: ignore[misc]
            except AssertionError:
                raise AssertionError(f"{text!r} is not in\n{self.text()}") from None

    async def misses(self, text: str) -> None:
        """Wait until something is no more seen."""
        await until(lambda: text not in self.text(), what=f"no {text!r}")

    def _size(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def look(self) -> None:
        """Take over what was written."""
        while not self._come.empty():
            data = self._come.get()
            self.written += data
            self.screen.feed(data)

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # the other side is closed
            while data := os.read(self.master, 1 << 16):
                self._come.put(data)

    def _redraw(self, whole: bool) -> None:
        window = getattr(self, "window", None)
        if window is not None:
            window.pacer.changed(whole=whole)

    def _look_again(self, after: float) -> None:
        self.window.pacer.look_again(after)


@pytest.fixture
async def rig(start: Start) -> AsyncIterator[Rig]:
    """Two agents that repeat what is typed, at 80 columns and 24 rows."""
    names = ("alpha", "beta")
    live = [await start(*PYTHON, ECHO.replace("ready", f"{name} ready")) for name in names]
    for name, session in zip(names, live, strict=True):
        await session.shows(f"{name} ready".encode())
    agents = [agent_view(name, session=view_of(session)) for name, session in zip(names, live, strict=True)]
    rig = Rig(FakeFleet(constellation(*agents)), 24, 80)
    rig.sessions = live
    rig.begin()
    await rig.sees("alpha ready")
    await until(lambda: rig.deck.tile is not None and rig.deck.tile.live)
    yield rig
    await rig.close()


async def test_what_is_typed_goes_to_the_program_and_its_echo_is_seen(rig: Rig) -> None:
    """The list and the title are beside it."""
    rig.press("hello")
    await rig.sees("alpha readyhello", "1 alpha", "acme-web", "beta", "keys")


async def test_tiles_focus_and_leaving(rig: Rig) -> None:
    """Two terminals, each of which is typed to in its turn."""
    rig.press("\x1d ")
    await rig.sees("beta ready", "2 beta")
    await until(lambda: rig.deck.pool.tile(AgentId(FILE, "beta")).live)
    rig.press("\x1do")
    await until(lambda: rig.deck.current == AgentId(FILE, "beta"))
    rig.press("to beta")
    await rig.sees("beta readyto beta")
    rig.press("\x1d7")
    await rig.sees("there is no terminal 7")
    rig.press("\x1d1")
    await until(lambda: rig.deck.current == AgentId(FILE, "alpha"))
    rig.press("\x1do")
    await until(lambda: rig.deck.current == AgentId(FILE, "beta"))
    rig.press("\x1d:")
    await rig.sees("Commands")
    rig.press("one terminal")
    await rig.sees("> one terminal")
    rig.press("\r")
    await until(lambda: rig.deck.lineup.arrangement == "one")
    await rig.misses("alpha ready")
    rig.press("\x1dd")
    assert await rig.end() == 0
    await until(lambda: rig.wrote(b"\x1b[?1049l"))


async def test_what_is_typed_goes_to_all_while_broadcast_is_on(rig: Rig) -> None:
    """The borders and the status line say so."""
    rig.press("\x1d ")
    await rig.sees("beta ready")
    await until(lambda: rig.deck.pool.tile(AgentId(FILE, "beta")).live)
    rig.press("\x1db")
    await until(lambda: len(rig.deck.broadcast) == 2)
    rig.press("both")
    await rig.sees("alpha readyboth", "beta readyboth", "broadcast")
    rig.press("\x1db")
    await until(lambda: not rig.deck.broadcast)
    rig.press("one")
    await rig.sees("alpha readybothone")
    assert "beta readybothone" not in rig.text()


async def test_a_view_takes_the_place_of_the_tiles_and_gives_it_back(rig: Rig) -> None:
    """Its keys are its own; q closes it, and the program is as it was."""
    rig.press("\x1de")
    await rig.sees("Nothing has happened yet")
    await rig.misses("alpha ready")
    rig.press("q")
    await rig.sees("alpha ready")
    await rig.misses("Nothing has happened yet")
    rig.press("typed")
    await rig.sees("alpha readytyped")


async def test_help_lies_over_terminals_that_go_on(rig: Rig) -> None:
    """What is covered is drawn again when the dialog goes."""
    rig.press("\x1d?")
    await rig.sees("Keys, after")
    await rig.sessions[0].client.send(b"\r\n" * 5 + b"meanwhile")
    rig.press("\x1b")
    await rig.misses("Keys, after")
    await rig.sees("meanwhile", "alpha ready")


async def test_zoom_asks_for_the_session_in_focus(rig: Rig) -> None:
    """The application ends with it, and can be shown again as it was."""
    rig.press("\x1dz")
    left = await rig.end()
    assert isinstance(left, dict)
    assert left["id"] == rig.sessions[0].id
    await rig.deck.pool.suspend()
    rig.begin()
    await rig.sees("alpha ready")
    await until(lambda: rig.deck.tile is not None and rig.deck.tile.live)
    rig.press("again")
    await rig.sees("alpha readyagain")


async def test_a_storm_of_window_sizes_ends_right(rig: Rig) -> None:
    """After a thousand sizes everything is drawn for the last one, and the pty has its tile's."""
    for number in range(1000):
        rig.resize(10 + number % 30, 50 + number % 90)
        if number % 50 == 0:
            await asyncio.sleep(0)
    rig.resize(30, 110)
    tile = rig.deck.tile
    assert tile is not None
    await until(lambda: tile.screen is not None and tile.screen.rows == 27)

    def framed() -> bool:
        rig.look()
        lines = rig.screen.text()
        return lines[0].startswith("┌─ acme-web") and lines[28].startswith("└") and "C-]" in lines[29][:4]

    await until(framed, what="the frame of the last size")
    await rig.sees("alpha ready")
    await until(lambda: tile.odd_size is None, what="the last size")


async def test_scrolling_back_and_copying(rig: Rig) -> None:
    """The scrollback stands still, and a copied line can be pasted."""
    await rig.sessions[0].client.send(b"".join(b"line %d\r\n" % number for number in range(60)))
    await rig.sees("line 59")
    rig.press("\x1d[")
    await rig.sees("[0/")
    rig.press("g")
    await rig.sees("alpha ready")
    rig.press("Vy")
    await rig.sees("line 59")
    await until(lambda: rig.deck.copying.last is not None)
    assert rig.deck.copying.last is not None
    assert rig.deck.copying.last.startswith("alpha ready")
    rig.press("\x1d]")
    await until(lambda: b"alpha ready" in rig.sessions[0].output()[-40:])


async def test_the_list_chooses_who_is_shown(rig: Rig) -> None:
    """Left of the leftmost tile is the list; Enter shows its agent."""
    rig.press("\x1d\x1b[D")
    await until(lambda: rig.deck.layout.has_focus(rig.deck.listed.window))
    rig.press("j")
    await until(lambda: rig.deck.listed.selected == AgentId(FILE, "beta"))
    rig.press("\r")
    await rig.sees("beta ready")
    await rig.misses("alpha ready")


async def test_the_mouse_focuses_scrolls_and_selects(rig: Rig) -> None:
    """A click gives the keys to a tile, the wheel scrolls back, a drag copies."""
    rig.press("\x1d ")
    await rig.sees("beta ready")
    row = next(y for y, line in enumerate(rig.screen.text()) if "beta ready" in line)
    column = rig.screen.text()[row].index("beta ready")
    rig.press(f"\x1b[<0;{column + 1};{row + 1}M\x1b[<0;{column + 1};{row + 1}m")
    await until(lambda: rig.deck.current == AgentId(FILE, "beta"))
    rig.press(
        f"\x1b[<0;{column + 1};{row + 1}M\x1b[<32;{column + 4};{row + 1}M\x1b[<0;{column + 4};{row + 1}m"
    )
    await until(lambda: rig.deck.copying.last == "beta")
    rig.press(f"\x1b[<64;{column + 1};{row + 1}M")
    await until(lambda: rig.deck.tile is not None and rig.deck.tile.copying is not None)
    rig.press(f"\x1b[<65;{column + 1};{row + 1}M")
    await until(lambda: rig.deck.tile is not None and rig.deck.tile.copying is None)


async def test_a_signal_ends_it_and_gives_the_terminal_back(rig: Rig) -> None:
    """SIGTERM is an end like any other, with its own exit status."""
    before = termios.tcgetattr(rig.master)
    os.kill(os.getpid(), signal.SIGTERM)
    assert await rig.end() == 128 + signal.SIGTERM
    await until(lambda: rig.wrote(b"\x1b[?1049l"))
    assert termios.tcgetattr(rig.master)[3] & termios.ECHO
    assert not before[3] & termios.ECHO


async def test_the_next_session_of_an_agent_takes_over_its_tile(rig: Rig, start: Start) -> None:
    """The fleet tells of it, nobody has to do anything."""
    session = await start(*PYTHON, ECHO.replace("ready", "started anew"))
    rig.fleet.change(constellation(agent_view("alpha", session=view_of(session)), agent_view("beta")))
    await rig.sees("started anew")


async def test_a_key_that_means_nothing_is_said(rig: Rig) -> None:
    """Nothing of it reaches the program."""
    rig.press("\x1dQ")
    await rig.sees("means nothing")
    assert b"Q" not in rig.sessions[0].output()


async def test_a_defect_in_the_background_is_no_dead_window(rig: Rig) -> None:
    """Work that fails leaves the keys as they are."""

    async def fail() -> None:
        raise UnavailableError("the daemon is away", hint="wait")

    rig.deck.spawn(fail(), "fail")
    await rig.sees("the daemon is away; wait")
    rig.press("still")
    await rig.sees("alpha readystill")
