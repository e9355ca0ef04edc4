"""The multiplexer as a process on a terminal of its own, beside a daemon that comes and goes."""

import asyncio
import fcntl
import os
import pty
import signal
import struct
import sys
import termios
from collections.abc import AsyncIterator

import pytest

from constellagent.faces.server import listening
from constellagent.runtime.live_views import LiveItem
from constellagent.runtime.paths import Paths
from constellagent.term.screen import Screen
from tests.faces.fake_control import FakeControl, agent_view, screen_view
from tests.faces.tui.fake_deck import constellation
from tests.faces.tui.test_tile import ECHO, PYTHON, view_of
from tests.runtime.holder import conftest as sessions
from tests.runtime.holder.conftest import Session, Start, until

place, start = sessions.place, sessions.start
RUN = """
from constellagent.faces.tui.app import run_multiplexer
from constellagent.runtime.settings import Settings
{first}
raise SystemExit(run_multiplexer(None, Settings()))
"""


class Terminal:
    """A terminal of 80 columns and 24 rows, and the multiplexer in it."""

    def __init__(self) -> None:
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.screen = Screen(24, 80)
        self.process: asyncio.subprocess.Process | None = None
        asyncio.get_running_loop().add_reader(self.master, self._see)

    async def run(self, paths: Paths, first: str = "") -> None:
        """Start it; it must not start a daemon, as it believes to be part of a session."""
        env = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
        env |= {
            "CONSTELLAGENT_HOME": str(paths.home),
            "CONSTELLAGENT_SESSION": "1",
            "TERM": "xterm-256color",
            "LC_ALL": "C.UTF-8",
        }
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", RUN.format(first=first), stdin=self.slave, stdout=self.slave,
            stderr=self.slave, env=env, start_new_session=True,
        )  # fmt: skip

    def press(self, text: str) -> None:
        """Type."""
        os.write(self.master, text.encode())

    def text(self) -> str:
        """Return all that was seen, with what has scrolled away."""
        return "\n".join(self.screen.lines())

    async def sees(self, text: str) -> None:
        """Wait until something is seen."""
        try:
            await until(lambda: text in self.text())
        except AssertionError:
            raise AssertionError(f"{text!r} is not in\n{self.text()}") from None

    async def ended(self) -> int:
        """Wait for its end, and return its exit status."""
        assert self.process is not None
        async with asyncio.timeout(30):
            return await self.process.wait()

    async def close(self) -> None:
        """Let go of all."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        asyncio.get_running_loop().remove_reader(self.master)
        os.close(self.master)
        os.close(self.slave)
        self.screen.close()

    def _see(self) -> None:
        self.screen.feed(os.read(self.master, 1 << 16))


@pytest.fixture
async def terminal() -> AsyncIterator[Terminal]:
    """A terminal with nothing in it yet."""
    terminal = Terminal()
    yield terminal
    await terminal.close()


@pytest.fixture
async def session(start: Start, control: FakeControl) -> Session:
    """One agent that repeats what is typed, as the daemon knows it."""
    session = await start(*PYTHON, ECHO)
    output = await session.shows(b"ready")
    control.live_items = [LiveItem(views=[dict(constellation(agent_view("docs", session=view_of(session))))])]
    control.screen_answer = screen_view(b"ready", offset=len(output), session=session.id)
    return session


async def test_zoom_and_back_and_leaving(
    terminal: Terminal, paths: Paths, control: FakeControl, session: Session
) -> None:
    """The program has the whole terminal until the prefix key; in the end it is given back as it was."""
    before = termios.tcgetattr(terminal.slave)
    async with listening(control, paths.control_socket):
        await terminal.run(paths)
        await terminal.sees("1 docs")
        terminal.press("in a tile")
        await terminal.sees("readyin a tile")
        terminal.press("\x1dz")
        await until(lambda: "acme-web" not in terminal.text())
        # Who takes the terminal over asks for the screen once the keys are its own.
        await until(lambda: any(one["form"] == "ansi" for one in control.requests("screen")))
        terminal.press("whole")
        await session.shows(b"in a tilewhole")
        terminal.press("\x1d")
        await terminal.sees("acme-web")
        terminal.press("back")
        await session.shows(b"wholeback")
        terminal.press("\x1dd")
        assert await terminal.ended() == 0
    assert termios.tcgetattr(terminal.slave) == before
    await until(lambda: not terminal.screen.modes().alternate_screen)
    modes = terminal.screen.modes()
    assert not modes.bracketed_paste
    assert (modes.mouse, modes.kitty_flags) == ("off", 0)


async def test_a_daemon_that_goes_away_costs_nothing_that_is_seen(
    terminal: Terminal, paths: Paths, control: FakeControl, session: Session
) -> None:
    """Keys and output go on; the status line says so, until it is there again."""
    async with listening(control, paths.control_socket):
        await terminal.run(paths)
        await terminal.sees("1 docs")
        terminal.press("one")
        await terminal.sees("readyone")
    await terminal.sees("daemon away")
    terminal.press("two")
    await terminal.sees("readyonetwo")
    async with listening(control, paths.control_socket):
        await until(lambda: "daemon away" not in terminal.text())
        terminal.press("\x1dd")
        assert await terminal.ended() == 0


async def test_a_defect_is_a_line_and_its_traceback_comes_in_the_end(
    terminal: Terminal, paths: Paths, control: FakeControl
) -> None:
    """The window lives on."""
    first = """
from constellagent.faces.tui.fleet import LiveFleet
def broken(self, item): raise RuntimeError('out of order')
LiveFleet.take = broken
"""
    control.live_items = [LiveItem(views=[])]
    async with listening(control, paths.control_socket):
        await terminal.run(paths, first)
        await terminal.sees("this is a defect")
        terminal.press("\x1dd")
        assert await terminal.ended() == 0
    await terminal.sees("Traceback")
    await terminal.sees("RuntimeError: out of order")


async def test_a_hang_up_ends_it(terminal: Terminal, paths: Paths, control: FakeControl) -> None:
    """SIGHUP is what a terminal that is closed sends."""
    control.live_items = [LiveItem(views=[])]
    async with listening(control, paths.control_socket):
        await terminal.run(paths)
        await terminal.sees("no agents")
        assert terminal.process is not None
        terminal.process.send_signal(signal.SIGHUP)
        assert await terminal.ended() == 128 + signal.SIGHUP
    await until(lambda: not terminal.screen.modes().alternate_screen)
