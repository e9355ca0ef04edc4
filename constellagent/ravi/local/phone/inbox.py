"""`/api/sms-inbox/`: text messages by who is at the other end.

A conversation is named by the row id of the phone (which is the identity's) and the other end, as
`3_+12025550100`; a '+' that arrives as a blank means the same.
"""

import sqlite3
from collections import Counter
from typing import Any

from aiohttp import web

from constellagent.ravi.local import trespasses
from constellagent.ravi.local.answers import ApiError
from constellagent.ravi.local.fences import Scope, scoped
from constellagent.ravi.local.office import OFFICE, Office
from constellagent.ravi.local.pages import LONGEST, page
from constellagent.ravi.local.phone import kept
from constellagent.ravi.wires.phone import peer, with_plus

_PREVIEW = 100

_CONVERSATIONS = """WITH conversations AS (
        SELECT max(t.id) AS newest, count(*) AS count, sum(NOT t.is_read) AS unread
        FROM texts t JOIN identities i ON i.id = t.identity WHERE {within} GROUP BY t.identity, t.peer)
    SELECT t.*, i.phone, c.count, c.unread FROM conversations c
    JOIN texts t ON t.id = c.newest JOIN identities i ON i.id = t.identity
    WHERE c.unread OR NOT ?2 ORDER BY t.id DESC LIMIT ?3 OFFSET ?4"""


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    return [
        web.get("/api/sms-inbox/", list_all, allow_head=False),
        web.get("/api/sms-inbox/{conversation}/", get, allow_head=False),
    ]


async def list_all(request: web.Request) -> web.Response:
    """List conversations, the newest first; `?has_unread=true` those with something unread."""
    scope, part, office = await scoped(request), page(request), request.app[OFFICE]
    unread = request.query.get("has_unread", "").lower() == "true"

    def collect(db: sqlite3.Connection) -> list[dict[str, Any]]:
        rows = db.execute(
            _CONVERSATIONS.format(within=kept.within(scope)), (scope.identity, unread, *part)
        ).fetchall()
        for identity, count in Counter(row["identity"] for row in rows).items():
            office.note(db, identity, scope.actor, "sms.list", about=f"{count} conversations")
        return [_summary(office, db, row) for row in rows]

    return web.json_response(await office.store.run(collect))


async def get(request: web.Request) -> web.Response:
    """Show the newest messages of a conversation, oldest first; they stay unread."""
    scope, office = await scoped(request), request.app[OFFICE]
    phone, _, other = request.match_info["conversation"].partition("_")

    def read(db: sqlite3.Connection) -> dict[str, Any]:
        return _conversation(office, db, scope, phone, peer(with_plus(other)))

    return web.json_response(await office.store.run(read))


def _conversation(
    office: Office, db: sqlite3.Connection, scope: Scope, phone: str, other: str
) -> dict[str, Any]:
    row = db.execute(
        "SELECT id FROM identities WHERE id = ?1 AND (id = ?2 OR (?2 IS NULL AND NOT archived))",
        (kept.row_id(phone), scope.identity),
    ).fetchone()
    if row is None:
        owners = "SELECT id AS identity, '' AS uuid FROM identities WHERE id = ?"
        raise trespasses.refused(db, scope, _missing(), "sms.access", owners, kept.row_id(phone))
    identity = row["id"]
    mark = office.safes.of(db, identity).fingerprint("sms peer", other)
    which = "t.identity = ?2 AND t.peer = ?3 ORDER BY t.id DESC LIMIT ?4"
    newest = kept.rows(db, scope, which, (identity, mark, LONGEST))
    if not newest:
        raise _missing()
    office.note(db, identity, scope.actor, "sms.read", about=other)
    (count,) = db.execute(
        "SELECT count(*) FROM texts WHERE identity = ? AND peer = ?", (identity, mark)
    ).fetchone()
    return {
        "conversation_id": f"{identity}_{other}",
        "from_number": other,
        "phone": str(identity),
        "phone_number": newest[0]["phone"] or "",
        "message_count": count,
        "messages": [kept.shown(row, kept.unsealed(office, db, row)) for row in reversed(newest)],
    }


def _summary(office: Office, db: sqlite3.Connection, row: sqlite3.Row) -> dict[str, Any]:
    text = kept.unsealed(office, db, row)
    other = text.to_number if row["outgoing"] else text.from_number
    return {
        "conversation_id": f"{row['identity']}_{other}",
        "from_number": other,
        "phone": str(row["identity"]),
        "phone_number": row["phone"] or "",
        "preview": text.body[:_PREVIEW],
        "message_count": row["count"],
        "unread_count": row["unread"],
        "latest_message_dt": row["created_dt"],
    }


def _missing() -> ApiError:
    return ApiError(404, "not_found", "No SmsConversation matches the given query.")
