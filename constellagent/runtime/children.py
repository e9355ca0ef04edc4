"""How the daemon learns that a child has ended: git is started many times a second, so each start counts.

Before Python 3.12 asyncio starts a thread for every child, only to wait for it. That costs more CPU than the
kernel's own way, a descriptor that becomes readable, and each such thread may leave memory in another heap.
"""

import asyncio
import os
import sys


def wait_without_threads() -> bool:
    """Let this process wait for children by descriptors where the kernel has them; says whether it does.

    To be called before an event loop runs. Later Pythons do it by themselves.
    """
    if sys.version_info >= (3, 12) or not _has_descriptors():
        return False
    asyncio.set_child_watcher(asyncio.PidfdChildWatcher())
    return True


def _has_descriptors() -> bool:
    """Say whether this kernel opens processes: Linux since 5.3, unless a filter of calls forbids it."""
    try:
        descriptor = os.pidfd_open(os.getpid())
    except (AttributeError, OSError):
        return False
    os.close(descriptor)
    return True
