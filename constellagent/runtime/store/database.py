"""`state.db`: what the daemon remembers."""

from pathlib import Path

from constellagent.durable import DurableFile
from constellagent.runtime.store.schema import MIGRATIONS


class Database(DurableFile):
    """The daemon's durable memory."""

    def __init__(self, path: Path) -> None:
        """Name the file; `open` opens it."""
        super().__init__(
            path,
            MIGRATIONS,
            damaged="`constellagent doctor --fix` sets it aside, keeps what can be read, and finds sessions, "
            "worktrees and identities again",
        )
