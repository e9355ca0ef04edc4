"""A tile over a real session: what it shows, what it types, and what it survives."""

import asyncio
import base64
import os
import signal
import sys
import time
from collections.abc import Callable

import pytest

from constellagent.errors import UnavailableError
from constellagent.faces.tui.copying import CopyMode, still
from constellagent.faces.tui.deck import AgentId
from constellagent.faces.tui.tile import HELD, Source, Tile
from constellagent.runtime.control import SessionView
from constellagent.runtime.screen_views import ScreenForm, ScreenRequest, ScreenView
from constellagent.runtime.settings import Settings
from constellagent.term.screen import ENGINE, Screen
from tests.faces.fake_control import FakeControl, session_view
from tests.runtime.holder import conftest as sessions
from tests.runtime.holder.conftest import Session, Start, until

place, start = sessions.place, sessions.start
AGENT = AgentId("/f.yaml", "docs")
PYTHON = (sys.executable, "-I", "-S", "-c")
ECHO = """
import sys, tty
tty.setraw(0)
print('ready', end='', flush=True)
for c in iter(lambda: sys.stdin.read(1), ''):
    print(c, end='', flush=True)
"""


class Known(FakeControl):
    """Has the screen that a test gives it; without one no daemon answers."""

    def __init__(self) -> None:
        super().__init__()
        self.known: ScreenView | None = None
        self.fetched = 0

    async def screen(self, request: ScreenRequest) -> ScreenView:
        """Answer with `known`."""
        self.fetched += 1
        if self.known is None:
            raise UnavailableError("no daemon answers")
        return self.known

    def know(self, screen: Screen, offset: int, *, form: ScreenForm = "engine", engine: str = ENGINE) -> None:
        """Take over a screen as that of the session."""
        data = screen.encode() if form == "engine" else screen.snapshot(None)
        assert data is not None
        self.known = ScreenView(
            session="s1", rows=screen.rows, columns=screen.columns, offset=offset, form=form,
            engine=engine, title="", data=base64.b64encode(data).decode(),
        )  # fmt: skip
        screen.close()


class Rig:
    """A tile, and what it told."""

    def __init__(self, *, clipboard: bool = False) -> None:
        self.control = Known()
        self.copied: list[str] = []
        self.changes = 0
        self.again: list[float] = []
        self.refused: list[Tile] = []
        self.now: Callable[[], float] = time.monotonic
        source = Source(
            control=self.control,
            settings=Settings(clipboard=clipboard),
            now=self._time,
            changed=self._changed,
            look_again=self.again.append,
            refused=self.refused.append,
            typed=lambda: None,
            copied=self.copied.append,
        )
        self.tile = Tile(AGENT, source)

    def _changed(self) -> None:
        self.changes += 1

    def _time(self) -> float:
        return self.now()

    def text(self, rows: int = 24, columns: int = 80) -> str:
        """Return what the tile shows."""
        shown = self.tile.visible(rows, columns)
        return "\n".join("".join(run.text for run in row).rstrip() for row in shown)

    async def shows(self, text: str) -> None:
        """Wait until the tile shows something."""
        await until(lambda: text in self.text(), what=f"{text!r} in the tile")


@pytest.fixture
def rig() -> Rig:
    """A tile without a daemon."""
    return Rig()


def view_of(session: Session, **changes: object) -> SessionView:
    """Return the session as the fleet shows it."""
    return session_view(
        id=session.id, socket=str(session.socket), log=str(session.folder / "log"), live=True, **changes
    )


async def test_without_a_daemon_the_log_is_shown_and_output_goes_on(rig: Rig, start: Start) -> None:
    """A tile needs nobody but the holder."""
    session = await start(*PYTHON, ECHO)
    await session.shows(b"ready")
    rig.tile.place(10, 40)
    rig.tile.follow(view_of(session))
    await rig.shows("ready")
    await until(lambda: rig.tile.live)
    rig.tile.type(b"typed")
    await rig.shows("typed")
    await rig.tile.close()


@pytest.mark.parametrize(("form", "engine"), [("engine", ENGINE), ("ansi", ENGINE), ("ansi", "another")])
async def test_the_daemons_screen_is_shown_and_output_goes_on_after_it(
    rig: Rig, start: Start, form: ScreenForm, engine: str
) -> None:
    """Each byte of the log is seen once: before the offset on the screen, after it as it comes."""
    session = await start(*PYTHON, ECHO)
    output = await session.shows(b"ready")
    screen = Screen(24, 80)
    screen.feed(b"as the daemon knows it ")
    rig.control.know(screen, len(output), form=form, engine=engine)
    rig.tile.follow(view_of(session))
    await rig.shows("as the daemon knows it")
    assert "ready" not in rig.text()
    await until(lambda: rig.tile.live)
    rig.tile.type(b"+")
    await rig.shows("as the daemon knows it +")
    await rig.tile.close()


async def test_the_tile_decides_the_size_of_the_pty(rig: Rig, start: Start) -> None:
    """Its screen follows when the pty has taken the size."""
    session = await start(*PYTHON, "import time; time.sleep(60)")
    rig.tile.follow(view_of(session))
    await until(lambda: rig.tile.live)
    rig.tile.place(11, 33)
    await until(
        lambda: rig.tile.screen is not None and (rig.tile.screen.rows, rig.tile.screen.columns) == (11, 33)
    )
    assert rig.tile.odd_size is None
    await session.client.resize(50, 100)
    await until(lambda: rig.tile.odd_size == (50, 100))
    rig.tile.type(b"x")
    await until(lambda: rig.tile.odd_size is None)
    await rig.tile.close()


async def test_a_storm_of_sizes_ends_with_the_last(rig: Rig, start: Start) -> None:
    """A thousand sizes, and the screen has the last one."""
    session = await start(*PYTHON, "import time; time.sleep(60)")
    rig.tile.follow(view_of(session))
    await until(lambda: rig.tile.live)
    for number in range(1000):
        rig.tile.place(5 + number % 40, 20 + number % 77)
    rig.tile.place(12, 34)
    await until(
        lambda: rig.tile.screen is not None and (rig.tile.screen.rows, rig.tile.screen.columns) == (12, 34)
    )
    await asyncio.sleep(0.1)
    await until(lambda: rig.tile.odd_size is None)
    await rig.tile.close()


async def test_an_ended_session_keeps_its_last_screen(rig: Rig, start: Start) -> None:
    """The notice says how it ended, and typing is refused."""
    session = await start(*PYTHON, "print('last words'); input(); raise SystemExit(3)")
    rig.tile.follow(view_of(session))
    await until(lambda: rig.tile.live)
    rig.tile.type(b"\r")
    await until(lambda: rig.tile.notice == "exited 3")
    await rig.shows("last words")
    rig.tile.type(b"x")
    assert rig.refused == [rig.tile]
    await rig.tile.close()


async def test_the_next_session_takes_the_place_of_the_one_before(rig: Rig, start: Start) -> None:
    """A restart of the agent needs no hand."""
    one = await start(*PYTHON, "import time; print('first'); time.sleep(60)")
    rig.tile.follow(view_of(one))
    await rig.shows("first")
    two = await start(*PYTHON, "import time; print('second'); time.sleep(60)")
    rig.tile.follow(view_of(two))
    await rig.shows("second")
    assert "first" not in rig.text()
    rig.tile.follow(view_of(two))
    assert rig.control.fetched == 2
    await rig.tile.close()


async def test_a_holder_that_is_killed_is_said(rig: Rig, start: Start) -> None:
    """What was shown stays, with why nothing follows."""
    session = await start(*PYTHON, "import time; print('here'); time.sleep(60)")
    rig.tile.follow(view_of(session))
    await rig.shows("here")
    await until(lambda: rig.tile.live)
    os.kill(session.first["holder_pid"], signal.SIGKILL)
    await until(lambda: "cannot be reached" in rig.tile.notice or "gone" in rig.tile.notice)
    assert not rig.tile.live
    await rig.shows("here")
    await rig.tile.close()


async def test_an_ended_session_is_shown_from_its_log(rig: Rig, start: Start) -> None:
    """Who comes late sees the last screen."""
    session = await start(*PYTHON, "print('the end')")
    await session.client.wait()
    rig.tile.follow(view_of(session) | {"live": False, "outcome": "exit status 0"})
    await rig.shows("the end")
    assert not rig.tile.live
    await rig.tile.close()


async def test_a_suspended_tile_goes_on_with_what_came_meanwhile(rig: Rig, start: Start) -> None:
    """While another terminal has the session nothing is read, and nothing is lost."""
    session = await start(*PYTHON, ECHO)
    rig.tile.follow(view_of(session))
    await rig.shows("ready")
    await rig.tile.suspend()
    assert not rig.tile.live
    await session.client.send(b"meanwhile")
    await session.shows(b"meanwhile")
    assert "ready" in rig.text()
    rig.tile.follow(view_of(session))
    await rig.shows("meanwhile")
    await rig.tile.close()


async def test_an_update_that_is_held_back_is_not_drawn_for_a_while(rig: Rig, start: Start) -> None:
    """Synchronized output shows all or nothing, and cannot hold for ever."""
    session = await start(*PYTHON, "import time; print('before', flush=True); time.sleep(60)")
    rig.tile.follow(view_of(session))
    await rig.shows("before")
    screen = rig.tile.screen
    assert screen is not None
    at = time.monotonic()
    rig.now = lambda: at
    rig.tile.feed(b"\x1b[?2026hhalf")
    assert "half" not in rig.text()
    assert 0 < rig.again[-1] <= HELD + 0.001
    rig.tile.feed(b" whole\x1b[?2026l\x1b[?2026hnext")
    assert "half whole" in rig.text()
    assert "next" not in rig.text()
    rig.now = time.monotonic
    await until(lambda: "next" in rig.text(), within=30)
    await rig.tile.close()


async def test_a_flood_does_not_keep_the_loop_from_other_work(rig: Rig, start: Start) -> None:
    """Between two parts of a flood the keyboard has its turn."""
    session = await start(*PYTHON, "while True: print('y' * 70)")
    rig.tile.follow(view_of(session))
    await rig.shows("yyyy")
    longest = 0.0
    end = time.monotonic() + 1.0
    while time.monotonic() < end:
        began = time.thread_time()
        await asyncio.sleep(0)
        longest = max(longest, time.thread_time() - began)
        rig.text()
    print(f"one turn of the loop takes {longest * 1000:.0f} ms of work at most")
    assert longest < 0.5
    await rig.tile.close()


async def test_a_larger_screen_shows_the_rows_with_the_cursor(rig: Rig, start: Start) -> None:
    """A pty that another viewer has made larger is clipped, and a smaller tile sees what is typed."""
    session = await start(
        *PYTHON, "import time; print(*range(1, 21), sep='\\n', end='', flush=True); time.sleep(60)"
    )
    rig.tile.follow(view_of(session))
    await rig.shows("20")
    assert rig.text(5, 80).splitlines() == ["16", "17", "18", "19", "20"]
    found = rig.tile.cursor_in(5, 80)
    assert found is not None
    assert found[:2] == (2, 4)
    assert rig.tile.cursor_in(5, 2) is None
    await rig.tile.close()


async def test_copy_mode_stands_still_until_it_is_left(rig: Rig, start: Start) -> None:
    """New output does not move what is looked at."""
    session = await start(*PYTHON, ECHO)
    rig.tile.follow(view_of(session))
    await rig.shows("ready")
    await until(lambda: rig.tile.live)
    assert rig.tile.screen is not None
    copy = still(rig.tile.screen, 100)
    rig.tile.begin_copying(CopyMode(copy, (0, 0)), copy)
    rig.tile.type(b"new")
    await session.shows(b"new")
    assert "new" not in rig.text()
    assert rig.tile.cursor_in(24, 80) is not None
    rig.tile.end_copying()
    await rig.shows("new")
    await rig.tile.close()


async def test_a_tile_without_a_session_says_so(rig: Rig) -> None:
    """Nothing runs, so there is nothing to type to."""
    rig.tile.follow(None)
    assert "not running" in rig.text()
    assert not rig.tile.modes.bracketed_paste
    assert rig.tile.cursor_in(24, 80) is None
    await rig.tile.close()


async def test_a_screen_that_makes_no_sense_is_done_without(rig: Rig, start: Start) -> None:
    """The log stands in for a daemon whose answer is broken."""
    session = await start(*PYTHON, ECHO)
    await session.shows(b"ready")
    rig.control.know(Screen(24, 80), 0)
    assert rig.control.known is not None
    rig.control.known["data"] = "!"
    rig.tile.follow(view_of(session))
    await rig.shows("ready")
    await rig.tile.close()


async def test_what_is_typed_while_a_session_is_joined_is_not_lost(rig: Rig, start: Start) -> None:
    """Nobody waits for a tile before typing; more than a screenful of it is refused, though."""
    session = await start(*PYTHON, ECHO)
    await session.shows(b"ready")
    rig.tile.follow(view_of(session))
    assert rig.tile.takes_keys
    assert not rig.tile.live
    rig.tile.type(b"early")
    rig.tile.type(bytes(1 << 17))
    assert rig.refused == [rig.tile]
    await rig.shows("readyearly")
    await rig.tile.close()


async def test_modes_are_those_of_the_last_output_however_it_is_cut(rig: Rig, start: Start) -> None:
    """A switch that comes byte by byte is seen when it is whole."""
    session = await start(*PYTHON, "import time; print('here', flush=True); time.sleep(60)")
    rig.tile.follow(view_of(session))
    await rig.shows("here")
    for byte in b"text\x1b[?2004;1006h more":
        assert rig.tile.screen is not None
        assert rig.tile.modes == rig.tile.screen.modes()
        rig.tile.feed(bytes([byte]))
    assert rig.tile.modes.bracketed_paste
    rig.tile.feed(b"plain")
    assert rig.tile.modes.mouse_encoding == "sgr"
    await rig.tile.close()


@pytest.mark.parametrize("allowed", [False, True])
async def test_a_program_copies_only_where_it_may(start: Start, allowed: bool) -> None:
    """What a program writes to the clipboard is passed on only where the settings say so."""
    rig = Rig(clipboard=allowed)
    script = "import time; print('\\x1b]52;c;aGk=\\x07\\x1b]52;c;?\\x07done', flush=True); time.sleep(99)"
    session = await start(*PYTHON, "import sys; sys.stdin.readline(); " + script)
    rig.tile.follow(view_of(session))
    await until(lambda: rig.tile.live, what="the tile to be live")
    rig.tile.type(b"\n")
    await rig.shows("done")
    assert rig.copied == (["hi"] if allowed else [])
    await rig.tile.close()
