"""What a session's programs report of themselves: numbered, kept on disk, and passed on.

The disk is a bounded log of its own, of the same frames that go over the wire, so that a daemon that was away
reads what it missed. Only who has the session's token may report; it is made here and given to the program
alone, through its environment.
"""

import os
import sys
import time

from constellagent.failpoints import around
from constellagent.runtime.holder import protocol
from constellagent.runtime.holder.log import LogWriter
from constellagent.runtime.points import Point

FOLDER = "reports"
_BYTES = 1 << 21
"""Of reports to keep. A quarter of it holds any report, so that none is cut in two where a segment ends."""
_REFUSALS = 20
"""Refused reports that are noted."""


class Reports:
    """The reports of one session."""

    __slots__ = ("_folder", "_log", "_number", "_refused", "_token")

    def __init__(self, folder: str) -> None:
        """`folder` is the session's; nothing is written before the first report."""
        self._folder = f"{folder}/{FOLDER}"
        self._token = os.urandom(16).hex()
        self._log: LogWriter | None = None
        self._number = 0
        self._refused = 0

    def variables(self, socket: str) -> dict[str, str]:
        """Return what the session's programs need in their environment to report at `socket`."""
        return {protocol.REPORT_SOCKET: socket, protocol.REPORT_TOKEN: self._token}

    @around(Point.HOLDER_REPORT)
    def take(self, payload: bytes, offset: int) -> tuple[int, bytes]:
        """Keep a report that came when output was at `offset`; return its number and the frame that tells it.

        Raises:
            ProtocolError: it is none, or does not bring the session's token.
        """
        token, event, data = protocol.parse_hook(payload)
        if not _same(token, self._token.encode()):
            self._note(event)
            raise protocol.ProtocolError("a report with another token than the session's")
        self._number += 1
        record = protocol.reported(self._number, time.time(), offset, event, data)
        self._keep(record)
        return self._number, record

    def close(self) -> None:
        """Flush what the disk has not got yet."""
        if self._log is not None:
            self._log.close()

    def _keep(self, record: bytes) -> None:
        """Append to the log; on a disk that takes nothing a daemon that listens is told all the same."""
        if self._log is None:
            try:
                os.makedirs(self._folder, mode=0o700, exist_ok=True)  # noqa: PTH103 - pathlib is dear to import
            except OSError:
                return
            self._log = LogWriter(self._folder, _BYTES)
        self._log.append(record)

    def _note(self, event: bytes) -> None:
        """Write into `holder.log` that somebody without the token reported something."""
        self._refused += 1
        if self._refused <= _REFUSALS:
            sys.stderr.write(f"a report was refused, its token is wrong: {event[:50]!r}\n")
            sys.stderr.flush()


def _same(given: bytes, wanted: bytes) -> bool:
    """Compare in a time that does not tell how much is right; `hmac` would be dear to import."""
    differs = len(given) ^ len(wanted)
    for one, other in zip(given.ljust(len(wanted)), wanted, strict=False):
        differs |= one ^ other
    return not differs
