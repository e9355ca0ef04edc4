"""Keeping other programs of the same user out of this process, where the system offers it.

The daemon's memory holds the root key, and its first environment may hold a passphrase. Linux can forbid
looking at both (`/proc/PID/mem`, `/proc/PID/environ`, ptrace) to everybody but root; macOS does so for every
program without a debugging entitlement. No core file is written on either.
"""

import ctypes
import os
import resource
import sys

_PR_SET_DUMPABLE = 4


def close_to_others(platform: str = sys.platform) -> None:
    """Forbid core files and, on Linux, looking into this process.

    Programs that it starts can be looked at again, and may write core files if they ask for it: only the soft
    limit is lowered. The process itself cannot open its own `/proc/self/environ` any more, unless it is root.

    Raises:
        OSError: the kernel refuses.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    if platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
