"""The hands of a delivery: a paste, a pause, then a lone Enter, and whether the program read them.

Programs that read a paste and an Enter in one go take the Enter for a part of the paste; a third of a
second apart, every agent we know starts a turn. So Enter waits until the paste was read, which the input
queue of the session's terminal tells. That the output moves on afterwards is the last sign of those that we
know nothing else of; without it nobody is told that the program took the text.
"""

import asyncio
import fcntl
import os
import struct
import termios
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from constellagent.runtime import processes
from constellagent.runtime.holder.log import LogReader
from constellagent.term.keys import paste
from constellagent.term.scanner import ModeTracker

PAUSE = 0.35
"""Seconds between the paste, once it was read, and the Enter."""
SHOWN_WITHIN = 1.0
"""Seconds in which a program that has read the paste usually shows something of it."""
READ_WITHIN = 3.0
"""Seconds more in which a program that is busy should have read it."""
TAKEN_WITHIN = 4.0
"""Seconds in which the output should have moved on after Enter."""

_TAIL = 1 << 20
_LOOK_AGAIN = 0.02
_ON_ITS_WAY = 0.05
"""Seconds that input may take from the holder into the queue of the terminal."""

Write = Callable[[bytes], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a delivery went.

    Attributes:
        confirmed: the program read all of it, and showed that it took it.
        why: what is known where it is not confirmed, in words; empty where it is.
    """

    confirmed: bool
    why: str = ""


class _Line(NamedTuple):
    """One look at a session: where its output ends, and what its program has not read yet.

    `unread` is None where that cannot be seen. `cooked` says that the kernel collects and shows lines, so
    that what is on the screen is no sign of the program.
    """

    end: int
    unread: int | None
    cooked: bool


class Hands:
    """Types into one session. The caller sees to it that nobody else does."""

    def __init__(self, log: Path, write: Write, pid: int | None) -> None:
        """`pid` is the session's program, whose terminal tells what was read; else the output has to."""
        self._reader = LogReader(log)
        self._write = write
        self._pid = pid

    async def deliver(self, text: str, *, enter: bool, brackets: bool | None = None) -> Delivery:
        """Deliver to a program of which nothing is known but its output. Takes ten seconds at most.

        Raises:
            ConstellagentError: what `write` raises.
        """
        before = await self._look()
        unread = await self.paste(text, enter=enter, brackets=brackets)
        if unread is not None:
            return unread
        if not enter:
            shown = (await self._look()).end > before.end
            return Delivery(shown, "" if shown else "its terminal shows nothing of it")
        await asyncio.sleep(PAUSE)
        before = await self._look()
        if before.unread and not before.cooked:  # it was still on its way when the terminal seemed to be read
            return Delivery(False, await self._unread(enter=True))
        await self.press(b"\r")
        line = await self._until(lambda now: not now.unread and now.end > before.end, TAKEN_WITHIN)
        if line.unread:
            return Delivery(False, await self._waits())
        if line.end <= before.end:
            return Delivery(False, "its terminal shows nothing new since Enter was pressed")
        return Delivery(True)

    async def paste(self, text: str, *, enter: bool, brackets: bool | None = None) -> Delivery | None:
        """Paste `text`, in brackets only where the program has asked for these; None once it was read.

        Where nobody knows whether it has, the end of its output has to tell.

        Raises:
            ConstellagentError: what `write` raises.
        """
        if brackets is None:
            brackets = await asyncio.to_thread(_wants_brackets, self._reader)
        data = paste(text, bracketed=brackets)
        before = await self._look()
        if text:
            await self.press(data)
            await self._until(lambda now: not now.unread and now.end > before.end, SHOWN_WITHIN)
        line = await self._until(lambda now: not now.unread, READ_WITHIN)
        if line.unread and not line.cooked:
            return Delivery(False, await self._unread(enter=enter))
        return None

    async def press(self, data: bytes) -> None:
        """Write what a key sends, and leave it the time to get there.

        Raises:
            ConstellagentError: what `write` raises.
        """
        await self._write(data)
        await asyncio.sleep(_ON_ITS_WAY)

    async def _until(self, done: Callable[[_Line], bool], patience: float) -> _Line:
        """Look until `done`, or the time is over; returns the last look."""
        loop = asyncio.get_running_loop()
        end = loop.time() + patience
        while not done(line := await self._look()) and loop.time() < end:  # noqa: ASYNC110 - no event
            await asyncio.sleep(_LOOK_AGAIN)
        return line

    async def _look(self) -> _Line:
        return await asyncio.to_thread(_line, self._reader, self._pid)

    async def _unread(self, *, enter: bool) -> str:
        enter_too = ", and Enter was not pressed" if enter else ""
        return f"{await self._state()}; the text waits in its terminal{enter_too}"

    async def _waits(self) -> str:
        return f"{await self._state()}; the text waits in its terminal until it does"

    async def _state(self) -> str:
        state = await asyncio.to_thread(_state, self._pid)
        return "the program is stopped" if state == "T" else "the program does not read its input now"


def _line(reader: LogReader, pid: int | None) -> _Line:
    end = reader.end()
    try:
        path = processes.terminal_of(pid) if pid is not None else ""
        if not path:
            return _Line(end, None, cooked=False)
        terminal = os.open(path, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            (unread,) = struct.unpack("i", fcntl.ioctl(terminal, termios.FIONREAD, bytes(4)))
            return _Line(end, unread, cooked=bool(termios.tcgetattr(terminal)[3] & termios.ICANON))
        finally:
            os.close(terminal)
    except (OSError, termios.error):
        return _Line(end, None, cooked=False)  # the session is ending, or belongs to another kind of system


def _state(pid: int | None) -> str | None:
    try:
        return None if pid is None else processes.state_of(pid)
    except OSError:
        return None


def _wants_brackets(reader: LogReader) -> bool:
    """The last mebibyte of output tells: programs repeat the mode whenever they take the terminal over."""
    modes = ModeTracker()
    offset = max(reader.begin(), reader.end() - _TAIL)
    while True:
        begin, data = reader.read(offset, 1 << 16)
        if not data:
            return modes.bracketed_paste
        modes.feed(data)
        offset = begin + len(data)
