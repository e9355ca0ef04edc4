"""Who asks, and which identities that key opens.

A key is a fence only. A management key opens the whole account; `?identity=<uuid>` narrows it. An
identity's key opens that identity, whether named or not, and every other one is refused aloud.
"""

import hashlib
import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NoReturn

from aiohttp import hdrs, web

from constellagent.failpoints import around
from constellagent.ravi.local.answers import ApiError, TrespassError, timestamp
from constellagent.ravi.local.store import Store
from constellagent.ravi.points import ProviderPoint

STORE: web.AppKey[Store] = web.AppKey("store", Store)
NOW: web.AppKey[Callable[[], float]] = web.AppKey("now")
ACTOR = "X-Constellagent-Actor"
"""The header in which a management key names who acts, for the audit."""

_BEARER = re.compile(r"Bearer +(\S+)", re.IGNORECASE)
_USED_EVERY = 60.0
"""Seconds within which a second use of a key is not written down again: each write waits for the disk."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a request may reach.

    Attributes:
        identity: id of the one identity that it is about, None for the whole account.
        management: the key is one for the whole account.
        actor: who asks, as the audit names it.
        key: uuid of the key.
        may_create: it creates identities.
    """

    identity: int | None
    management: bool
    actor: str = "nobody"
    key: str = ""
    may_create: bool = False


async def management(request: web.Request) -> Scope:
    """Let only a management key pass, and return what it opens: the account.

    Raises:
        ApiError: 401 without a valid key, 403 with an identity's.
    """
    scope = await _authenticate(request)
    if not scope.management:
        await _refuse(request, scope, "This needs a management key; an identity's key cannot do it.")
    return scope


async def creator(request: web.Request) -> Scope:
    """Let only a key pass that may create identities: the account's, or one of a session that is allowed to.

    Raises:
        ApiError: 401 without a valid key, 403 with one that may not.
    """
    scope = await _authenticate(request)
    if not scope.may_create:
        await _refuse(request, scope, "This key cannot create identities; a management key can.")
    return scope


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
        lambda db: db.execute(
            "SELECT id, uuid FROM identities WHERE uuid = ? AND deleted_dt IS NULL", (uuid.lower(),)
        ).fetchone()
    )
    if not scope.management and (row is None or row["id"] != scope.identity):
        refusal = ApiError(403, "auth.forbidden", "This key opens another identity.")
        if row is None:
            raise refusal
        raise TrespassError(refusal, owner=row["uuid"], actor=scope.actor, action="identity.access")
    if row is None:
        raise ApiError(404, "not_found", "No Identity matches the given query.")
    return replace(scope, identity=row["id"])


async def own(request: web.Request) -> tuple[Scope, int]:
    """Return the scope and the one identity that a request is about.

    Raises:
        ApiError: as for `scoped`; 400 where a management key names none.
    """
    scope = await scoped(request)
    if scope.identity is None:
        raise ApiError(400, "identity.required", "Say which identity is meant: add ?identity=<uuid>.")
    return scope, scope.identity


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
    said = request.headers.get(ACTOR, "")
    scope = await request.app[STORE].run(lambda db: _look_up(db, digest, now, said))
    if scope is None:
        raise ApiError(401, "auth.unauthenticated", "Invalid API key.")
    return scope


@around(ProviderPoint.KEY_USED)
def _look_up(db: sqlite3.Connection, digest: bytes, now: float, said: str) -> Scope | None:
    row = db.execute(
        "SELECT * FROM keys WHERE hash = ? AND revoked_dt IS NULL",
        (digest,),
    ).fetchone()
    if row is None:
        return None
    if row["last_used_dt"] is None or row["last_used_dt"] < timestamp(now - _USED_EVERY):
        db.execute("UPDATE keys SET last_used_dt = ? WHERE uuid = ?", (timestamp(now), row["uuid"]))
    management = row["identity"] is None
    actor = f"session {row['session']}" if row["session"] else f"key {row['label'] or row['uuid']}"
    # Only who manages the account may speak for somebody else, as the daemon does for a person.
    actor = _printable(said) if management and said else actor
    return Scope(row["identity"], management, actor, row["uuid"], management or bool(row["may_create"]))


async def _refuse(request: web.Request, scope: Scope, message: str) -> NoReturn:
    """Refuse an identity's key what is the account's; whom the path names hears of it, else its own."""
    asked = request.match_info.get("uuid", "").lower()
    row = await request.app[STORE].run(
        lambda db: db.execute(
            """SELECT uuid FROM identities WHERE uuid = ?1 AND deleted_dt IS NULL OR id = ?2
                ORDER BY uuid = ?1 DESC LIMIT 1""",
            (asked, scope.identity),
        ).fetchone()
    )
    refusal = ApiError(403, "auth.forbidden", message)
    raise TrespassError(refusal, owner=row["uuid"], actor=scope.actor, action="account.access")


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)[:100]
