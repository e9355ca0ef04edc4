"""A key for each session: it says in the audit who acted, and opens nothing once the session has ended."""

import logging
import sqlite3

from constellagent.errors import ConflictError
from constellagent.failpoints import around
from constellagent.ravi.audit import AuditError
from constellagent.ravi.local.keys import mint_identity, uuid_of
from constellagent.ravi.local.office import Office
from constellagent.ravi.points import ProviderPoint

ACTOR = "daemon"
_REVOKE = "UPDATE keys SET revoked_dt = ? WHERE session = ? AND revoked_dt IS NULL RETURNING identity"
_log = logging.getLogger(__name__)


@around(ProviderPoint.SESSION_KEY_ISSUE)
async def issue(office: Office, session: str, identity: str, *, may_create: bool = False) -> str:
    """Mint the key of a session for the identity with this uuid; one that it had before ends.

    With `may_create` it creates other identities, too, and opens none of them.

    Raises:
        ConflictError: there is no such identity, or it was put away.
    """

    def mint(db: sqlite3.Connection) -> str:
        row = db.execute(
            "SELECT id, archived FROM identities WHERE uuid = ? AND deleted_dt IS NULL", (identity,)
        ).fetchone()
        if row is None or row["archived"]:
            raise ConflictError(
                f"identity {identity} is not at the local provider any more, or was put away",
                hint="run `constellagent apply`",
            )
        _end(office, db, session)
        key = mint_identity(db, row["id"], f"session {session}", office.stamp(), session=session)
        if may_create:
            db.execute("UPDATE keys SET may_create = 1 WHERE session = ? AND revoked_dt IS NULL", (session,))
        office.tell(identity, ACTOR, "key.issued", about=f"session {session}", value=key)
        return key

    return await office.store.run(mint)


@around(ProviderPoint.SESSION_KEY_WITHDRAW)
async def withdraw(office: Office, session: str) -> None:
    """End the key of a session; harmless where it has none."""
    try:
        await office.store.run(lambda db: _end(office, db, session))
    except AuditError as error:
        # Giving out needs the audit; taking away must not wait for somebody to mend it.
        _log.error("the key of session %s is ended without a line in the audit: %s", session, error.message)
        await office.store.run(lambda db: db.execute(_REVOKE, (office.stamp(), session)).fetchall())


async def sessions(office: Office) -> list[str]:
    """Return the sessions whose keys are good."""
    query = "SELECT DISTINCT session FROM keys WHERE session IS NOT NULL AND revoked_dt IS NULL"
    return [str(row["session"]) for row in await office.store.run(lambda db: db.execute(query).fetchall())]


def _end(office: Office, db: sqlite3.Connection, session: str) -> None:
    for row in db.execute(_REVOKE, (office.stamp(), session)).fetchall():
        office.tell(uuid_of(db, row["identity"]), ACTOR, "key.withdrawn", about=f"session {session}")
