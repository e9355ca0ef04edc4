"""`DELETE /api/identities/{uuid}/`: an identity that was put away goes for good, and its key before all.

The hosted service has nothing like it. Without the key nobody can read what the identity sealed, also in
copies of the database that were made without it; the rows themselves are removed too. What is left is the
identity's name, address and number, which are never given again, its revoked keys, and its audit.
"""

import logging
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from aiohttp import web

from constellagent.errors import ConstellagentError
from constellagent.failpoints import around
from constellagent.ravi.local.answers import ApiError
from constellagent.ravi.local.fences import management
from constellagent.ravi.local.office import OFFICE, Office
from constellagent.ravi.points import ProviderPoint

_KEPT = {"keys"}
"""Tables whose rows of a deleted identity stay: a revoked key is named by the audit."""

_log = logging.getLogger(__name__)


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    return [web.delete("/api/identities/{uuid}/", delete)]


@around(ProviderPoint.IDENTITY_DELETE)
async def delete(request: web.Request) -> web.Response:
    """Destroy an identity that was put away."""
    scope = await management(request)
    office, uuid = request.app[OFFICE], request.match_info["uuid"].lower()
    await office.store.run(lambda db: _delete(office, db, uuid, scope.actor))
    await _forget(office)
    return web.Response(status=204)


@asynccontextmanager
async def finished(office: Office) -> AsyncIterator[None]:
    """Finish, as a start does, a deletion after which the provider ended at once."""
    await _forget(office)
    yield


async def _forget(office: Office) -> None:
    """Empty the log beside the database, in which what was deleted may still be read."""
    try:
        await office.store.scrub()
    except ConstellagentError as error:
        _log.warning("what was deleted may be readable in the log beside the database: %s", error)


def _delete(office: Office, db: sqlite3.Connection, uuid: str, actor: str) -> None:
    row = db.execute(
        "SELECT id, uuid, address, archived FROM identities WHERE uuid = ? AND deleted_dt IS NULL", (uuid,)
    ).fetchone()
    if row is None:
        raise ApiError(404, "not_found", "No Identity matches the given query.")
    if not row["archived"]:
        raise ApiError(
            409, "identity.in_use", "Only an identity that was put away can be deleted; archive it first."
        )
    identity, now = row["id"], office.stamp()
    # Without the safe: a key that is damaged must not keep its identity from being deleted.
    office.audit.note(office.now(), row["uuid"], actor, "identity.deleted", about=row["address"])
    db.execute("PRAGMA defer_foreign_keys = ON")
    for table, condition in _belonging(db, "identities", "id = ?"):
        db.execute(f"DELETE FROM {table} WHERE {condition}", (identity,))  # noqa: S608 - from the schema
    office.safes.destroy(db, identity)
    db.execute("UPDATE keys SET revoked_dt = ? WHERE identity = ? AND revoked_dt IS NULL", (now, identity))
    db.execute("UPDATE identities SET deleted_dt = ?, updated_dt = ? WHERE id = ?", (now, now, identity))


def _belonging(db: sqlite3.Connection, table: str, condition: str) -> Iterator[tuple[str, str]]:
    """Yield each table with rows that belong to rows of `table`, and which these are, deepest first."""
    owned = db.execute(
        """SELECT m.name, f."from" AS "column", coalesce(f."to", 'rowid') AS target
           FROM sqlite_schema m, pragma_foreign_key_list(m.name) f
           WHERE m.type = 'table' AND f."table" = ? AND m.name <> ? ORDER BY m.name""",
        (table, table),
    ).fetchall()
    for name, column, target in owned:
        if name not in _KEPT:
            which = f"{column} IN (SELECT {target} FROM {table} WHERE {condition})"  # noqa: S608 - from the schema
            yield from _belonging(db, name, which)
            yield name, which
