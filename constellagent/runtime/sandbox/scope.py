"""Keeps a program from sockets that have no file: those belong to the network, and no mount hides them.

Whoever reaches the display's or a bus's types and starts programs as the person. A kernel since 6.12 keeps a
program, and all that it starts, to such sockets of its own; an older one cannot, and the program runs all
the same. Nothing else is asked of that part of the kernel: it would take mounts away from programs that make
sandboxes of their own.
"""

import ctypes

_CREATE, _RESTRICT = 444, 446
"""`landlock_create_ruleset` and `landlock_restrict_self`, which have these numbers on every machine."""
_VERSION = 1
"""Asks which version the kernel has."""
_SCOPES = 6
"""The version that knows scopes."""
_ABSTRACT_SOCKETS = 1
_NO_NEW_PRIVILEGES = 38


def able() -> bool:
    """Say whether the kernel can do it."""
    libc = ctypes.CDLL(None)
    return int(libc.syscall(_CREATE, None, ctypes.c_size_t(0), _VERSION)) >= _SCOPES


def keep_apart() -> bool:
    """Keep this process, and all that it becomes and starts, to its own; says whether that was done."""
    if not able():
        return False
    libc = ctypes.CDLL(None)
    rules = (ctypes.c_uint64 * 3)(0, 0, _ABSTRACT_SOCKETS)
    held = libc.syscall(_CREATE, rules, ctypes.c_size_t(ctypes.sizeof(rules)), 0)
    if held < 0 or libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return False
    return int(libc.syscall(_RESTRICT, held, 0)) == 0
