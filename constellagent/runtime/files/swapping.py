"""Two names of one folder exchange what they name, at one instant: the one place where systems differ on it.

A rename over a file destroys whatever is there at that instant, seen or not. An exchange keeps it, so that it
can be looked at afterwards and put back.
"""

import ctypes
import errno
import os
import sys

_RENAME_EXCHANGE = 2
_RENAME_SWAP = 2
_UNKNOWN = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})


def exchange(folder: int, one: str, other: str) -> bool:
    """Exchange two names in an open folder; False where this system or file system cannot.

    Raises:
        OSError: one of them is not there, or the folder cannot be written.
    """
    call = _call()
    if call is None:
        return False
    if call(folder, os.fsencode(one), folder, os.fsencode(other)) == 0:
        return True
    number = ctypes.get_errno()
    if number in _UNKNOWN:
        return False
    raise OSError(number, os.strerror(number), one)


class _Call:
    def __init__(self, function: "ctypes._NamedFuncPointer", flag: int) -> None:
        function.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
        function.restype = ctypes.c_int
        self._function = function
        self._flag = flag

    def __call__(self, folder: int, one: bytes, folder_of_other: int, other: bytes) -> int:
        return int(self._function(folder, one, folder_of_other, other, self._flag))


def _call() -> _Call | None:
    name, flag = (
        ("renameatx_np", _RENAME_SWAP) if sys.platform == "darwin" else ("renameat2", _RENAME_EXCHANGE)
    )
    try:
        return _Call(getattr(ctypes.CDLL(None, use_errno=True), name), flag)
    except AttributeError:  # a C library without it
        return None
