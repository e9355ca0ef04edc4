"""`/api/webhook-subscriptions/`: where events are posted.

A webhook gets the events of one identity, or of the whole account. An identity's key manages those of its
identity only; the others it cannot see. Address and signing secret are sealed, the secret is in the answer
that creates the webhook and nowhere else.
"""

import json
import re
import secrets
import sqlite3
import uuid as uuids
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from constellagent.failpoints import around
from constellagent.ravi.client import is_loopback
from constellagent.ravi.local import trespasses
from constellagent.ravi.local.answers import ApiError, invalid, read_body
from constellagent.ravi.local.fences import Scope, narrow, scoped
from constellagent.ravi.local.office import OFFICE, Office
from constellagent.ravi.local.safes import Safe
from constellagent.ravi.points import ProviderPoint
from constellagent.ravi.wires.events import CreateWebhook, UpdateWebhook

MOST = 20
"""Webhooks that one identity, and the account besides, may have: each is a connection of its own."""

_TABLE = "webhooks"
_URL = re.compile(
    r"(https?)://(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+))(?::[0-9]{1,5})?(?:[/?][!-\"$-\[\]-~]*)?",
    re.ASCII | re.IGNORECASE,
)
_SELECT = """SELECT w.*, i.uuid AS identity_uuid FROM webhooks w LEFT JOIN identities i ON i.id = w.identity
    WHERE (w.identity = ?1 OR ?1 IS NULL AND i.archived IS NOT 1) AND i.deleted_dt IS NULL"""


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    root = "/api/webhook-subscriptions/"
    one = f"{root}{{id}}/"
    return [
        web.get(root, list_all, allow_head=False),
        web.post(root, create),
        web.get(one, get, allow_head=False),
        web.patch(one, update),
        web.delete(one, delete),
    ]


@dataclass(frozen=True, slots=True)
class Target:
    """Where to post, and with what to sign. Its repr shows neither."""

    url: str
    secret: str

    def __repr__(self) -> str:
        return "<Target of a webhook>"


def target(office: Office, db: sqlite3.Connection, row: sqlite3.Row) -> Target:
    """Return what is sealed in a row of `webhooks`.

    Raises:
        VaultError: it was changed where it lay.
    """
    safe = _safe(office, db, row["identity"])
    found = safe.unseal(bytes(row["content"]), _TABLE, row["uuid"], row["version"])
    return Target(found["url"], found["secret"])


async def list_all(request: web.Request) -> web.Response:
    """List the webhooks that the key opens."""
    scope, office = await scoped(request), request.app[OFFICE]

    def collect(db: sqlite3.Connection) -> list[dict[str, Any]]:
        rows = db.execute(f"{_SELECT} ORDER BY w.id", (scope.identity,)).fetchall()
        for identity in {row["identity"] for row in rows if row["identity"] is not None}:
            about = f"{sum(row['identity'] == identity for row in rows)} webhooks"
            office.note(db, identity, scope.actor, "webhook.list", about=about)
        return [_row(row, target(office, db, row).url) for row in rows]

    return web.json_response(await office.store.run(collect))


@around(ProviderPoint.WEBHOOK_CREATE)
async def create(request: web.Request) -> web.Response:
    """Subscribe an address to events."""
    scope, office = await scoped(request), request.app[OFFICE]
    wanted = await read_body(request, CreateWebhook)
    identity = await _whose(request, scope, wanted.identity_uuid)
    aim = Target(_checked(wanted.url), f"whsec_{secrets.token_urlsafe(32)}")

    def insert(db: sqlite3.Connection) -> dict[str, Any]:
        held = db.execute("SELECT count(*) FROM webhooks WHERE identity IS ?", (identity,)).fetchone()[0]
        if held >= MOST:
            raise ApiError(409, "webhook.too_many", f"There are {MOST} webhooks already; delete one first.")
        uuid, now = str(uuids.uuid4()), office.stamp()
        db.execute(
            """INSERT INTO webhooks (uuid, identity, enabled, kinds, content, created_dt, updated_dt)
                VALUES (?, ?, ?, ?, ?, ?, ?)""",
            (
                uuid,
                identity,
                wanted.enabled,
                json.dumps(wanted.event_types),
                _sealed(office, db, identity, aim, uuid, 1),
                now,
                now,
            ),
        )
        row = _find(db, Scope(identity, management=True), uuid)
        _note(office, db, scope, "webhook.create", row, aim)
        return _row(row, aim.url) | {"signing_secret": aim.secret}

    return web.json_response(await office.store.run(insert), status=201)


async def get(request: web.Request) -> web.Response:
    """Show one webhook, without its secret."""
    scope, office = await scoped(request), request.app[OFFICE]

    def read(db: sqlite3.Connection) -> dict[str, Any]:
        row = _find(db, scope, request.match_info["id"])
        aim = target(office, db, row)
        if row["identity"] is not None:
            _note(office, db, scope, "webhook.get", row, aim)
        return _row(row, aim.url)

    return web.json_response(await office.store.run(read))


@around(ProviderPoint.WEBHOOK_UPDATE)
async def update(request: web.Request) -> web.Response:
    """Change where it posts, what it gets, or whether; its secret stays."""
    scope, office = await scoped(request), request.app[OFFICE]
    wanted = await read_body(request, UpdateWebhook)
    url = None if wanted.url is None else _checked(wanted.url)

    def change(db: sqlite3.Connection) -> dict[str, Any]:
        row = _find(db, scope, request.match_info["id"])
        known = target(office, db, row)
        aim, version = Target(url or known.url, known.secret), row["version"] + 1
        db.execute(
            """UPDATE webhooks SET enabled = coalesce(?, enabled), kinds = coalesce(?, kinds), content = ?,
                version = ?, updated_dt = ? WHERE id = ?""",
            (
                wanted.enabled,
                None if wanted.event_types is None else json.dumps(wanted.event_types),
                _sealed(office, db, row["identity"], aim, row["uuid"], version),
                version,
                office.stamp(),
                row["id"],
            ),
        )
        row = _find(db, scope, row["uuid"])
        _note(office, db, scope, "webhook.update", row, aim)
        return _row(row, aim.url)

    return web.json_response(await office.store.run(change))


@around(ProviderPoint.WEBHOOK_DELETE)
async def delete(request: web.Request) -> web.Response:
    """End a webhook and drop what was still to be posted to it, with the log of what was."""
    scope, office = await scoped(request), request.app[OFFICE]

    def remove(db: sqlite3.Connection) -> None:
        row = _find(db, scope, request.match_info["id"])
        _note(office, db, scope, "webhook.delete", row, target(office, db, row))
        db.execute("DELETE FROM webhooks WHERE id = ?", (row["id"],))

    await office.store.run(remove)
    return web.Response(status=204)


def id_or_uuid(text: str) -> tuple[int, str]:
    """Return what a path names as an id and as a uuid, one of which matches nothing."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1, text.lower()


async def _whose(request: web.Request, scope: Scope, uuid: str | None) -> int | None:
    """Return the identity that a new webhook belongs to, None for the whole account."""
    if not uuid:
        return scope.identity
    asked = (await narrow(request, scope, uuid)).identity
    if scope.identity is not None and asked != scope.identity:
        raise ApiError(400, "request.ambiguous", "Several different identities are asked for.")
    return asked


def _checked(url: str) -> str:
    """Refuse an address to which private mail would go in clear, or with a password in it."""
    found = _URL.fullmatch(url)
    if found is None:
        raise invalid("url: an address is needed, as https://example.com/hook.", "url")
    if found[1].lower() == "http" and not is_loopback((found[2] or found[3]).lower()):
        raise invalid("url: use https, since events hold private mail; http is for this machine only.", "url")
    return url


def _safe(office: Office, db: sqlite3.Connection, identity: int | None) -> Safe:
    return office.safes.account() if identity is None else office.safes.of(db, identity)


def _sealed(
    office: Office, db: sqlite3.Connection, identity: int | None, aim: Target, uuid: str, version: int
) -> bytes:
    content = {"url": aim.url, "secret": aim.secret}
    return _safe(office, db, identity).seal(content, _TABLE, uuid, version)


def _note(
    office: Office, db: sqlite3.Connection, scope: Scope, action: str, row: sqlite3.Row, aim: Target
) -> None:
    """Tell the audit of every identity whose events the webhook gets."""
    concerned = db.execute(
        "SELECT id FROM identities WHERE id = ?1 OR ?1 IS NULL AND deleted_dt IS NULL", (row["identity"],)
    )
    for identity in [found["id"] for found in concerned]:
        office.note(db, identity, scope.actor, action, row=row["uuid"], about=aim.url)


def _find(db: sqlite3.Connection, scope: Scope, which: str) -> sqlite3.Row:
    """Return the webhook with this id or uuid."""
    row: sqlite3.Row | None = db.execute(
        f"{_SELECT} AND (w.id = ?2 OR w.uuid = ?3)", (scope.identity, *id_or_uuid(which))
    ).fetchone()
    if row is None:
        missing = ApiError(404, "not_found", "No WebhookEndpoint matches the given query.")
        owners = "SELECT identity, uuid FROM webhooks WHERE id = ? OR uuid = ?"
        raise trespasses.refused(db, scope, missing, "webhook.access", owners, *id_or_uuid(which))
    return row


def _row(row: sqlite3.Row, url: str) -> dict[str, Any]:
    return {
        "id": row["id"],
        "uuid": row["uuid"],
        "url": url,
        "identity": row["identity"],
        "identity_uuid": row["identity_uuid"],
        "enabled": bool(row["enabled"]),
        "event_types": json.loads(row["kinds"]),
        "signing_secret": "",
        "created_dt": row["created_dt"],
        "updated_dt": row["updated_dt"],
    }
