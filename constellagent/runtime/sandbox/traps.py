"""What is put up outside while the battery runs, for it to fail at: files, a listener, a key."""

import contextlib
import ctypes
import os
import secrets
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_ADD_KEY = {"x86_64": 248, "aarch64": 217, "riscv64": 217}
_KEYCTL = {"x86_64": 250, "aarch64": 219, "riscv64": 219}
_INVALIDATE = 21
_USERS = -4
"""The keyring that all processes of a user share."""
_SECRET = b"verify"


@dataclass(frozen=True, slots=True)
class Traps:
    """What is there outside, for as long as the battery runs.

    Attributes:
        name: a name that nobody else uses.
        files: files among the temporary ones.
        port: where somebody listens on this machine.
        key: the name of a key in the keyring of the user, empty where the kernel keeps none.
    """

    name: str
    files: tuple[Path, ...] = ()
    port: int = 0
    key: str = ""


@contextmanager
def set_up(folders: Iterable[Path]) -> Iterator[Traps]:
    """Put everything up while the body runs, with a file in each of the folders that takes one."""
    name = f"constellagent-verify-{secrets.token_hex(6)}"
    with contextlib.ExitStack() as stack:
        files = []
        for folder in folders:
            place = folder / f"{name}-there"
            with contextlib.suppress(OSError):
                os.close(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
                stack.callback(place.unlink, missing_ok=True)
                place.write_bytes(_SECRET)
                files.append(place)
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=16))
        key = _add_key(name)
        if key:
            stack.callback(_forget, key)
        yield Traps(name, tuple(files), listener.getsockname()[1], name if key else "")


def _add_key(name: str) -> int:
    """Put a key into the user's keyring; returns its number, 0 where that cannot be done."""
    number = _ADD_KEY.get(os.uname().machine)
    if number is None:
        return 0
    libc = ctypes.CDLL(None, use_errno=True)
    size = ctypes.c_size_t(len(_SECRET))
    made = libc.syscall(number, b"user", os.fsencode(name), _SECRET, size, ctypes.c_long(_USERS))
    return max(0, int(made))


def _forget(key: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall(_KEYCTL[os.uname().machine], ctypes.c_long(_INVALIDATE), ctypes.c_long(key))
