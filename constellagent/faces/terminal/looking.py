"""`attach --view`: a session's screen for someone who only looks, on a terminal of any size.

The session keeps its size, so its bytes would come out wrong on any other; and nothing that the program asks
of its terminal is meant for one who looks. So a screen of the session's size is kept here, and its rows are
drawn as far as they fit. Imports the terminal engine, which takes longer than all the rest of `attach`.
"""

import os
import select
import time
from functools import partial
from pathlib import Path
from typing import Any

from constellagent.faces.terminal import clipping
from constellagent.faces.terminal.painting import TakeSnapshot, recent
from constellagent.faces.terminal.raw import RawTerminal
from constellagent.faces.terminal.visits import stay, told
from constellagent.runtime.holder import protocol
from constellagent.runtime.holder.line import Line
from constellagent.runtime.holder.log import LogReader
from constellagent.term.cells import Cell, Row
from constellagent.term.keys import DetachScanner
from constellagent.term.screen import Screen

_CHUNK = 1 << 12
_FRAME = 1 / 30
_HELD = 0.15
"""Seconds that a program may hold its screen back (mode 2026)."""
_SECOND_PRESS = 0.4
_INTERRUPT = b"\x03"
_ENTER = b"\x1b[?1049h\x1b[?7l\x1b[?25l"
"""Another screen than the person's own, where nothing wraps."""


def look(socket: Path, log: Path, *, detach_key: bytes, snapshot: TakeSnapshot) -> int:
    """Show a session on this terminal until it ends, or the detach key or Ctrl-C is pressed.

    Returns the exit status to use.

    Raises:
        UsageError: standard input or output is no terminal.
        UnavailableError: the session's holder cannot be reached, or died meanwhile.
        WorldError: the terminal engine cannot be used here.
    """
    return told(
        lambda: stay(
            socket,
            lambda line, terminal: Looking(
                line, terminal, LogReader(log), detach_key=detach_key, snapshot=snapshot
            ),
        )
    )


class Looking:
    """A session shown over one connection.

    Attributes:
        detached: the person left.
        ending: the final status of a session that ended, None otherwise.
    """

    def __init__(
        self, line: Line, terminal: RawTerminal, log: LogReader, *, detach_key: bytes, snapshot: TakeSnapshot
    ) -> None:
        self._line = line
        self._terminal = terminal
        self._keys = DetachScanner(detach_key)
        self._expire_at: float | None = None
        self._screen, self._offset = _first(line, log, snapshot)
        self._corner = (0, 0)
        self._draw_at: float | None = None
        self._held_until: float | None = None
        self._drawn_at = 0.0
        self._over = False
        self.detached = False
        self.ending: dict[str, Any] | None = None

    def show(self) -> None:
        """Show the session's screen, and ask for what follows it."""
        self._terminal.show(_ENTER)
        self._draw(everything=True)
        self._line.join(self._offset, 1, view=True, take=self._take)

    def run(self) -> None:
        """Draw what changes, until somebody leaves."""
        readers = [0, self._line.fileno(), self._terminal.woken]
        while not self._over:
            ready, _, _ = select.select(readers, self._line.waiting(), (), self._timeout())
            if 0 in ready:
                self._typed(os.read(0, _CHUNK))
            if readers[1] in ready:
                self._receive()
            if readers[2] in ready:
                os.read(readers[2], 4096)
                self._draw(everything=True)
            self._line.flush()
            self._due(time.monotonic())

    def leave(self) -> None:
        """Let go of the screen."""
        self._screen.close()

    def _timeout(self) -> float | None:
        due = [at for at in (self._draw_at, self._expire_at) if at is not None]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _due(self, now: float) -> None:
        if self._draw_at is not None and now >= self._draw_at:
            self._draw(everything=False)
        if self._expire_at is not None and now >= self._expire_at:
            self._pressed(*self._keys.expire())

    def _receive(self) -> None:
        frames = self._line.receive()
        if frames is None:
            self._over = True
            return
        for kind, payload in frames:
            self._take(kind, payload)

    def _take(self, kind: int, payload: bytes) -> None:
        screen = self._screen
        if kind == protocol.OUTPUT:
            screen.feed(protocol.parse_output(payload)[1])
            screen.take_replies()
            self._draw_soon(held=screen.modes().synchronized)
        elif kind == protocol.SIZED:
            _, rows, columns = protocol.parse_sized(payload)
            if (rows, columns) != (screen.rows, screen.columns):
                screen.resize(rows, columns)
                self._draw(everything=True)
        elif kind == protocol.EXIT:
            self.ending = protocol.parse_report(payload)
            self._over = True

    def _draw_soon(self, *, held: bool) -> None:
        """Draw when the next frame is due, or once the program no longer holds its screen back."""
        self._draw_at = self._drawn_at + _FRAME
        if not held:
            self._held_until = None
            return
        if self._held_until is None:
            self._held_until = time.monotonic() + _HELD
        self._draw_at = max(self._draw_at, self._held_until)

    def _typed(self, data: bytes) -> None:
        if not data or _INTERRUPT in data:  # nothing comes where the terminal has gone
            self.detached = self._over = True
            return
        self._pressed(*self._keys.feed(data))

    def _pressed(self, _typed: bytes, detached: bool) -> None:
        if detached:
            self.detached = self._over = True
        self._expire_at = time.monotonic() + _SECOND_PRESS if self._keys.waiting else None

    def _draw(self, *, everything: bool) -> None:
        """Draw what has changed, or all of it, and a line about the sizes where they differ."""
        screen = self._screen
        rows, columns = self._terminal.size()
        fits = (rows, columns) == (screen.rows, screen.columns)
        height = rows if fits or rows < 2 else rows - 1
        cursor = screen.cursor()
        top = clipping.follow(self._corner[0], height, screen.rows, cursor.row)
        panned = self._corner[1] if cursor.column >= columns else 0  # back as soon as the beginning shows it
        left = clipping.follow(panned, columns, screen.columns, cursor.column)
        everything = everything or (top, left) != self._corner
        self._corner = top, left
        changed = screen.changed()
        if everything:
            changed = list(enumerate(screen.read()))
        out = ["\x1b[?25l", clipping.PLAIN, "\x1b[2J" if everything else ""]
        out += self._rows(changed, top, left, height, columns)
        if everything and height < rows:
            text = f" the session has {screen.rows}x{screen.columns}, this terminal {rows}x{columns}"
            out.append(clipping.status(rows - 1, columns, text))
        if cursor.visible and top <= cursor.row < top + height and left <= cursor.column < left + columns:
            out.append(f"\x1b[{cursor.row - top + 1};{cursor.column - left + 1}H\x1b[?25h")
        self._terminal.write("".join(out).encode(errors="replace"))
        self._draw_at = None
        self._drawn_at = time.monotonic()

    def _rows(
        self, changed: list[tuple[int, Row]], top: int, left: int, height: int, width: int
    ) -> list[str]:
        cells = _Cells(self._screen)
        return [
            clipping.drawn(row, partial(cells.row, at), at - top, left, width, width)
            for at, row in changed
            if top <= at < top + height
        ]


class _Cells:
    """The cells of a screen, read once and only if somebody asks."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._cells: list[list[Cell]] | None = None

    def row(self, at: int) -> list[Cell]:
        """Return the cells of one row."""
        if self._cells is None:
            self._cells = self._screen.cells()
        return self._cells[at]


def _first(line: Line, log: LogReader, snapshot: TakeSnapshot) -> tuple[Screen, int]:
    """Return the screen as the daemon knows it, or made of recent output, and where output goes on."""
    found = snapshot(None)
    if found is not None:
        screen, offset, data = Screen(found.rows, found.columns, scrollback=0), found.offset, found.data
    else:
        screen = Screen(line.session["rows"], line.session["columns"], scrollback=0)
        offset, _, setup, recently = recent(log)
        data = setup + recently
    screen.feed(data)
    screen.take_replies()
    return screen, offset
