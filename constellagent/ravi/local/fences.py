"""Who asks, and which identities that key opens.

A key is a fence only. A management key opens the whole account; `?identity=<uuid>` narrows it. An
identity's key opens that identity, whether named or not, and every other one is refused aloud.
"""

import hashlib
import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import hdrs, web

from constellagent.ravi.local.answers import ApiError, timestamp
from constellagent.ravi.local.store import Store

STORE: web.AppKey[Store] = web.AppKey("store", Store)
NOW: web.AppKey[Callable[[], float]] = web.AppKey("now")
_BEARER = re.compile(r"Bearer +(\S+)", re.IGNORECASE)
_USED_EVERY = 60.0
"""Seconds within which a second use of a key is not written down again: each write waits for the disk."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a request may reach.

    Attributes:
        identity: id of the one identity that it is about, None for the whole account.
        management: the key is one for the whole account.
    """

    identity: int | None
    management: bool


async def management(request: web.Request) -> None:
    """Let only a management key pass.

    Raises:
        ApiError: 401 without a valid key, 403 with an identity's.
    """
    scope = await _authenticate(request)
    if not scope.management:
        raise ApiError(403, "auth.forbidden", "This needs a management key; an identity's key cannot do it.")


async def scoped(request: web.Request) -> Scope:
    """Return what the key, narrowed by `?identity=` or the older `X-Ravi-Identity`, may reach.

    Raises:
        ApiError: 401 without a valid key, 403 for an identity behind the fence, 404 for a missing one.
    """
    scope = await _authenticate(request)
    asked = {*request.query.getall("identity", []), *request.headers.getall("X-Ravi-Identity", [])} - {""}
    if len(asked) > 1:
        raise ApiError(400, "request.ambiguous", "Several different identities are asked for.")
    return await narrow(request, scope, asked.pop()) if asked else scope


async def narrow(request: web.Request, scope: Scope, uuid: str) -> Scope:
    """Narrow `scope` to one identity.

    Raises:
        ApiError: 403 where it lies behind the fence, 404 where there is none.
    """
    row = await request.app[STORE].run(
        lambda db: db.execute("SELECT id FROM identities WHERE uuid = ?", (uuid.lower(),)).fetchone()
    )
    if not scope.management and (row is None or row["id"] != scope.identity):
        raise ApiError(403, "auth.forbidden", "This key opens another identity.")
    if row is None:
        raise ApiError(404, "not_found", "No Identity matches the given query.")
    return Scope(row["id"], scope.management)


def key_hash(key: str) -> bytes:
    """Return what is stored of a key."""
    return hashlib.sha256(key.encode()).digest()


async def _authenticate(request: web.Request) -> Scope:
    given = _BEARER.fullmatch(request.headers.get(hdrs.AUTHORIZATION, "").strip())
    if given is None:
        raise ApiError(401, "auth.unauthenticated", "Authentication credentials were not provided.")
    # Header bytes that are no UTF-8 come as lone surrogates; no key holds them.
    digest = hashlib.sha256(given[1].encode(errors="surrogateescape")).digest()
    now = request.app[NOW]()
    scope = await request.app[STORE].run(lambda db: _look_up(db, digest, now))
    if scope is None:
        raise ApiError(401, "auth.unauthenticated", "Invalid API key.")
    return scope


def _look_up(db: sqlite3.Connection, digest: bytes, now: float) -> Scope | None:
    row = db.execute(
        "SELECT uuid, identity, last_used_dt FROM keys WHERE hash = ? AND revoked_dt IS NULL", (digest,)
    ).fetchone()
    if row is None:
        return None
    if row["last_used_dt"] is None or row["last_used_dt"] < timestamp(now - _USED_EVERY):
        db.execute("UPDATE keys SET last_used_dt = ? WHERE uuid = ?", (timestamp(now), row["uuid"]))
    return Scope(row["identity"], management=row["identity"] is None)
