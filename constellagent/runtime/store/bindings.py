"""Which identity belongs to which agent, and the sealed key that opens it.

An identity that is in use belongs to one agent only; the database itself refuses a second one. A binding
outlives its agent (`archived`), so that the agent gets the same mailbox back when it is declared again.
"""

import sqlite3
from dataclasses import dataclass, field, fields

from constellagent.errors import ConflictError
from constellagent.failpoints import around
from constellagent.runtime.points import Point
from constellagent.runtime.store.database import Database


@dataclass(frozen=True, slots=True)
class Binding:
    """One agent's identity.

    Attributes:
        constellation: id of the constellation.
        agent: the agent's name.
        provider: `local` or `ravi`.
        uuid: the identity's id there.
        name: its name there, when we last looked.
        address: its mailbox.
        phone: its number, None where it has none.
        key_uuid: id of the key that we hold, None where we hold none.
        key_sealed: that key, sealed.
        in_doubt: its creation went through a doubt, so a twin of it may turn up late.
        archived: it was put away; it waits for its agent to come back.
    """

    constellation: str
    agent: str
    provider: str
    uuid: str
    name: str
    address: str
    phone: str | None = None
    key_uuid: str | None = None
    key_sealed: bytes | None = field(default=None, repr=False)
    in_doubt: bool = False
    archived: bool = False


class Bindings:
    """The bindings of one constellation."""

    def __init__(self, database: Database, constellation: str) -> None:
        self._database = database
        self.constellation = constellation

    async def get(self, agent: str, provider: str) -> Binding | None:
        """Return the binding of an agent at a provider, archived or not."""
        rows = await self._select(
            "constellation = ? AND agent = ? AND provider = ?", (self.constellation, agent, provider)
        )
        return rows[0] if rows else None

    async def of_provider(self, provider: str) -> list[Binding]:
        """Return the bindings of all constellations at a provider, archived ones first."""
        return await self._select("provider = ? ORDER BY archived DESC, constellation, agent", (provider,))

    @around(Point.BINDING_PUT)
    async def put(self, binding: Binding) -> None:
        """Write a binding, replacing what its agent had at this provider; writes nothing where it is known.

        Raises:
            ConflictError: the identity is in use by another agent.
        """
        if binding != await self.get(binding.agent, binding.provider):
            await self._database.run(lambda db: _write(db, binding))

    @around(Point.BINDING_DROP)
    async def drop(self, agent: str, provider: str) -> None:
        """Forget a binding; harmless where there is none."""
        await self._database.run(
            lambda db: db.execute(
                "DELETE FROM bindings WHERE constellation = ? AND agent = ? AND provider = ?",
                (self.constellation, agent, provider),
            )
        )

    async def _select(self, where: str, values: tuple[str, ...]) -> list[Binding]:
        return await self._database.run(
            lambda db: [_binding(row) for row in db.execute(f"{_SELECT} WHERE {where}", values)]
        )


_COLUMNS = (
    "constellation, agent, provider, uuid, name, address, phone, key_uuid, key_sealed, in_doubt, archived"
)
_SELECT = f"SELECT {_COLUMNS} FROM bindings"  # noqa: S608 - constants of this module

_Row = tuple[str, str, str, str, str, str, str | None, str | None, bytes | None, int, int]


def _write(db: sqlite3.Connection, binding: Binding) -> None:
    # Not "INSERT OR REPLACE": that would silently take the identity away from the agent that uses it.
    db.execute(
        "DELETE FROM bindings WHERE constellation = ? AND agent = ? AND provider = ?",
        (binding.constellation, binding.agent, binding.provider),
    )
    try:
        db.execute(
            f"INSERT INTO bindings ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - constants of this module
            tuple(getattr(binding, column.name) for column in fields(binding)),
        )
    except sqlite3.IntegrityError as error:
        raise ConflictError(
            f"identity {binding.uuid} ({binding.address}) is in use by another agent",
            hint="declare another `identity` for one of the two",
        ) from error


def _binding(row: _Row) -> Binding:
    constellation, agent, provider, uuid, name, address, phone, key_uuid, key_sealed, in_doubt, archived = row
    return Binding(
        constellation,
        agent,
        provider,
        uuid,
        name,
        address,
        phone,
        key_uuid,
        key_sealed,
        in_doubt=bool(in_doubt),
        archived=bool(archived),
    )
