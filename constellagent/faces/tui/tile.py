"""One session's terminal in this process: its screen, kept by what its holder sends, and the way for keys.

The screen comes from the daemon once, and then from the holder alone, so a daemon that dies costs nothing
that is seen. Questions that the program asks its terminal are the daemon's to answer.
"""

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from constellagent.errors import ConstellagentError
from constellagent.faces.tui.copying import CopyMode
from constellagent.faces.tui.deck import AgentId
from constellagent.faces.tui.fetching import fetch
from constellagent.faces.tui.words import clean
from constellagent.runtime.control import Control, SessionView
from constellagent.runtime.holder.stream import Exit, Gone, HolderStream, Item, Output, Resync, Sized
from constellagent.runtime.settings import Settings
from constellagent.runtime.tasks import spawn
from constellagent.term.cells import Cursor, Modes, Row, Run, Style
from constellagent.term.scanner.events import Clipboard
from constellagent.term.scanner.signals import SignalScanner
from constellagent.term.screen import Screen

HELD = 0.15
"""Seconds that a program may keep us from drawing by synchronized output."""
_UPDATED = b"\x1b[?2026l"
_LONGEST_SWITCH = 64
"""Bytes of the longest sequence that switches modes; it may be cut anywhere."""
_UNFINISHED = re.compile(rb"(?:\x1b|\x9b)[\[ -?]*\Z")
_DIM = Style(attributes=2)
_MOST_AHEAD = 1 << 16
"""Typed bytes that are kept for a session that is being joined."""
_SETTLE = 1.0
"""Seconds for a new size to come back from the holder, before another viewer is said to decide it."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0


@dataclass(frozen=True, slots=True)
class Source:
    """Where tiles get what they show."""

    control: Control
    settings: Settings
    now: Callable[[], float]
    changed: Callable[[], None]
    look_again: Callable[[float], None]
    refused: Callable[["Tile"], None]
    typed: Callable[[], None]
    copied: Callable[[str], None]
    """A program wrote to the clipboard; never called where the settings do not allow that."""
    resized: Callable[[], None] = lambda: None
    """A pty has another size, which is told above its tile where it is not the tile's."""


class Tile:
    """The terminal of one agent: of its newest session, from one to the next.

    Attributes:
        agent: whose.
        session: what is shown; None before there was any.
        screen: what the program shows; None until it is known.
        copying: what is shown instead; None for the live screen.
        notice: why there is nothing to see, or what is wrong; empty where all is well.
        cursor: of the last picture.
    """

    def __init__(self, agent: AgentId, source: Source) -> None:
        self.agent = agent
        self.session: SessionView | None = None
        self.screen: Screen | None = None
        self.copying: CopyMode | None = None
        self.notice = "not running"
        self.cursor = Cursor()
        self._source = source
        self._signals = SignalScanner() if source.settings.clipboard else None
        self._stream: HolderStream | None = None
        self._size: tuple[int, int] | None = None
        self._rows: list[Row] = []
        self._first = 0
        self._still: Screen | None = None
        self._held_since: float | None = None
        self._modes: Modes | None = None
        self._unfinished = b""
        self._ahead: bytearray | None = None
        self._sized_at = float("-inf")
        self._work: asyncio.Task[None] | None = None
        self._over = asyncio.Event()

    @property
    def live(self) -> bool:
        """Its program runs and can be typed to."""
        return self._stream is not None

    @property
    def takes_keys(self) -> bool:
        """What is typed reaches its program: now, or in a moment when the session is joined."""
        return self.live or self._ahead is not None

    @property
    def odd_size(self) -> tuple[int, int] | None:
        """Rows and columns of the pty where another viewer decides them; None where they are the tile's."""
        screen = self.screen
        if screen is None or self._size is None or not self.live:
            return None
        if self._source.now() < self._sized_at + _SETTLE:  # the holder's answer is on its way
            return None
        return (screen.rows, screen.columns) if (screen.rows, screen.columns) != self._size else None

    def follow(self, session: SessionView | None) -> None:
        """Show this session from now on; nothing happens if it is shown already."""
        before = self.session
        self.session = session
        if session is None or (before is not None and before["id"] == session["id"] and self._work):
            return
        self._stop()
        self._ahead = bytearray() if session["live"] else None
        self.notice = "" if session["live"] else clean(session["outcome"])
        self._work = spawn(self._run(session), name=f"tile of {session['id']}")

    def place(self, rows: int, columns: int) -> None:
        """Take note of the tile's size, which is the pty's from now on."""
        if self._size != (rows, columns):
            self._size = (rows, columns)
            if self._stream is not None:
                self._sized_at = self._source.now()
                self._stream.resize(rows, columns)

    @property
    def modes(self) -> Modes:
        """What the program wants of keyboard and mouse."""
        if self._modes is None:
            self._modes = self.screen.modes() if self.screen is not None else Modes()
        return self._modes

    def type(self, data: bytes) -> None:
        """Give typed bytes to the program at once; tells where it takes none."""
        stream = self._stream
        if stream is None and self._ahead is not None and len(self._ahead) + len(data) <= _MOST_AHEAD:
            self._ahead += data
            return
        if stream is not None and self._size is not None and self.odd_size:
            stream.resize(*self._size)  # who types decides the size
        self._source.typed()
        if stream is None or not stream.write(data):
            self._source.refused(self)

    def begin_copying(self, mode: CopyMode, still: Screen) -> None:
        """Show an older part of the screen: that of `still`, which is closed in the end."""
        self.end_copying()
        self.copying, self._still = mode, still

    def end_copying(self) -> None:
        """Show the live screen again."""
        self.copying = None
        if self._still is not None:
            self._still.close()
            self._still = None

    def visible(self, rows: int, columns: int) -> Sequence[Row]:
        """Return at most that many rows of the picture, those with the cursor among them."""
        if self.copying is not None:
            return self.copying.visible_rows()
        self._pull()
        if not self._rows:
            return _words(self.notice, rows, columns)
        self._first = max(0, min(self.cursor.row - rows + 1, len(self._rows) - rows))
        return self._rows[self._first : self._first + rows]

    def cursor_in(self, rows: int, columns: int) -> tuple[int, int, Cursor] | None:
        """Return column, row and cursor within the last picture; None where it is out of sight."""
        if self.screen is None:
            return None
        if self.copying is not None:
            row, column = self.copying.cursor_in()
            cursor = Cursor(blinking=False)
        else:
            row, column, cursor = self.cursor.row - self._first, self.cursor.column, self.cursor
        return (column, row, cursor) if 0 <= row < rows and column < columns else None

    async def close(self) -> None:
        """Let go of everything; the session goes on."""
        work, self._work = self._work, None
        self._stop()
        if work is not None:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
        self._drop()

    async def suspend(self) -> None:
        """Hang up while another terminal has the session, keeping the picture; `follow` goes on."""
        work, self._work = self._work, None
        if work is not None:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    def _stop(self) -> None:
        if self._work is not None:
            self._work.cancel()
        self._over = asyncio.Event()

    def _drop(self) -> None:
        self.end_copying()
        if self.screen is not None:
            self.screen.close()
        self.screen, self._rows = None, []

    async def _run(self, session: SessionView) -> None:
        """Show one session until it ends, coming back after each fault."""
        pause, over = _FIRST_PAUSE, self._over
        while not over.is_set():
            try:
                await self._join(session, over)
                pause = _FIRST_PAUSE
            except ConstellagentError as error:
                self.notice, self._ahead = clean(str(error)), None
                self._source.changed()
                if not session["live"]:
                    return
            if not over.is_set():
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)

    async def _join(self, session: SessionView, over: asyncio.Event) -> None:
        offset = await self._fetch(session)
        if not session["live"]:
            over.set()
            self._source.changed()
            return
        stream = await HolderStream.open(Path(session["socket"]), offset=offset, flags=0)
        lost = asyncio.Event()
        try:
            self._stream = stream
            self.notice = ""
            stream.deliver(lambda item: self._take(item, lost, over))
            if self._size is not None:
                self._sized_at = self._source.now()
                stream.resize(*self._size)
            if self._ahead:
                stream.write(bytes(self._ahead))
            self._ahead = None
            self._source.changed()
            await lost.wait()
        finally:
            if self._stream is stream:
                self._stream = None
            await stream.close()
            self._source.changed()

    async def _fetch(self, session: SessionView) -> int:
        """Take over the screen as it is known; returns the offset after it."""
        source = self._source
        screen, offset = await fetch(
            source.control, source.settings, self.agent.file, session, self._size or (24, 80)
        )
        self._drop()
        self.screen = screen
        self._rows = [()] * screen.rows
        self._held_since = self._modes = None
        self._source.changed()
        return offset

    def _take(self, item: Item, lost: asyncio.Event, over: asyncio.Event) -> None:
        """Take what the holder sent; called from the loop's reader."""
        screen = self.screen
        if screen is None or lost.is_set():
            return
        if isinstance(item, Output):
            self.feed(item.data)
        elif isinstance(item, Sized):
            screen.resize(item.rows, item.columns)
            self._source.resized()
        elif isinstance(item, Resync):
            self._ahead = bytearray()  # what is typed until it is joined anew
            self._stream = None
            lost.set()  # what was left out shows on the daemon's screen: begin again from there
        elif isinstance(item, Exit):
            self.notice = _ending(item)
            over.set()
            lost.set()
        elif isinstance(item, Gone):
            self.notice = clean(item.reason)
            lost.set()
        self._source.changed()

    def feed(self, data: bytes) -> None:
        """Take output of the program."""
        screen = self.screen
        if screen is None:
            return
        if self._signals is not None:
            for signal in self._signals.feed(data):
                if isinstance(signal, Clipboard) and signal.text:
                    self._source.copied(signal.text)
        if self._unfinished or b"\x1b" in data or b"\x9b" in data:  # only then can the modes have changed
            self._modes = None
            rest = _UNFINISHED.search((self._unfinished + data)[-_LONGEST_SWITCH:])
            self._unfinished = rest[0] if rest else b""
        end = data.rfind(_UPDATED) + len(_UPDATED)
        if end >= len(_UPDATED):  # an update is whole: what was held back may be drawn, whatever follows
            screen.feed(data[:end])
            screen.take_replies()
            self._held_since = None
            if end == len(data):
                return
            self._picture(screen)
            data = data[end:]
        screen.feed(data)
        screen.take_replies()

    def _pull(self) -> None:
        """Bring the rows up to date, unless the program holds its update back and has not for too long."""
        screen = self.screen
        if screen is None:
            return
        if self.modes.synchronized:
            now = self._source.now()
            if self._held_since is None:
                self._held_since = now
            left = self._held_since + HELD - now
            if left > 0:
                self._source.look_again(left)
                return
        self._held_since = None
        self._picture(screen)

    def _picture(self, screen: Screen) -> None:
        changed = screen.changed()
        if len(self._rows) != screen.rows:
            self._rows = self._rows[: screen.rows] + [()] * (screen.rows - len(self._rows))
        for number, row in changed:
            self._rows[number] = row
        self.cursor = screen.cursor()


def _ending(item: Exit) -> str:
    number = item.status.get("signal")
    return f"killed by signal {number}" if number else f"exited {item.status.get('exit_status') or 0}"


def _words(text: str, rows: int, columns: int) -> list[Row]:
    """Return a picture of one line of words in the middle."""
    shown = text[: max(0, columns - 2)]
    row: Row = (Run((columns - len(shown)) // 2, len(shown), shown, _DIM, mixed=not shown.isascii()),)
    return [()] * ((rows - 1) // 2) + [row]
