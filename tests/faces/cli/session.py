"""A session on disk as a holder leaves it, without a holder."""

import os
from pathlib import Path
from typing import Any

from constellagent.runtime import processes
from constellagent.runtime.holder import status
from constellagent.runtime.holder.log import LogWriter


class Session:
    """Writes the log and the status of one session."""

    def __init__(self, folder: Path) -> None:
        """Start it; its holder is this process."""
        self._folder = str(folder)
        self.log = str(folder / "log")
        (folder / "log").mkdir(parents=True)
        self._writer = LogWriter(self.log, 1 << 20)
        self._status: dict[str, Any] = {
            "holder_pid": os.getpid(),
            "holder_start": processes.start_of(os.getpid()),
            "ended_at": None,
            "exit_status": None,
            "signal": None,
            "ended_by": None,
        }
        status.write(self._folder, self._status, final=False)

    def write(self, data: bytes) -> None:
        """Append to the log."""
        self._writer.append(data)

    def end(self, **changes: Any) -> None:
        """End it."""
        self._status |= {"ended_at": 1.0, "exit_status": 0, "ended_by": "itself"} | changes
        status.write(self._folder, self._status, final=True)

    def lose(self) -> None:
        """Let its holder be one that does not run any more."""
        self._status |= {"holder_start": "never"}
        status.write(self._folder, self._status, final=False)
