"""What a terminal shows first: the session's screen as the daemon knows it, or else its recent output.

Either ends at an offset of the log, from which the session's own bytes go on.
"""

from collections.abc import Callable
from dataclasses import dataclass

from constellagent.faces.terminal.raw import RawTerminal
from constellagent.runtime.holder.log import LogReader
from constellagent.term.scanner import ModeTracker, QueryStripper
from constellagent.term.scanner.clipboard import ClipboardGuard

RECENT = 1 << 18
"""Bytes of recent output that stand in for a screen that nobody knows."""
_PART = 1 << 20
_KEYS_PUSHED = b"\x1b[>0u"
"""Makes room for the program's keyboard flags (kitty), which a snapshot sets in place of the person's own."""
_KEYS_SET = b"\x1b[="


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A session's screen after its output up to `offset` of the log.

    `data` draws it on a fresh terminal of its `rows` and `columns`.
    """

    offset: int
    data: bytes
    rows: int
    columns: int


TakeSnapshot = Callable[[tuple[int, int] | None], Snapshot | None]
"""Returns the screen, None where nobody knows it. It is given the rows and columns that were just asked of
the session, for which it may wait a moment, and None by who only looks."""


def paint(terminal: RawTerminal, snapshot: Snapshot) -> int:
    """Show a screen, with what was on the terminal moved up into its scrollback; returns where to go on."""
    rows, _ = terminal.size()
    terminal.write(b"\r\n" * rows + b"\x1b[m\x1b[H\x1b[J")
    terminal.keys_set = _KEYS_SET in snapshot.data
    terminal.show(_KEYS_PUSHED + snapshot.data if terminal.keys_set else snapshot.data)
    return snapshot.offset


def replay(terminal: RawTerminal, log: LogReader) -> int:
    """Put the terminal into the program's modes and show recent output; returns where to go on.

    Old bytes of a full-screen program would be garbage, so the terminal is cleared for it: it draws itself
    when it gets the terminal's size.
    """
    offset, modes, setup, data = recent(log)
    terminal.modes = modes
    if modes.alternate_screen:
        terminal.write(modes.setup_sequence() + b"\x1b[2J\x1b[H")
    else:
        stripper = QueryStripper()
        guard = ClipboardGuard()  # what was copied then was copied then
        terminal.write(setup + guard.feed(stripper.feed(data) + stripper.flush()) + guard.flush())
    return offset


def recent(log: LogReader) -> tuple[int, ModeTracker, bytes, bytes]:
    """Return the offset of the log's end, the modes that are on there, and the output just before.

    With the output comes what puts a fresh terminal into the modes in which it begins.
    """
    modes = ModeTracker()
    offset = log.begin()
    start = max(offset, log.end() - RECENT)
    while offset < start:
        begin, data = log.read(offset, min(start - offset, _PART))
        if not data:
            break
        modes.feed(data)
        offset = begin + len(data)
    setup = modes.setup_sequence()
    first = offset
    offset, data = log.tail(max(0, log.end() - first))
    modes.feed(data)
    return offset, modes, setup, data if first == 0 else _from_line(data)


def _from_line(data: bytes) -> bytes:
    """Return `data` from its first whole line on, as it may begin in the middle of anything."""
    return data[data.find(b"\n", 0, 4096) + 1 :]
