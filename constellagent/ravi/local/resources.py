"""What an identity may ask about itself: its address, its number, its owner, the mail domains."""

import sqlite3
import uuid as uuids

from aiohttp import web

from constellagent.ravi.local.addresses import DEFAULT_DOMAIN
from constellagent.ravi.local.fences import STORE, scoped
from constellagent.ravi.wire import Owner

OWNER: web.AppKey[Owner] = web.AppKey("owner", Owner)


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    return [
        web.get("/api/email/", email, allow_head=False),
        web.get("/api/phone/", phone, allow_head=False),
        web.get("/api/master/", owner, allow_head=False),
        web.get("/api/domains/", domains, allow_head=False),
    ]


async def email(request: web.Request) -> web.Response:
    """List the addresses that the key opens."""
    rows = await _rows(request, "1")
    return web.json_response(
        [{"id": row["id"], "email": row["address"], "created_dt": row["created_dt"]} for row in rows]
    )


async def phone(request: web.Request) -> web.Response:
    """List the numbers that the key opens."""
    rows = await _rows(request, "phone IS NOT NULL")
    return web.json_response(
        [
            {
                "id": row["id"],
                "phone_number": row["phone"],
                "provider": "local",
                "created_dt": row["phone_dt"],
            }
            for row in rows
        ]
    )


async def owner(request: web.Request) -> web.Response:
    """Say who owns the account."""
    await scoped(request)
    return web.json_response(request.app[OWNER].model_dump())


async def domains(request: web.Request) -> web.Response:
    """List the default domain and every other one in use; an identity sees its own."""
    rows = await _rows(request, "1")
    since: dict[str, str] = {}
    for row in rows:
        since.setdefault(row["address"].partition("@")[2], row["created_dt"])
    names = sorted(since.keys() | {DEFAULT_DOMAIN})
    return web.json_response(
        [
            {
                "uuid": str(uuids.uuid5(uuids.NAMESPACE_DNS, name)),
                "domain": name,
                "is_platform": name == DEFAULT_DOMAIN,
                "is_verified": True,
                "created_dt": since.get(name, "2000-01-01T00:00:00Z"),
            }
            for name in names
        ]
    )


async def _rows(request: web.Request, which: str) -> list[sqlite3.Row]:
    scope = await scoped(request)
    return await request.app[STORE].run(
        lambda db: db.execute(
            f"SELECT * FROM identities WHERE (?1 IS NULL AND NOT archived OR id = ?1) AND {which}",  # noqa: S608 - `which` is a constant of this module
            (scope.identity,),
        ).fetchall()
    )
