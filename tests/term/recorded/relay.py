"""Runs in a pane of tmux: writes there what comes through a socket, and sends back what the pane answers.

The terminal is set raw, so that every byte arrives as it was recorded. Run as a file, with the standard
library only.
"""

import os
import select
import socket
import sys
import tty


def main(path: str) -> None:
    """Go on until the other end closes."""
    tty.setraw(0)
    with socket.socket(socket.AF_UNIX) as other:
        other.connect(path)
        while True:
            ready, _, _ = select.select([0, other.fileno()], [], [])
            if other.fileno() in ready:
                data = other.recv(65536)
                if not data:
                    return
                while data:
                    data = data[os.write(1, data) :]
            if 0 in ready:
                other.sendall(os.read(0, 65536))


if __name__ == "__main__":
    main(sys.argv[1])
