"""Giving memory back that is free but not the system's: after a flood most of what it took is of no more use.

The C library of Linux keeps what was freed between what is still in use; asked to, it returns whole pages of
it. Other systems' libraries do so by themselves, or cannot be asked.
"""

import ctypes
from collections.abc import Callable
from typing import cast


def _trim() -> Callable[[int], int] | None:
    try:
        found = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError):
        return None
    found.argtypes, found.restype = [ctypes.c_size_t], ctypes.c_int
    return cast("Callable[[int], int]", found)


_TRIM = _trim()


def give_back() -> bool:
    """Return free memory to the system, which takes milliseconds; says whether there was any to return."""
    return _TRIM is not None and bool(_TRIM(0))
