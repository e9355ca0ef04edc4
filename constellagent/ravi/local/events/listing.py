"""`/api/events/`: what happened since, in order; on request it waits until something does.

Ours beyond the hosted service: `?wait=` seconds until there is something to tell, `?since=latest` for
nothing of the past, and `cursor` in the answer: what to give as `since` next time.
"""

import asyncio
import json
import re
import sqlite3
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web

from constellagent.ravi.local.answers import invalid
from constellagent.ravi.local.events.record import shown
from constellagent.ravi.local.fences import Scope, scoped
from constellagent.ravi.local.office import OFFICE, Office
from constellagent.ravi.local.waits import WAITS

LONGEST = 1000
"""Events that one answer holds at most, and does unless less is asked for."""

LONGEST_WAIT = 25.0
"""Seconds; below the 30 after which the public clients give an answer up."""

_LATEST = "latest"
_HIGHEST = (1 << 63) - 1
_SECONDS = re.compile(r"\d{1,6}(\.\d{0,9})?", re.ASCII)
_SELECT = """SELECT e.* FROM events e JOIN identities i ON i.id = e.identity
    WHERE i.deleted_dt IS NULL AND e.seq > ?1 AND (?2 = '[]' OR e.kind IN (SELECT value FROM json_each(?2)))
    AND"""
_OF_ONE = f"{_SELECT} e.identity = ?4 ORDER BY e.seq LIMIT ?3"
_OF_ALL = f"{_SELECT} NOT i.archived ORDER BY e.seq LIMIT ?3"


@dataclass(frozen=True, slots=True)
class Query:
    """Which events are asked for.

    Attributes:
        since: only those with a higher number; None for those from now on.
        kinds: only these types, a JSON array; `[]` for all.
        limit: how many at most.
    """

    since: int | None
    kinds: str = "[]"
    limit: int = LONGEST


@dataclass(frozen=True, slots=True)
class Batch:
    """The answer to a query.

    Attributes:
        events: as they are sent, lowest number first.
        cursor: what to give as `since` next.
        more: the limit cut some off.
    """

    events: list[dict[str, Any]]
    cursor: int
    more: bool


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    return [web.get("/api/events/", list_all, allow_head=False)]


async def list_all(request: web.Request) -> web.Response:
    """List events after `?since=`, of `?event_types=a,b`, at most `?limit=`, waiting `?wait=` seconds."""
    scope, office, waits = await scoped(request), request.app[OFFICE], request.app[WAITS]
    query, clock = asked(request, default=0), asyncio.get_running_loop().time
    until = clock() + _wait(request)
    while True:
        count = office.bell.count(scope.identity)
        batch = await take(office, scope, query)
        left = until - clock()
        if batch.events or left <= 0 or waits.over:
            return web.json_response({"events": batch.events, "cursor": batch.cursor})
        query = replace(query, since=batch.cursor)
        await waits.hear(office.bell, scope.identity, count, left)
        # A key that was revoked meanwhile gets nothing of what happened since.
        scope = await scoped(request)


def asked(request: web.Request, default: int | None) -> Query:
    """Return what the parameters ask for; `default` is where it begins without `?since=`.

    Raises:
        ApiError: one of them cannot be read.
    """
    since, limit = request.query.get("since", ""), request.query.get("limit", "")
    kinds = (kind.strip() for kind in request.query.get("event_types", "").split(","))
    begin = _number("since", since, 0) if since and since != _LATEST else None
    return Query(
        begin if since else default,
        json.dumps([kind for kind in kinds if kind]),
        min(_number("limit", limit, 1), LONGEST) if limit else LONGEST,
    )


async def take(office: Office, scope: Scope, query: Query) -> Batch:
    """Read events and tell the audit who did."""
    return await office.store.run(lambda db: _take(office, db, scope, query))


def _take(office: Office, db: sqlite3.Connection, scope: Scope, query: Query) -> Batch:
    newest: int = db.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()[0]
    if query.since is None:
        return Batch([], newest, more=False)
    values = (query.since, query.kinds, query.limit)
    if scope.identity is None:
        rows = db.execute(_OF_ALL, values).fetchall()
    else:
        rows = db.execute(_OF_ONE, (*values, scope.identity)).fetchall()
    for identity, count in Counter(row["identity"] for row in rows).items():
        office.note(db, identity, scope.actor, "events.read", about=f"{count} events")
    events = [shown(office.safes.of(db, row["identity"]), row) for row in rows]
    more = len(rows) == query.limit
    return Batch(events, rows[-1]["seq"] if more else newest, more)


def _wait(request: web.Request) -> float:
    text = request.query.get("wait", "0")
    if not _SECONDS.fullmatch(text):
        raise invalid("wait: a number of seconds is needed.", "wait")
    return min(float(text), LONGEST_WAIT)


def _number(name: str, text: str, least: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20 and least <= int(text) <= _HIGHEST):
        raise invalid(f"{name}: a number from {least} is needed.", name)
    return int(text)
