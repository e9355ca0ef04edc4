"""What was posted to webhooks and what is still to be: the rows, and `/api/webhook-deliveries/`.

`record` makes the rows, `posting` works them off; here is what a row means and how it changes.
"""

import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from constellagent.failpoints import around
from constellagent.ravi.local import trespasses
from constellagent.ravi.local.answers import ApiError, invalid, timestamp
from constellagent.ravi.local.events.record import shown
from constellagent.ravi.local.events.webhooks import Target, id_or_uuid, target
from constellagent.ravi.local.fences import Scope, scoped
from constellagent.ravi.local.office import OFFICE, Office
from constellagent.ravi.points import ProviderPoint
from constellagent.ravi.vault import VaultError

DELAYS = (5.0, 30.0, 120.0, 600.0, 3600.0, 4 * 3600.0, 16 * 3600.0)
"""Seconds before the second try and each further one; after the last, all in all 21 hours, it has failed."""

ACTOR = "webhook"
PAGE = 50
"""Rows of a page."""

_TABLE = "webhook_deliveries"
_SELECT = """SELECT d.id, d.uuid AS delivery_uuid, d.endpoint, d.state, d.attempts, d.next_at,
    d.response_status, d.content AS said, d.created_dt AS delivery_dt, d.updated_dt,
    e.seq, e.uuid, e.kind, e.content, e.identity, e.created_dt
    FROM webhook_deliveries d JOIN events e ON e.seq = d.event
    JOIN identities i ON i.id = e.identity JOIN webhooks w ON w.id = d.endpoint
    WHERE i.deleted_dt IS NULL"""
_OWNERS = """SELECT e.identity, d.uuid FROM webhook_deliveries d JOIN events e ON e.seq = d.event
    WHERE d.id = ? OR d.uuid = ?"""
_VISIBLE = "AND (?1 IS NULL AND NOT i.archived OR e.identity = ?1) AND (?2 OR w.identity = ?1)"


@dataclass(frozen=True, slots=True)
class Job:
    """One post that is due.

    Attributes:
        id: of its row.
        target: where to, and with what to sign.
        event: what to post.
    """

    id: int
    target: Target
    event: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a try.

    Attributes:
        status: of the answer, None where there was none.
        preview: the first of its body.
        problem: why it counts as failed, empty where it does not.
    """

    status: int | None
    preview: str = field(default="", repr=False)
    problem: str = ""


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    root = "/api/webhook-deliveries/"
    return [web.get(root, list_all, allow_head=False), web.get(f"{root}{{id}}/", get, allow_head=False)]


async def list_all(request: web.Request) -> web.Response:
    """List what was posted and what will be, newest first, a page of 50."""
    scope, office = await scoped(request), request.app[OFFICE]
    text = request.query.get("page", "1")
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text)):
        raise invalid("page: a number from 1 is needed.", "page")
    values = (scope.identity, scope.management, PAGE, PAGE * (int(text) - 1))

    def collect(db: sqlite3.Connection) -> list[dict[str, Any]]:
        rows = db.execute(f"{_SELECT} {_VISIBLE} ORDER BY d.id DESC LIMIT ?3 OFFSET ?4", values).fetchall()
        return _read(office, db, scope, rows)

    return web.json_response(await office.store.run(collect))


async def get(request: web.Request) -> web.Response:
    """Show one delivery."""
    scope, office = await scoped(request), request.app[OFFICE]
    named = id_or_uuid(request.match_info["id"])
    values = (scope.identity, scope.management, *named)

    def read(db: sqlite3.Connection) -> dict[str, Any]:
        row = db.execute(f"{_SELECT} {_VISIBLE} AND (d.id = ?3 OR d.uuid = ?4)", values).fetchone()
        if row is None:
            missing = ApiError(404, "not_found", "No WebhookDelivery matches the given query.")
            raise trespasses.refused(db, scope, missing, "webhook.access", _OWNERS, *named)
        return _read(office, db, scope, [row])[0]

    return web.json_response(await office.store.run(read))


def waiting(db: sqlite3.Connection) -> list[int]:
    """Return the webhooks to which something is still to be posted."""
    rows = db.execute(
        """SELECT w.id FROM webhooks w WHERE w.enabled AND EXISTS (
            SELECT 1 FROM webhook_deliveries d WHERE d.endpoint = w.id AND d.next_at IS NOT NULL)"""
    )
    return [row["id"] for row in rows]


@around(ProviderPoint.DELIVERY_NEXT)
def next_for(office: Office, db: sqlite3.Connection, endpoint: int) -> Job | float | None:
    """Return what to post to a webhook now, the oldest event first; else when (epoch seconds), or None.

    An event that cannot be opened any more has failed, so that it does not hold the others back.

    Raises:
        VaultError: the webhook itself cannot be opened, or the key of an identity.
    """
    hook = db.execute("SELECT * FROM webhooks WHERE id = ? AND enabled", (endpoint,)).fetchone()
    if hook is None:
        return None
    aim = target(office, db, hook)
    # The plus keeps SQLite from sorting all that is due, instead of walking it in the order of events.
    due = (
        f"{_SELECT} AND d.endpoint = ? AND d.next_at IS NOT NULL AND +d.next_at <= ? ORDER BY d.event LIMIT 1"
    )
    while row := db.execute(due, (endpoint, office.now())).fetchone():
        try:
            event = shown(office.safes.of(db, row["identity"]), row)
        except VaultError as error:
            _write(office, db, row, aim, "failed", Outcome(None, problem=error.message), None)
            continue
        # Before it is posted: what the audit cannot tell of does not leave.
        office.note(
            db, row["identity"], ACTOR, "webhook.post", row=row["delivery_uuid"], about=_about(row, aim)
        )
        return Job(row["id"], aim, event)
    later = "SELECT min(next_at) FROM webhook_deliveries WHERE endpoint = ? AND next_at > ?"
    soonest: float | None = db.execute(later, (endpoint, office.now())).fetchone()[0]
    return soonest


@around(ProviderPoint.DELIVERY_SETTLE)
def settle(office: Office, db: sqlite3.Connection, job: Job, outcome: Outcome) -> float:
    """Write down what came of a try; nothing where the row is gone by now.

    Returns the seconds for which the webhook is better left alone: until the next try where this one failed.
    """
    row = db.execute(f"{_SELECT} AND d.id = ?", (job.id,)).fetchone()
    if row is None:
        return 0.0
    if not outcome.problem:
        _write(office, db, row, job.target, "delivered", outcome, None)
        return 0.0
    if row["attempts"] < len(DELAYS):
        delay = DELAYS[row["attempts"]]
        _write(office, db, row, job.target, "retrying", outcome, office.now() + delay)
        return delay
    _write(office, db, row, job.target, "failed", outcome, None)
    return DELAYS[-1]


def _write(
    office: Office,
    db: sqlite3.Connection,
    row: sqlite3.Row,
    aim: Target,
    state: str,
    outcome: Outcome,
    next_at: float | None,
) -> None:
    action = "webhook.failed" if outcome.problem else "webhook.delivered"
    result = "failed" if outcome.problem else "ok"
    safe = office.note(
        db, row["identity"], ACTOR, action, result=result, row=row["delivery_uuid"], about=_about(row, aim)
    )
    said = {"preview": outcome.preview, "error": outcome.problem}
    db.execute(
        """UPDATE webhook_deliveries SET state = ?, attempts = attempts + 1, next_at = ?, response_status = ?,
            content = ?, updated_dt = ? WHERE id = ?""",
        (
            state,
            next_at,
            outcome.status,
            safe.seal(said, _TABLE, row["delivery_uuid"], row["attempts"] + 1),
            office.stamp(),
            row["id"],
        ),
    )


def _about(row: sqlite3.Row, aim: Target) -> str:
    return f"{row['kind']} to {urlsplit(aim.url).netloc}"


def _read(
    office: Office, db: sqlite3.Connection, scope: Scope, rows: list[sqlite3.Row]
) -> list[dict[str, Any]]:
    for identity, count in Counter(row["identity"] for row in rows).items():
        office.note(db, identity, scope.actor, "events.read", about=f"{count} webhook deliveries")
    hooks = {row["endpoint"] for row in rows}
    urls = {
        hook: target(office, db, db.execute("SELECT * FROM webhooks WHERE id = ?", (hook,)).fetchone()).url
        for hook in hooks
    }
    return [_row(office, db, row, urls[row["endpoint"]]) for row in rows]


def _row(office: Office, db: sqlite3.Connection, row: sqlite3.Row, url: str) -> dict[str, Any]:
    safe = office.safes.of(db, row["identity"])
    said = {"preview": "", "error": ""}
    if row["said"] is not None:
        said = safe.unseal(bytes(row["said"]), _TABLE, row["delivery_uuid"], row["attempts"])
    return {
        "id": row["id"],
        "uuid": row["delivery_uuid"],
        "endpoint": row["endpoint"],
        "endpoint_url": url,
        "event_id": row["uuid"],
        "event_type": row["kind"],
        "payload": shown(safe, row),
        "status": row["state"],
        "attempts": row["attempts"],
        "next_attempt_at": None if row["next_at"] is None else timestamp(row["next_at"]),
        "response_status": row["response_status"],
        "response_preview": said["preview"],
        "last_error": said["error"],
        "created_dt": row["delivery_dt"],
        "updated_dt": row["updated_dt"],
    }
