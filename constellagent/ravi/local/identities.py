"""`/api/identities/`: create, list, rename, give a number, put away and bring back.

Putting away (`archive/`) and bringing back (`restore/`) are ours; the hosted service has neither, and a
client that finds 404 there keeps the identity and only revokes its key. An identity that was put away has
no working key and is not listed, but keeps its address, its number and all that it owns.
"""

import sqlite3
import uuid as uuids
from typing import Any

from aiohttp import web

from constellagent.failpoints import around
from constellagent.ravi import wire
from constellagent.ravi.local.addresses import (
    DEFAULT_DOMAIN,
    check_domain,
    check_local_part,
    invent_local_part,
    invent_name,
)
from constellagent.ravi.local.answers import ApiError, invalid, read_body, timestamp
from constellagent.ravi.local.fences import NOW, STORE, Scope, creator, management, narrow, scoped
from constellagent.ravi.local.keys import mint_identity, uuid_of
from constellagent.ravi.local.numbers import COUNT, number
from constellagent.ravi.local.office import OFFICE
from constellagent.ravi.points import ProviderPoint


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    one = "/api/identities/{uuid}/"
    return [
        web.get("/api/identities/", list_all, allow_head=False),
        web.post("/api/identities/", create),
        web.get(one, get, allow_head=False),
        web.patch(one, rename),
        web.post(f"{one}provision-phone/", provision_phone),
        web.post(f"{one}archive/", archive),
        web.post(f"{one}restore/", restore),
    ]


async def list_all(request: web.Request) -> web.Response:
    """List what the key opens, oldest first; with `?archived=true` also what was put away."""
    scope = await scoped(request)
    hidden = request.query.get("archived") != "true"
    rows = await request.app[STORE].run(
        lambda db: db.execute(
            """SELECT * FROM identities WHERE (?1 IS NULL OR id = ?1) AND NOT (?2 AND archived)
               AND deleted_dt IS NULL ORDER BY id""",
            (scope.identity, hidden),
        ).fetchall()
    )
    return web.json_response([shown(row) for row in rows])


@around(ProviderPoint.IDENTITY_CREATE)
async def create(request: web.Request) -> web.Response:
    """Create an identity; name and address are invented where they are not given."""
    scope = await creator(request)
    office = request.app[OFFICE]
    wanted = await read_body(request, wire.CreateIdentity)
    local_part, domain = _address(wanted)
    name = wanted.name or invent_name()
    now = timestamp(request.app[NOW]())

    def insert(db: sqlite3.Connection) -> dict[str, Any]:
        address = f"{local_part}@{domain}" if local_part else free_address(db, name, domain)
        uuid = str(uuids.uuid4())
        if db.execute("SELECT 1 FROM identities WHERE address = ?", (address,)).fetchone():
            raise ApiError(409, "identity.address_taken", f"The address {address} is taken.")
        db.execute(
            "INSERT INTO identities (uuid, name, address, created_dt, updated_dt) VALUES (?, ?, ?, ?, ?)",
            (uuid, name, address, now, now),
        )
        if wanted.provision_phone:
            give_number(db, uuid, now)
        row = _find(db, uuid)
        office.tell(uuid, scope.actor, "identity.created", row=uuid, about=address)
        if scope.management or scope.identity is None:
            return shown(row)
        office.tell(uuid_of(db, scope.identity), scope.actor, "identity.created", row=uuid, about=address)
        key = mint_identity(db, row["id"], f"made by {scope.actor}", now)
        return {**shown(row), "api_key": key}

    return web.json_response(await office.store.run(insert), status=201)


async def get(request: web.Request) -> web.Response:
    """Show one identity."""
    scope = await narrow(request, await scoped(request), request.match_info["uuid"])
    row = await request.app[STORE].run(
        lambda db: db.execute("SELECT * FROM identities WHERE id = ?", (scope.identity,)).fetchone()
    )
    return web.json_response(shown(row))


async def rename(request: web.Request) -> web.Response:
    """Change the name; the address stays."""
    scope = await management(request)
    wanted = await read_body(request, wire.RenameIdentity)
    return await _change(request, scope, "identity.renamed", "name = coalesce(?, name)", wanted.name)


async def provision_phone(request: web.Request) -> web.Response:
    """Give a number to an identity that has none."""
    scope = await management(request)
    wanted = await read_body(request, wire.ProvisionPhone)
    if wanted.country_code != "US":
        raise invalid("country_code: only US has numbers here.", "country_code")
    now = timestamp(request.app[NOW]())

    def give(db: sqlite3.Connection) -> sqlite3.Row:
        uuid = _find(db, request.match_info["uuid"])["uuid"]
        give_number(db, uuid, now)
        row = _find(db, uuid)
        request.app[OFFICE].tell(uuid, scope.actor, "identity.phone", row=uuid, about=row["phone"])
        return row

    return web.json_response(shown(await request.app[STORE].run(give)))


@around(ProviderPoint.IDENTITY_ARCHIVE)
async def archive(request: web.Request) -> web.Response:
    """Put an identity away and end its keys; repeating it is harmless."""
    scope = await management(request)
    now = timestamp(request.app[NOW]())
    await request.app[STORE].run(
        lambda db: db.execute(
            "UPDATE keys SET revoked_dt = ? WHERE revoked_dt IS NULL AND identity = ?",
            (now, _find(db, request.match_info["uuid"])["id"]),
        )
    )
    return await _change(request, scope, "identity.archived", "archived = ?", 1)


async def restore(request: web.Request) -> web.Response:
    """Bring back an identity that was put away; it needs a new key."""
    scope = await management(request)
    return await _change(request, scope, "identity.restored", "archived = ?", 0)


@around(ProviderPoint.IDENTITY_CHANGE)
async def _change(
    request: web.Request, scope: Scope, action: str, assignment: str, value: object
) -> web.Response:
    now = timestamp(request.app[NOW]())

    def change(db: sqlite3.Connection) -> sqlite3.Row:
        uuid = _find(db, request.match_info["uuid"])["uuid"]
        db.execute(f"UPDATE identities SET {assignment}, updated_dt = ? WHERE uuid = ?", (value, now, uuid))  # noqa: S608 - `assignment` is a constant of this module
        row = _find(db, uuid)
        request.app[OFFICE].tell(uuid, scope.actor, action, row=uuid, about=row["name"])
        return row

    return web.json_response(shown(await request.app[STORE].run(change)))


def _address(wanted: wire.CreateIdentity) -> tuple[str | None, str]:
    """Return local part (None: to be invented) and domain from either generation's fields."""
    local_part, domain = wanted.email_identifier or None, wanted.domain or None
    if wanted.email:
        older, at, older_domain = wanted.email.partition("@")
        if (local_part and local_part != older) or (at and domain and domain != older_domain):
            raise invalid("email: it contradicts email_identifier or domain.", "email")
        local_part, domain = older, older_domain if at else domain
    if domain is not None and local_part is None:
        raise invalid("domain: it needs email_identifier.", "domain")
    if local_part is not None:
        check_local_part(local_part, "email_identifier")
    return local_part, DEFAULT_DOMAIN if domain is None else check_domain(domain)


def free_address(db: sqlite3.Connection, name: str, domain: str) -> str:
    """Return an address that reminds of `name` and is nobody's."""
    while True:
        address = f"{invent_local_part(name)}@{domain}"
        if not db.execute("SELECT 1 FROM identities WHERE address = ?", (address,)).fetchone():
            return address


@around(ProviderPoint.IDENTITY_NUMBER)
def give_number(db: sqlite3.Connection, uuid: str, now: str) -> None:
    """Give a number to an identity.

    Raises:
        ApiError: 409 where it has one, 503 where all are given away.
    """
    if _find(db, uuid)["phone"]:
        raise ApiError(409, "identity.has_phone", "This identity has a phone number already.")
    # Numbers are never taken back, so all before their count are given, and some that were brought along.
    used = db.execute("SELECT count(*) FROM identities WHERE phone IS NOT NULL").fetchone()[0]
    while used < COUNT and db.execute("SELECT 1 FROM identities WHERE phone = ?", (number(used),)).fetchone():
        used += 1
    if used >= COUNT:
        raise ApiError(503, "phone.exhausted", "All fictional numbers are given away.")
    db.execute("UPDATE identities SET phone = ?, phone_dt = ? WHERE uuid = ?", (number(used), now, uuid))


def _find(db: sqlite3.Connection, uuid: str) -> sqlite3.Row:
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM identities WHERE uuid = ? AND deleted_dt IS NULL", (uuid.lower(),)
    ).fetchone()
    if row is None:
        raise ApiError(404, "not_found", "No Identity matches the given query.")
    return row


def shown(row: sqlite3.Row) -> dict[str, Any]:
    """Return an identity as clients read it."""
    return {
        "uuid": row["uuid"],
        "name": row["name"],
        "inbox": row["address"],
        "phone": row["phone"],
        "archived": bool(row["archived"]),
        "created_dt": row["created_dt"],
        "updated_dt": row["updated_dt"],
    }
