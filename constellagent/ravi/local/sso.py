"""`/api/sso/`: an identity shows a service who it is, with a token that is good for five minutes.

A token may be verified several times until it ends: a service that lost the answer must be able to ask
again, and the token says only who the identity is and opens nothing. It ends early with the key that asked
for it. Whoever verifies needs no key: services have none.
"""

import hashlib
import secrets
import sqlite3
from typing import Any

from aiohttp import web

from constellagent.failpoints import around
from constellagent.ravi.local.answers import ApiError, read_body, timestamp
from constellagent.ravi.local.fences import own
from constellagent.ravi.local.office import OFFICE
from constellagent.ravi.local.resources import OWNER
from constellagent.ravi.points import ProviderPoint
from constellagent.ravi.wires.events import VerifyToken

LIFETIME = 300.0
"""Seconds."""

ACTOR = "service"
"""Who verifies a token, as the audit names it."""

MOST = 600
"""Verifications that one address may ask for within a minute."""

_MINUTE = 60.0
_REMEMBERED = 3600.0
"""Seconds for which a token that ended is told apart from one that never was."""

_MOST_ADDRESSES = 1000

ASKED: web.AppKey[dict[str, tuple[float, int]]] = web.AppKey("asked", dict)
"""For each address, when its minute began and how often it has asked since."""


def attach(app: web.Application) -> None:
    """Let tokens be verified by this application."""
    app[ASKED] = {}


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    return [web.post("/api/sso/token/", token), web.post("/api/sso/verify/", verify)]


@around(ProviderPoint.SSO_TOKEN)
async def token(request: web.Request) -> web.Response:
    """Make a token for the identity of the key."""
    scope, identity = await own(request)
    office, made = request.app[OFFICE], f"rvt_{secrets.token_urlsafe(32)}"
    now = office.now()

    def insert(db: sqlite3.Connection) -> None:
        db.execute("DELETE FROM sso_tokens WHERE expires < ?", (now - _REMEMBERED,))
        db.execute(
            "INSERT INTO sso_tokens (hash, identity, key, expires) VALUES (?, ?, ?, ?)",
            (_hash(made), identity, scope.key, now + LIFETIME),
        )
        office.note(db, identity, scope.actor, "sso.token", value=made)

    await office.store.run(insert)
    return web.json_response({"token": made, "expires_at": timestamp(now + LIFETIME)}, status=201)


async def verify(request: web.Request) -> web.Response:
    """Say whose token it is."""
    _count(request)
    given = await read_body(request, VerifyToken)
    office, owner = request.app[OFFICE], request.app[OWNER]
    digest = _hash(given.token)

    def look(db: sqlite3.Connection) -> dict[str, Any]:
        row = db.execute(
            """SELECT i.*, t.expires,
                k.revoked_dt IS NOT NULL OR i.archived OR i.deleted_dt IS NOT NULL AS ended
                FROM sso_tokens t JOIN identities i ON i.id = t.identity JOIN keys k ON k.uuid = t.key
                WHERE t.hash = ?""",
            (digest,),
        ).fetchone()
        if row is None:
            raise ApiError(401, "sso.unknown", "This token is not one of ours, or ended long ago.")
        if row["ended"]:
            raise ApiError(401, "sso.revoked", "This token ended with the key that asked for it.")
        if row["expires"] <= office.now():
            raise ApiError(401, "sso.expired", "This token was good for five minutes; ask for a new one.")
        office.note(db, row["id"], ACTOR, "sso.verify", value=given.token)
        return {
            "identity_uuid": row["uuid"],
            "identity_name": row["name"],
            "identity_email": row["address"],
            "identity_phone": row["phone"],
            "created_at": row["created_dt"],
        }

    found = await office.store.run(look)
    name = f"{owner.first_name} {owner.last_name}".strip()
    return web.json_response({**found, "owner": {"name": name, "email": ""}})


def _count(request: web.Request) -> None:
    asked, address, now = request.app[ASKED], request.remote or "", request.app[OFFICE].now()
    began, count = asked.pop(address, (now, 0))
    if not began <= now < began + _MINUTE:  # over, or the clock was set back
        began, count = now, 0
    if len(asked) >= _MOST_ADDRESSES:
        del asked[next(iter(asked))]
    asked[address] = (began, min(count + 1, MOST))
    if count >= MOST:
        wait = began + _MINUTE - now
        raise ApiError(
            429, "rate_limit.exceeded", "Too many tokens are verified from here.", retry_after=wait
        )


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
