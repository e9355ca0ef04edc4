"""Who is at the other end of a unix socket, by the kernel. The holder uses this, so it imports little."""

import socket
import struct
import sys

_UID = struct.Struct("=I")


def uid_of(connection: socket.socket) -> int | None:
    """Return the user of the process that connected or listens there; None where nobody can tell."""
    try:
        if sys.platform == "darwin":
            credentials = connection.getsockopt(0, 1, 76)  # SOL_LOCAL, LOCAL_PEERCRED, struct xucred
        else:
            credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        (uid,) = _UID.unpack_from(credentials, 4)
    except (OSError, struct.error):
        return None
    return int(uid)
