"""A Linux timer on the wall clock that also rings when somebody sets that clock.

Python offers it from 3.13 on; through ctypes it is there on every release. Where the system lacks it there is
none, and the loop's longest wait is what notices a set clock.
"""

import contextlib
import ctypes
import errno
import os
import sys
import time

_ABSTIME = 1
_CANCEL_ON_SET = 2
_NANOSECONDS = 1_000_000_000


class _Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _Itimerspec(ctypes.Structure):
    _fields_ = (("interval", _Timespec), ("value", _Timespec))


class WallTimer:
    """One timer; its descriptor is readable when it is over or the clock was set."""

    def __init__(self) -> None:
        """Make the timer.

        Raises:
            OSError: this system has none.
        """
        if sys.platform != "linux":
            raise OSError(errno.ENOSYS, "there is no timerfd")
        libc = ctypes.CDLL(None, use_errno=True)
        try:
            create, self._settime = libc.timerfd_create, libc.timerfd_settime
        except AttributeError as error:
            raise OSError(errno.ENOSYS, "the C library has no timerfd") from error
        self.fd: int = create(time.CLOCK_REALTIME, os.O_NONBLOCK | os.O_CLOEXEC)
        if self.fd < 0:
            raise _error()

    def set(self, epoch: float) -> None:
        """Let the timer be over at a time of the wall clock, in seconds since the epoch.

        Raises:
            OSError: it cannot be set.
        """
        nanoseconds = max(round(epoch * _NANOSECONDS), 1)  # zero would mean: never
        value = _Timespec(*divmod(nanoseconds, _NANOSECONDS))
        spec = _Itimerspec(_Timespec(0, 0), value)
        if self._settime(self.fd, _ABSTIME | _CANCEL_ON_SET, ctypes.byref(spec), None) < 0:
            raise _error()

    def read(self) -> None:
        """Take note that it rang, so that the descriptor is not readable any more."""
        with contextlib.suppress(BlockingIOError, OSError):  # ECANCELED: the clock was set
            os.read(self.fd, 8)

    def close(self) -> None:
        """Give the timer up."""
        os.close(self.fd)


def _error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))
