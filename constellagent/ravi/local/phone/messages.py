"""`/api/messages/`: single text messages, and those that are held."""

import sqlite3
from collections import Counter
from typing import Any

from aiohttp import web

from constellagent.failpoints import around
from constellagent.ravi.local.answers import invalid, read_body
from constellagent.ravi.local.fences import Scope, own, scoped
from constellagent.ravi.local.office import OFFICE, Office
from constellagent.ravi.local.pages import page
from constellagent.ravi.local.phone import delivery, kept
from constellagent.ravi.points import ProviderPoint
from constellagent.ravi.wires.phone import MarkText, SendText

_ASKED = {"": "1", "true": "t.is_read", "false": "NOT t.is_read"}


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    one = "/api/messages/{id}/"
    return [
        web.get("/api/messages/", list_all, allow_head=False),
        web.post("/api/messages/send/", send),
        web.get(one, get, allow_head=False),
        web.patch(one, mark),
        web.get("/api/outbox/sms/", held, allow_head=False),
    ]


async def list_all(request: web.Request) -> web.Response:
    """List messages, newest first; `?is_read=false` the unread, `?limit=&offset=` a part."""
    scope, part, office = await scoped(request), page(request), request.app[OFFICE]
    asked = request.query.get("is_read", "").lower()
    if asked not in _ASKED:
        raise invalid("is_read: true or false is needed.", "is_read")
    which = f"{_ASKED[asked]} ORDER BY t.id DESC LIMIT ?2 OFFSET ?3"
    return web.json_response(
        await office.store.run(lambda db: _listed(office, db, scope, kept.rows(db, scope, which, part)))
    )


async def held(request: web.Request) -> web.Response:
    """List, oldest first, what was sent to numbers that are not on this machine, and so went nowhere."""
    scope, part, office = await scoped(request), page(request), request.app[OFFICE]
    which = "t.state = 'held' ORDER BY t.id LIMIT ?2 OFFSET ?3"
    return web.json_response(
        await office.store.run(lambda db: _listed(office, db, scope, kept.rows(db, scope, which, part)))
    )


async def get(request: web.Request) -> web.Response:
    """Show one message; it stays unread."""
    scope, office = await scoped(request), request.app[OFFICE]

    def read(db: sqlite3.Connection) -> dict[str, Any]:
        row = kept.find(db, scope, request.match_info["id"])
        return _noted(office, db, scope, row, "sms.read")

    return web.json_response(await office.store.run(read))


@around(ProviderPoint.TEXT_MARK)
async def mark(request: web.Request) -> web.Response:
    """Mark a message as read, or as unread again."""
    scope, office = await scoped(request), request.app[OFFICE]
    wanted = await read_body(request, MarkText)

    def change(db: sqlite3.Connection) -> dict[str, Any]:
        row = kept.find(db, scope, request.match_info["id"])
        db.execute(
            "UPDATE texts SET is_read = coalesce(?, is_read) WHERE id = ?", (wanted.is_read, row["id"])
        )
        return _noted(office, db, scope, kept.find(db, scope, str(row["id"])), "sms.marked")

    return web.json_response(await office.store.run(change))


async def send(request: web.Request) -> web.Response:
    """Send a message from the identity's number; `state` says whether it was delivered or is held."""
    scope, identity = await own(request)
    wanted = await read_body(request, SendText)
    office = request.app[OFFICE]

    def do(db: sqlite3.Connection) -> dict[str, Any]:
        sent = delivery.send(office, db, identity, wanted.to_number, wanted.body, actor=scope.actor)
        row = kept.find(db, scope, str(sent))
        return kept.shown(row, kept.unsealed(office, db, row))

    return web.json_response(await office.store.run(do), status=201)


def _listed(
    office: Office, db: sqlite3.Connection, scope: Scope, rows: list[sqlite3.Row]
) -> list[dict[str, Any]]:
    for identity, count in Counter(row["identity"] for row in rows).items():
        office.note(db, identity, scope.actor, "sms.list", about=f"{count} texts")
    return [kept.shown(row, kept.unsealed(office, db, row)) for row in rows]


def _noted(
    office: Office, db: sqlite3.Connection, scope: Scope, row: sqlite3.Row, action: str
) -> dict[str, Any]:
    text = kept.unsealed(office, db, row)
    peer = text.to_number if row["outgoing"] else text.from_number
    office.note(db, row["identity"], scope.actor, action, row=row["uuid"], about=peer, value=text.body)
    return kept.shown(row, text)
