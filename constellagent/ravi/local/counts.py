"""`/api/counts/`: what is unread and how much lies in each vault, for views that show all identities at once.

The route is ours. It opens nothing that is sealed, so it needs no line in the audit.
"""

import sqlite3
from typing import Any

from aiohttp import web

from constellagent.ravi.local.fences import scoped
from constellagent.ravi.local.mail import kept as mails
from constellagent.ravi.local.office import OFFICE
from constellagent.ravi.local.phone import kept as texts


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    return [web.get("/api/counts/", list_all, allow_head=False)]


async def list_all(request: web.Request) -> web.Response:
    """Count for every identity that the key opens, also for those that were put away."""
    scope, office = await scoped(request), request.app[OFFICE]
    return web.json_response(await office.store.run(lambda db: _counts(db, scope.identity)))


def _counts(db: sqlite3.Connection, identity: int | None) -> list[dict[str, Any]]:
    unread_mails, unread_texts = mails.unread(db), texts.unread(db)
    stored = {
        (row["identity"], row["kind"]): row["entries"]
        for row in db.execute(
            "SELECT identity, kind, count(*) AS entries FROM vault_rows GROUP BY identity, kind"
        )
    }
    rows = db.execute(
        "SELECT id, uuid FROM identities WHERE (?1 IS NULL OR id = ?1) AND deleted_dt IS NULL ORDER BY id",
        (identity,),
    ).fetchall()
    return [
        {
            "identity": row["uuid"],
            "unread_mail": unread_mails.get(row["id"], 0),
            "unread_texts": unread_texts.get(row["id"], 0),
            "passwords": stored.get((row["id"], "passwords"), 0),
            "secrets": stored.get((row["id"], "secrets"), 0),
        }
        for row in rows
    ]
