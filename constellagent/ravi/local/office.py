"""What every part of the provider works with, in one value: mail, messages, vault and events share it."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web

from constellagent.ravi.audit import Audit
from constellagent.ravi.local.answers import timestamp
from constellagent.ravi.local.bell import Bell
from constellagent.ravi.local.options import Options
from constellagent.ravi.local.room import Room
from constellagent.ravi.local.safes import Safe, Safes
from constellagent.ravi.local.store import Store


@dataclass(frozen=True, slots=True)
class Office:
    """The store and what goes with it.

    Attributes:
        store: the database.
        safes: the identities' keys.
        audit: who did what.
        bell: wakes who waits for news.
        now: the clock, epoch seconds.
        options: limits and ways out.
        room: how much the identities keep.
    """

    store: Store
    safes: Safes
    audit: Audit
    bell: Bell
    now: Callable[[], float]
    options: Options
    room: Room = field(init=False)

    def __post_init__(self) -> None:
        """Make what is made of the rest."""
        object.__setattr__(self, "room", Room(self.options.most_kept))

    def stamp(self) -> str:
        """Return the present time as it is stored and sent."""
        return timestamp(self.now())

    def tell(
        self, uuid: str, actor: str, action: str, *, row: str = "", about: str = "", value: str = ""
    ) -> None:
        """Tell the audit what became of an identity or of its keys; needs no safe, which may be damaged."""
        self.audit.note(self.now(), uuid, actor, action, row=row, about=about, value=value)

    def note(
        self,
        db: sqlite3.Connection,
        identity: int,
        actor: str,
        action: str,
        *,
        result: str = "ok",
        row: str = "",
        about: str = "",
        value: str = "",
    ) -> Safe:
        """Tell the audit of an access to an identity, inside its transaction; return the identity's safe."""
        safe = self.safes.of(db, identity)
        self.audit.note(
            self.now(), safe.uuid, actor, action, result=result, row=row, about=about, value=value
        )
        return safe


OFFICE: web.AppKey[Office] = web.AppKey("office", Office)
