"""Ways past the mounts that the kernel offers to who has the rights, or makes a namespace for them.

Each is tried in a process of its own, and counts as reached only where it led to what the sandbox covers:
that a namespace can be made inside is no way out by itself.
"""

import contextlib
import ctypes
import os
import stat
import struct
from collections.abc import Callable

from constellagent.runtime.sandbox.battery_program.lines import (
    Answer,
    Asked,
    line,
    of_attempts,
    of_each,
    openable,
)

_NEW_USER, _NEW_MOUNTS = 0x10000000, 0x00020000
_REMOUNT, _BIND, _PRIVATE = 0x20, 0x1000, 0x40000 | 0x4000
_DETACH = 2
_AT_FDCWD = -100
_HANDLE = 128
"""Bytes of a file handle at most."""
_SEARCH = {"x86_64": 250, "aarch64": 219, "riscv64": 219}
"""The number of `keyctl`."""
_KEYCTL_SEARCH = 10
_KEYRINGS = {"the session's": -3, "the user's": -4, "the user's session's": -5}
"""Keyrings that a process may have from who started it."""


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _apart(goal: Callable[[], bool]) -> bool:
    """Try to reach a goal in a process of its own; what it changes of its mounts ends with it."""
    child = os.fork()
    if child == 0:
        reached = False
        with contextlib.suppress(Exception):
            reached = goal()
        os._exit(0 if reached else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _privileged() -> None:
    """Take mounts of our own, with the rights that we have, or those of a new user namespace."""
    libc = _libc()
    if libc.unshare(_NEW_MOUNTS) != 0:
        user, group = os.getuid(), os.getgid()
        if libc.unshare(_NEW_USER | _NEW_MOUNTS) == 0:
            for name, text in (
                ("setgroups", "deny"),
                ("uid_map", f"0 {user} 1"),
                ("gid_map", f"0 {group} 1"),
            ):
                with contextlib.suppress(OSError), open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123 - plain paths
                    file.write(text)
    libc.mount(None, b"/", None, _PRIVATE, None)


def _with_mounts(name: str, goal: Callable[[ctypes.CDLL], bool]) -> Answer:
    def attempt() -> bool:
        _privileged()
        return goal(_libc())

    return of_each([name], lambda _: _apart(attempt))


@line("uncover the state by unmounting", "kept")
def unmount(asked: Asked) -> Answer:
    """Each cover over a folder of the path, from the deepest on."""
    place = asked.text("canary")

    def goal(libc: ctypes.CDLL) -> bool:
        folder = place
        while folder not in {"", "/"}:
            folder = folder.rpartition("/")[0]
            for _ in range(3):
                libc.umount2(os.fsencode(folder or "/"), _DETACH)
        return openable(place, os.O_RDONLY)

    return _with_mounts(place, goal)


@line("make guarded places writable by mounting", "kept")
def remount(asked: Asked) -> Answer:
    """By mounting them again, or their folder over another place."""
    common = asked.text("common")
    config = f"{common}/config"

    def goal(libc: ctypes.CDLL) -> bool:
        for place in (config, common, "/"):
            libc.mount(None, os.fsencode(place), None, _REMOUNT | _BIND, None)
        libc.umount2(os.fsencode(config), _DETACH)
        return openable(config)

    return _with_mounts(config, goal)


@line("leave the sandbox's root", "kept")
def chroot(asked: Asked) -> Answer:
    """By the old way: a root below the working folder, and up from there."""
    place = asked.text("canary")

    def goal(libc: ctypes.CDLL) -> bool:
        libc.unshare(_NEW_USER)
        above = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
        with contextlib.suppress(OSError):
            os.chroot(asked.text("worktree"))
        os.fchdir(above)
        for _ in range(64):
            os.chdir("..")
        return openable(place.lstrip("/"), os.O_RDONLY)

    return _with_mounts(place, goal)


@line("make a device of a disk", "kept")
def device(asked: Asked) -> Answer:
    """A node of the disk that the worktree is on would be all of its files."""
    place = f"{asked.text('worktree')}/{asked.text('nonce')}"

    def attempt() -> bool:
        try:
            os.mknod(place, 0o600 | stat.S_IFBLK, os.makedev(7, 0))
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(place)  # noqa: PTH108 - plain paths
        return True

    return of_attempts([("a block device", attempt)])


@line("open disks and the kernel's memory", "kept")
def devices(asked: Asked) -> Answer:
    """Those of the machine, by their names."""
    return of_each(asked.texts("devices"), lambda place: openable(place, os.O_RDONLY))


@line("open files by their number", "kept")
def handle(asked: Asked) -> Answer:
    """A handle names a file of a disk, whatever covers its path."""

    def attempt() -> bool:
        libc = _libc()
        worktree = asked.text("worktree")
        found = ctypes.create_string_buffer(struct.pack("Ii", _HANDLE, 0) + b"\0" * _HANDLE)
        mount = ctypes.c_int()
        if libc.name_to_handle_at(_AT_FDCWD, os.fsencode(worktree), found, ctypes.byref(mount), 0) != 0:
            raise OSError(ctypes.get_errno(), "name_to_handle_at")
        folder = os.open(worktree, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fd = int(libc.open_by_handle_at(folder, found, os.O_RDONLY))
        finally:
            os.close(folder)
        if fd >= 0:
            os.close(fd)
        return fd >= 0

    return of_attempts([("a file handle", attempt)])


@line("change settings of the kernel", "kept")
def settings(asked: Asked) -> Answer:
    """Some of them name programs that the kernel runs, outside. They are opened, and not written."""
    return of_each(asked.texts("settings"), openable)


@line("leave the control group", "kept")
def groups(asked: Asked) -> Answer:
    """What of the groups can be opened for writing."""
    return of_each(asked.texts("groups"), openable)


@line("find keys of the person in the kernel", "kept")
def keys(asked: Asked) -> Answer:
    """A key that who asked has put into each keyring that processes of a user share."""
    name = asked.text("key")
    number = _SEARCH.get(os.uname().machine)
    if not name or number is None:
        return Answer(0)

    def search(ring: int) -> bool:
        found = _libc().syscall(
            number,
            ctypes.c_long(_KEYCTL_SEARCH),
            ctypes.c_long(ring),
            b"user",
            os.fsencode(name),
            ctypes.c_long(0),
        )
        return int(found) > 0

    return of_each(_KEYRINGS, lambda ring: search(_KEYRINGS[ring]))
