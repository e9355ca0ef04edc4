"""Passing an open terminal between a holder and a viewer's `attach`, to spare bytes the way through both.

Both ends use this module. A descriptor goes over the session's unix socket only, and only between processes
of one user; what comes in is closed on exec, so no program ever inherits it.
"""

import os
import socket
import struct

from constellagent.runtime.peers import uid_of


def same_user(connection: socket.socket) -> bool:
    """Say whether the process at the other end runs as this one does; False where nobody can tell."""
    return uid_of(connection) == os.geteuid()


def send(connection: socket.socket, data: bytes, descriptor: int) -> bool:
    """Send `data`, which must be short, and a copy of the descriptor; False where nothing was sent."""
    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("i", descriptor))
    try:
        return connection.sendmsg([data], [rights]) == len(data)
    except OSError:
        return False


def receive(connection: socket.socket, size: int) -> tuple[bytes, int | None]:
    """Return up to `size` bytes and the descriptor that came with them, None for none; the caller closes it.

    Raises:
        OSError: as `recv` does.
    """
    data, ancillary, _, _ = connection.recvmsg(size, socket.CMSG_LEN(4))  # room for one: others are closed
    for level, kind, content in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS) and len(content) == 4:
            (descriptor,) = struct.unpack("i", content)
            os.set_inheritable(descriptor, False)
            return data, descriptor
    return data, None
