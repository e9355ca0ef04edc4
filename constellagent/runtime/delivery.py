"""Getting a prompt into a session: a bracketed paste, a pause, then a lone Enter.

Programs that read a paste and an Enter in one write take the Enter for a part of the paste; a third of a
second apart, every agent we know starts a turn.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from constellagent.runtime.holder.log import LogReader
from constellagent.term.keys import paste
from constellagent.term.scanner import ModeTracker

PAUSE = 0.35
"""Seconds between the paste and the Enter."""

_TAIL = 1 << 20

Write = Callable[[bytes], Awaitable[None]]


async def deliver(text: str, log: Path, write: Write, *, enter: bool) -> None:
    """Deliver `text`; brackets it only where the program has asked for bracketed paste."""
    bracketed = await asyncio.to_thread(_wants_brackets, log)
    await write(paste(text, bracketed=bracketed))
    if enter:
        await asyncio.sleep(PAUSE)
        await write(b"\r")


def _wants_brackets(log: Path) -> bool:
    """The last mebibyte of output tells: programs repeat the mode whenever they take the terminal over."""
    reader = LogReader(log)
    modes = ModeTracker()
    offset = max(reader.begin(), reader.end() - _TAIL)
    while True:
        begin, data = reader.read(offset, 1 << 16)
        if not data:
            return modes.bracketed_paste
        modes.feed(data)
        offset = begin + len(data)
