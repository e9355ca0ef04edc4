"""Giving memory back that is free but not the system's: a daemon that runs for weeks must not grow.

The C library of Linux keeps what was freed between what is still in use, in a heap for each few threads. The
more heaps there are, and the larger the blocks in them, the more of them is holes. So the daemon has few,
takes large blocks from the system one by one, and returns whole free pages now and then. Other systems'
libraries do so by themselves, or cannot be asked.
"""

import asyncio
import ctypes
from collections.abc import Callable
from typing import cast

EVERY = 30.0
"""Seconds between two returns of free memory."""

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
"""What `mallopt` knows these by: malloc.h."""
_HEAPS = 2
"""One for the event loop, one for all other threads; they take turns under the interpreter's lock anyway."""
_LARGE = 1 << 20
"""Bytes from which a block is the system's own; unless it is set it rises with each one that is freed."""
_TOP = 2 << 20
"""Bytes that may be free at the end of a heap before they are returned."""


def _function(name: str, *arguments: type) -> Callable[..., int] | None:
    try:
        found = getattr(ctypes.CDLL(None), name)
    except (AttributeError, OSError):
        return None
    found.argtypes, found.restype = arguments, ctypes.c_int
    return cast("Callable[..., int]", found)


_TRIM = _function("malloc_trim", ctypes.c_size_t)
_OPTION = _function("mallopt", ctypes.c_int, ctypes.c_int) if _TRIM is not None else None


def hold_little() -> bool:
    """Let this process keep little of what it frees; says whether the C library does as asked.

    To be called before there are threads: a heap that was made for one stays.
    """
    if _OPTION is None:
        return False
    wanted = ((_ARENA_MAX, _HEAPS), (_MMAP_THRESHOLD, _LARGE), (_TRIM_THRESHOLD, _TOP))
    return sum(_OPTION(option, value) for option, value in wanted) == len(wanted)


def give_back() -> bool:
    """Return free memory to the system, which takes milliseconds; says whether there was any to return."""
    return _TRIM is not None and bool(_TRIM(0))


async def keep_giving_back(every: float = EVERY) -> None:
    """Return free memory every so many seconds, until cancelled."""
    while _TRIM is not None:
        await asyncio.sleep(every)
        await asyncio.to_thread(give_back)
