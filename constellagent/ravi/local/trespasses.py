"""An identity's key that reaches for what another identity owns, and how the other's audit hears of it.

The answer is the one that a missing row gets. The line is written after the refusal, in a transaction of its
own: what a refused request did is rolled back.
"""

import sqlite3

from aiohttp import web
from aiohttp.typedefs import Handler

from constellagent.ravi.local.answers import ApiError, TrespassError
from constellagent.ravi.local.fences import Scope
from constellagent.ravi.local.office import OFFICE

_LONGEST = 200
"""Characters of a path that are written down."""


def refused(
    db: sqlite3.Connection, scope: Scope, error: ApiError, action: str, owners: str, *values: object
) -> ApiError:
    """Return what to raise for a row that a key does not open: `error`, with whom it is about.

    `owners` is a statement that yields the columns `identity` and `uuid` of that row, wherever it is. A
    management key opens the whole account, so it reaches for nothing that is another's.
    """
    if scope.management:
        return error
    row = db.execute(
        f"""SELECT i.uuid AS owner, f.uuid FROM ({owners}) f JOIN identities i ON i.id = f.identity
            WHERE i.id IS NOT ? LIMIT 1""",  # noqa: S608 - callers pass constants
        (*values, scope.identity),
    ).fetchone()
    if row is None:
        return error
    return TrespassError(error, owner=row["owner"], actor=scope.actor, action=action, row=row["uuid"])


@web.middleware
async def told(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tell the audit of the identity that was reached for, before the refusal is answered."""
    try:
        return await handler(request)
    except TrespassError as error:
        office, trespass = request.app[OFFICE], error
        about = f"{request.method} {request.path}"[:_LONGEST]
        await office.store.run(
            lambda _: office.audit.note(
                office.now(),
                trespass.owner,
                trespass.actor,
                trespass.action,
                result="refused",
                row=trespass.row,
                about=about,
            )
        )
        raise
