"""How much is kept of what others send: an end for each identity, and some of the disk is left for the state.

Any program of this machine can mail an identity, and nothing that came is deleted by itself. So who would
fill the disk fills one mailbox, and the sender keeps what is refused.
"""

import os
import shutil
import sqlite3
from dataclasses import dataclass, field

from constellagent.ravi.local.answers import ApiError

LEAST_FREE = 256 << 20
"""Bytes of the disk that are left alone, or a twentieth of a small one."""

_COUNTED_FOR = 60.0
"""Seconds until what an identity keeps is counted again before something is refused."""


@dataclass(slots=True)
class Room:
    """What identities keep, as far as it is known.

    Attributes:
        most: bytes of mail and texts that one identity keeps.
        kept: by row id, the bytes, and when they were counted. What was taken since is added, also where it
            was undone in the end, so it is never too little.
    """

    most: int
    kept: dict[int, tuple[int, float]] = field(default_factory=dict)

    def take(self, db: sqlite3.Connection, identity: int, size: int, now: float) -> None:
        """Count what an identity is about to keep, of so many bytes; inside the transaction that keeps it.

        Raises:
            ApiError: 507 where it would keep too much, 503 where the disk is nearly full.
        """
        self._look_at_disk(db)
        pages, page = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        if pages * page + size <= self.most:
            self.kept.pop(identity, None)
            return  # all identities together keep less
        total, counted = self.kept.get(identity) or (_count(db, identity), now)
        if total + size > self.most and not 0 <= now - counted < _COUNTED_FOR:
            total, counted = _count(db, identity), now
        full = total + size > self.most
        self.kept[identity] = (total if full else total + size, counted)
        if full:
            raise ApiError(
                507,
                "storage.full",
                f"One identity keeps {self.most >> 20} MiB of mail and texts at most; "
                "CONSTELLAGENT_MAILBOX_LIMIT says how much.",
            )

    @staticmethod
    def _look_at_disk(db: sqlite3.Connection) -> None:
        folder = os.path.dirname(db.execute("PRAGMA database_list").fetchone()[2])  # noqa: PTH120 - a text
        try:
            total, _, free = shutil.disk_usage(folder)
        except OSError:
            return  # who cannot look does not know; a write that fails says so itself
        if free < min(LEAST_FREE, total // 20):
            raise ApiError(
                503, "storage.low", "The disk of this machine is nearly full.", retry_after=_COUNTED_FOR
            )


def _count(db: sqlite3.Connection, identity: int) -> int:
    row = db.execute(
        """SELECT (SELECT coalesce(sum(size), 0) FROM mails WHERE identity = ?1)
            + (SELECT coalesce(sum(size), 0) FROM mail_files WHERE identity = ?1)
            + (SELECT coalesce(sum(length(content)), 0) FROM texts WHERE identity = ?1)""",
        (identity,),
    ).fetchone()
    return int(row[0])
