"""The screen of one live session: fed, resized, shown and kept, by one at a time.

A screen may be used by one thread only at any moment, so everything here happens under one lock. Small
things are done at once, and large ones in a thread, where the engine does not hold the interpreter.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from constellagent.errors import UnavailableError, WorldError
from constellagent.runtime.clock import Clock
from constellagent.runtime.screen_views import ScreenRequest, ScreenView
from constellagent.runtime.screens import checkpoint
from constellagent.runtime.screens.activities import Activities, Part
from constellagent.runtime.screens.aside import Aside
from constellagent.runtime.screens.canvas import Canvas
from constellagent.runtime.screens.checkpoint import Checkpoint
from constellagent.runtime.screens.rebuild import (
    Rebuilt,
    after_gap,
    begin_restoring,
    end_restoring,
    last_written,
    resume,
)
from constellagent.runtime.screens.views import Wanted, view
from constellagent.runtime.store.sessions import SessionRow
from constellagent.term.scanner.events import Signal
from constellagent.term.scanner.signals import SignalScanner
from constellagent.term.screen import ENGINE, Screen

_SMALL = 4096
"""Bytes that are fed at once."""
_SIZE_PATIENCE = 0.25
"""Seconds that a view waits for the size it wants."""
_SYNC_PATIENCE = 0.15
"""Seconds that a view waits for the end of a synchronized update."""

_log = logging.getLogger(__name__)


class Terminal:
    """One session's screen.

    Attributes:
        row: the session.
        offset: the output up to there is on the screen.
        fresh: how many bytes of it are in no checkpoint.
        loose: whether scrollback has come that is not compressed.
        changed_at: monotonic time of the last output or size.
        ready: set once the screen shows all that was written before it was here.
    """

    def __init__(
        self,
        row: SessionRow,
        folder: Path,
        canvas: Canvas,
        aside: Aside,
        activities: Activities,
        clock: Clock,
    ) -> None:
        """Nothing is shown before `meet`."""
        self.row = row
        self.offset = 0
        self.fresh = 0
        self.loose = False
        self.changed_at = clock.monotonic()
        self.ready = asyncio.Event()
        self._folder = folder
        self._canvas = canvas
        self._aside = aside
        self._activities = activities
        self._clock = clock
        self._lock = asyncio.Lock()
        self._stirred = asyncio.Event()
        self._scanner = SignalScanner()
        self._screen: Screen | None = None
        self._size = (0, 0)
        self._old = 0
        self._scanned = 0
        self._answers_from = 0
        self._written_at = 0.0
        self._unsafe = False

    async def resume(self) -> None:
        """Begin with the checkpoint that an earlier daemon left, where there is one."""

        def work() -> tuple[Rebuilt | None, float]:
            try:
                if not begin_restoring(self._folder):
                    self._unsafe = True
                    return None, last_written(self._folder)
                return resume(self._folder, self._canvas), last_written(self._folder)
            except WorldError as error:
                _log.warning("%s", error.message)
                return None, 0.0

        rebuilt, self._written_at = await self._aside.run(work)
        if rebuilt is not None:
            self._begin(rebuilt)
        self._activities.recall(
            self.row.id, rebuilt.memory if rebuilt else {}, rebuilt.screen.title if rebuilt else ""
        )

    async def meet(self, end: int, rows: int, columns: int, *, answers_from: int) -> None:
        """Learn from the holder how much output there is, and which size the terminal has.

        What comes before `answers_from` was written to somebody else, and is not answered.
        """
        async with self._lock:
            if self._screen is None or self.offset > end:
                begin = end if self._unsafe else 0
                self._begin(Rebuilt(self._canvas.blank(rows, columns), begin))
        self._old = end if not self.ready.is_set() and answers_from else 0
        self._answers_from = answers_from
        self._caught_up()

    async def take(self, offset: int, data: bytes) -> bytes:
        """Show output that begins at `offset`; returns what its questions are answered."""
        if offset < self.offset:
            offset, data = self.offset, data[self.offset - offset :]
        old = min(max(0, self._answers_from - offset), len(data))
        if old:
            await self._feed(offset, data[:old])
        answers = await self._feed(offset + old, data[old:]) if old < len(data) else b""
        self._caught_up()
        return answers

    async def skip(self, offset: int) -> None:
        """Go on at `offset`: what came before is lost."""
        async with self._lock:
            if self._screen is not None and offset > self.offset:
                self._screen.feed(after_gap(b""))
                self.offset = offset
        self._caught_up()

    async def resize(self, rows: int, columns: int) -> None:
        """Give the screen another size."""
        async with self._lock:
            if self._screen is None or (rows, columns) == self._size:
                return
            await self._aside.run(lambda: self._resize(rows, columns))
        self._activities.resized(self.row.id)
        self._show()

    def typed(self) -> None:
        """Take note that somebody gave the program input."""
        self._activities.typed(self.row.id)

    async def view(self, request: ScreenRequest) -> ScreenView:
        """Return what the screen shows, once it has the wanted size and no update is half done.

        Raises:
            UnavailableError: the session ended meanwhile.
        """
        size = request.get("rows", 0), request.get("columns", 0)
        if all(size):
            await self._until(lambda: self._size == size, _SIZE_PATIENCE)
        await self._drawn()
        wanted = Wanted.of(request)
        async with self._lock:
            screen = self._screen
            if screen is None:
                raise UnavailableError("the session has just ended", hint="ask once more")
            session, offset = self.row.id, self.offset
            return await self._aside.run(lambda: view(screen, session, offset, wanted))

    def look(self, half_done: bool) -> tuple[list[str], int] | None:
        """Return the lines that are shown and the cursor's row; None while something is being drawn.

        `half_done`: a synchronized update has taken too long to wait for its end.
        """
        screen = self._screen
        if screen is None or self._lock.locked() or (not half_done and screen.modes().synchronized):
            return None
        return screen.text(), screen.cursor().row

    async def keep(self) -> None:
        """Write a checkpoint; a disk that does not take it leaves the one before."""
        memory = self._activities.memory(self.row.id)
        async with self._lock:
            if self._screen is not None and self.fresh:
                await self._aside.run(lambda: self._keep(memory))

    async def compress(self) -> None:
        """Let the scrollback of a session that is quiet take less memory."""
        async with self._lock:
            if self._screen is not None:
                self.loose = False
                await self._aside.run(self._screen.compress)

    async def close(self) -> None:
        """Keep the screen, and free it."""
        await self.keep()
        end_restoring(self._folder)
        async with self._lock:
            screen, self._screen = self._screen, None
            if screen is not None:
                await self._aside.run(screen.close)
        self._show()

    async def _feed(self, offset: int, data: bytes) -> bytes:
        async with self._lock:
            screen = self._screen
            if screen is None:
                return b""
            if len(data) < _SMALL:
                answers, signals = self._take(screen, offset, data)
            else:
                answers, signals = await self._aside.run(lambda: self._take(screen, offset, data))
        begin, self._scanned = self._scanned, self._scanned + len(data)
        if self.offset <= self._old:
            part = Part(begin, len(data), signals, self._old - self.offset)
            self._activities.past(self.row.id, self._written_at, part)
            return b""
        self._activities.output(self.row.id, Part(begin, len(data), signals))
        self._show()
        return answers

    def _take(self, screen: Screen, offset: int, data: bytes) -> tuple[bytes, list[Signal]]:
        screen.feed(data if offset == self.offset else after_gap(data))
        self.offset = offset + len(data)
        self.fresh += len(data)
        self.loose = True
        return screen.take_replies(), self._scanner.feed(data)

    def _begin(self, rebuilt: Rebuilt) -> None:
        if self._screen is not None:
            self._screen.close()
        self._screen = rebuilt.screen
        self.offset = rebuilt.offset
        self._size = rebuilt.screen.rows, rebuilt.screen.columns
        self.loose = True

    def _caught_up(self) -> None:
        """Let the screen be seen once it has everything that was written before it was here."""
        if not self.ready.is_set() and self.offset >= self._old:
            self._activities.present(self.row.id)
            end_restoring(self._folder)
            self.ready.set()
            self._show()

    def _resize(self, rows: int, columns: int) -> None:
        assert self._screen is not None
        self._screen.resize(rows, columns)
        self._screen.take_replies()
        self._size = rows, columns
        self.loose = True

    def _keep(self, memory: dict[str, Any]) -> None:
        assert self._screen is not None
        encoded = self._screen.encode()
        form: Literal["ansi", "engine"] = "ansi" if encoded is None else "engine"
        data = self._screen.snapshot(None) if encoded is None else encoded
        rows, columns = self._size
        kept = Checkpoint(self.offset, rows, columns, form, ENGINE, data, memory)
        try:
            checkpoint.write(self._folder, kept)
        except OSError as error:  # the screen is right all the same, as long as this daemon lives
            _log.warning("the screen of session %s cannot be kept: %s", self.row.id, error.strerror)
        else:
            self.fresh = 0

    async def _until(self, done: Callable[[], bool], patience: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while not done():
                    self._stirred.clear()
                    await self._stirred.wait()

    async def _drawn(self) -> None:
        """Wait for the end of a synchronized update, but not for long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_SYNC_PATIENCE):
                while True:
                    self._stirred.clear()
                    async with self._lock:
                        if self._screen is None or not self._screen.modes().synchronized:
                            return
                    await self._stirred.wait()

    def _show(self) -> None:
        """Tell those who wait that something has changed."""
        self.changed_at = self._clock.monotonic()
        self._stirred.set()
