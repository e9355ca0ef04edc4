"""`/api/outbox/`: mail for the rest of the world that is held, waits, left or failed. The routes are ours."""

import sqlite3
from typing import Any

from aiohttp import web

from constellagent.failpoints import around
from constellagent.ravi.local.answers import ApiError, timestamp
from constellagent.ravi.local.fences import management, scoped
from constellagent.ravi.local.mail import outgoing
from constellagent.ravi.local.office import OFFICE, Office
from constellagent.ravi.points import ProviderPoint

_MOST = 500
_SELECT = "SELECT o.*, i.uuid AS owner FROM outgoing o JOIN identities i ON i.id = o.identity"


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    return [
        web.get("/api/outbox/", list_all, allow_head=False),
        web.post("/api/outbox/{id}/retry/", retry),
        web.delete("/api/outbox/{id}/", drop),
    ]


async def list_all(request: web.Request) -> web.Response:
    """List the newest 500 recipients elsewhere, newest first; with `?state=` those in one state."""
    scope, office = await scoped(request), request.app[OFFICE]
    state = request.query.get("state", "")

    def collect(db: sqlite3.Connection) -> list[dict[str, Any]]:
        rows = db.execute(
            f"{_SELECT} WHERE (?1 IS NULL AND NOT i.archived OR o.identity = ?1) AND i.deleted_dt IS NULL "
            "AND (?2 = '' OR o.state = ?2) ORDER BY o.id DESC LIMIT ?3",
            (scope.identity, state, _MOST),
        ).fetchall()
        for identity in dict.fromkeys(row["identity"] for row in rows):
            office.note(db, identity, scope.actor, "outbox.list")
        return [_shown(office, db, row) for row in rows]

    return web.json_response(await office.store.run(collect))


async def retry(request: web.Request) -> web.Response:
    """Let one that waits or failed leave now; it is given three days again."""
    await management(request)
    scope, office = await scoped(request), request.app[OFFICE]

    def again(db: sqlite3.Connection) -> dict[str, Any]:
        row = _find(db, scope.identity, request.match_info["id"])
        if row["state"] in {"sending", "sent"}:
            raise ApiError(409, "outbox.not_waiting", f"This mail is {row['state']} already.")
        if office.options.relay is None:
            raise ApiError(
                409,
                "outbox.no_relay",
                "There is no relay; `constellagent provider relay` sets one.",
            )
        now = office.now()
        db.execute(
            "UPDATE outgoing SET state = 'waiting', due = ?, expires = ? WHERE id = ?",
            (now, now + outgoing.LIFETIME, row["id"]),
        )
        _note(office, db, row, scope.actor, "outbox.retried")
        office.bell.ring(outgoing.BELL)
        return _shown(office, db, _find(db, scope.identity, request.match_info["id"]))

    return web.json_response(await office.store.run(again))


@around(ProviderPoint.MAIL_DROP)
async def drop(request: web.Request) -> web.Response:
    """Forget one that is not being sent; its sender is not told."""
    await management(request)
    scope, office = await scoped(request), request.app[OFFICE]

    def forget(db: sqlite3.Connection) -> None:
        row = _find(db, scope.identity, request.match_info["id"])
        if row["state"] == "sending":
            raise ApiError(409, "outbox.sending", "This mail is being sent; try again in a minute.")
        _note(office, db, row, scope.actor, "outbox.dropped")
        db.execute("DELETE FROM outgoing WHERE id = ?", (row["id"],))

    await office.store.run(forget)
    return web.Response(status=204)


def _find(db: sqlite3.Connection, identity: int | None, number: str) -> sqlite3.Row:
    wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0
    row: sqlite3.Row | None = db.execute(
        f"{_SELECT} WHERE o.id = ?1 AND (?2 IS NULL OR o.identity = ?2) AND i.deleted_dt IS NULL",
        (wanted, identity),
    ).fetchone()
    if row is None:
        raise ApiError(404, "not_found", "No OutgoingEmail matches the given query.")
    return row


def _note(office: Office, db: sqlite3.Connection, row: sqlite3.Row, actor: str, action: str) -> None:
    content = outgoing.content_of(office.safes.of(db, row["identity"]), row)
    about = f"to {content['to']}: {content['subject']}"
    office.note(db, row["identity"], actor, action, row=row["uuid"], about=about)


def _shown(office: Office, db: sqlite3.Connection, row: sqlite3.Row) -> dict[str, Any]:
    content = outgoing.content_of(office.safes.of(db, row["identity"]), row)
    held = "There is no relay; `constellagent provider relay` sets one." if row["state"] == "held" else ""
    return {
        "id": row["id"],
        "identity": row["owner"],
        "to_email": content["to"],
        "subject": content["subject"],
        "state": row["state"],
        "attempts": row["attempts"],
        "next_attempt_at": timestamp(row["due"]) if row["state"] == "waiting" else None,
        "last_error": content["error"] or held,
        "created_dt": row["created_dt"],
    }
