"""`/api/audit/`: who did what with which identity, for whoever manages the account. The path is ours.

What happens outside the provider, with hosted identities or by a person's hand, can be told to it. Files are
read in threads, so the store is held up by one look at each file's end only.
"""

import asyncio
import logging
import sqlite3
from dataclasses import asdict
from typing import Any, NamedTuple

from aiohttp import web

from constellagent.errors import ConstellagentError, UsageError
from constellagent.ravi.audit import Audit, AuditError, Snapshot
from constellagent.ravi.local.answers import ApiError, invalid, read_body
from constellagent.ravi.local.fences import management
from constellagent.ravi.local.office import OFFICE, Office
from constellagent.ravi.local.pages import LONGEST, number
from constellagent.ravi.local.vault import register
from constellagent.ravi.wires.audits import RestartChain, ToldAccess

_log = logging.getLogger(__name__)


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    return [
        web.get("/api/audit/", list_lines, allow_head=False),
        web.post("/api/audit/", tell),
        web.get("/api/audit/verify/", verify, allow_head=False),
        web.post("/api/audit/restart/", restart),
    ]


class _Known(NamedTuple):
    """An identity with an audit, or one that must have one.

    Attributes:
        uuid: its uuid.
        row: its row id, None where it is not at this provider.
        sealed: whether a key was made for it, which no transaction does without a line.
    """

    uuid: str
    row: int | None
    sealed: bool


async def list_lines(request: web.Request) -> web.Response:
    """List lines, oldest first, with what they are about in clear.

    With `?identity=` those of one identity: with `?after=<seq>` the first `?limit=` beyond that line, else
    the newest. Without `?identity=` the newest of all identities, by time.
    """
    await management(request)
    office, limit = request.app[OFFICE], number(request, "limit", LONGEST, LONGEST)
    identity, after = request.query.get("identity", "").lower(), number(request, "after", 0, 1 << 53)
    if not identity:
        if after:
            raise invalid("after: it needs an identity, whose lines it counts.", "after")
        return web.json_response(await _newest(office, limit))
    if "after" not in request.query:
        return web.json_response((await _lines(office, identity, None, limit))[-limit:] if limit else [])
    return web.json_response((await _lines(office, identity, after, limit))[:limit])


async def tell(request: web.Request) -> web.Response:
    """Write a line about an access that the provider did not see."""
    scope = await management(request)
    told, office = await read_body(request, ToldAccess), request.app[OFFICE]
    await office.store.run(
        lambda _: office.audit.note(
            office.now(),
            told.identity,
            scope.actor,
            told.action,
            result=told.result,
            about=told.about,
            value=told.value,
        )
    )
    return web.json_response({}, status=201)


async def verify(request: web.Request) -> web.Response:
    """Read every chain from its first line to its head, and compare the vaults with them."""
    await management(request)
    office = request.app[OFFICE]
    problem = await office.store.run(lambda db: _problem_of_heads(office.audit, db))
    found = [
        await _checked(office, known) for known in await office.store.run(lambda db: _known(office.audit, db))
    ]
    ok = not problem and all(row["ok"] for row in found)
    return web.json_response({"ok": ok, "problem": problem, "identities": found})


async def restart(request: web.Request) -> web.Response:
    """Set a chain that does not hold aside, and begin it again with a line that says so."""
    scope = await management(request)
    wanted, office = await read_body(request, RestartChain), request.app[OFFICE]
    try:
        aside = await office.store.run(
            lambda db: office.audit.restart(db, office.now(), wanted.identity, scope.actor)
        )
    except UsageError as error:
        raise ApiError(409, "audit.holds", f"{error.message}.") from error
    _log.warning("began the audit of identity %s again; the old one is %s", wanted.identity, aside)
    return web.json_response({"identity": wanted.identity, "set_aside": str(aside) if aside else ""})


async def _newest(office: Office, limit: int) -> list[dict[str, Any]]:
    rows = []
    for identity in await office.store.run(office.audit.identities):
        rows += (await _lines(office, identity, None, limit))[-limit:]
    rows.sort(key=lambda row: (row["at"], row["identity"], row["seq"]))
    return rows[-limit:] if limit else []


async def _lines(office: Office, identity: str, after: int | None, limit: int) -> list[dict[str, Any]]:
    """Return the lines beyond `after`; with None about the newest `limit`, and some more."""
    snapshot = await office.store.run(lambda db: _snapshot(office.audit, db, identity))
    if after is None:
        after = max(0, snapshot.head.seq - limit) if snapshot.head else 0
    try:
        entries = await asyncio.to_thread(office.audit.entries, snapshot, after)
    except AuditError as error:
        raise ApiError(500, "audit.broken", f"{error.message}; {error.hint}") from error
    return [{"identity": identity, **asdict(entry)} for entry in entries]


def _snapshot(audit: Audit, db: sqlite3.Connection, identity: str) -> Snapshot:
    """Return the audit of an identity.

    Raises:
        ApiError: 404 where neither the provider nor the audit knows it.
    """
    if identity not in {known.uuid for known in _known(audit, db)}:
        raise ApiError(404, "not_found", "No Identity matches the given query.")
    return audit.snapshot(db, identity)


def _known(audit: Audit, db: sqlite3.Connection) -> list[_Known]:
    """Return every identity of the provider or with an audit, by uuid."""
    local = {
        row["uuid"]: _Known(row["uuid"], row["id"], bool(row["sealed"]))
        for row in db.execute(
            "SELECT uuid, id, id IN (SELECT identity FROM data_keys) AS sealed FROM identities"
        )
    }
    told = {uuid: _Known(uuid, None, sealed=False) for uuid in audit.identities(db)}
    return [known for _, known in sorted((told | local).items())]


def _problem_of_heads(audit: Audit, db: sqlite3.Connection) -> str:
    try:
        audit.check_heads(db)
    except AuditError as error:
        return error.message
    return ""


async def _checked(office: Office, known: _Known) -> dict[str, Any]:
    """Return what is to be said of one identity."""
    lines, problems = 0, []
    try:
        snapshot = await office.store.run(lambda db: office.audit.snapshot(db, known.uuid))
        lines = await asyncio.to_thread(office.audit.verify, snapshot)
        if known.sealed and not lines:
            problems.append("it has a key and what that sealed, and no line tells of it")
        if known.row is not None:
            row = known.row
            problems += await office.store.run(lambda db: register.check(office, db, row))
    except ConstellagentError as error:
        problems.append(error.message)
    return {
        "identity": known.uuid,
        "lines": lines,
        "ok": not problems,
        "problem": "; ".join(problems),
    }
