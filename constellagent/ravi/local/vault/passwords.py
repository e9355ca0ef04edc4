"""`/api/passwords/`: logins at sites."""

import asyncio
import sqlite3
from collections.abc import Mapping

from aiohttp import web

from constellagent.ravi.local.answers import invalid, read_body
from constellagent.ravi.local.fences import scoped
from constellagent.ravi.local.office import OFFICE, Office
from constellagent.ravi.local.safes import Safe
from constellagent.ravi.local.vault import access
from constellagent.ravi.local.vault.domains import site
from constellagent.ravi.local.vault.generate import Recipe, recipe
from constellagent.ravi.local.vault.shelf import Row, Shelf
from constellagent.ravi.wires.vault import ChangePassword, CreatePassword

KIND = access.Kind(
    name="passwords",
    model="PasswordEntry",
    fields=("domain", "username", "password", "notes"),
    about=("domain", "username"),
    value="password",
)


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    one = "/api/passwords/{uuid}/"
    return [
        web.get("/api/passwords/", list_all, allow_head=False),
        web.post("/api/passwords/", create),
        web.get("/api/passwords/generate-password/", generate, allow_head=False),
        web.get(one, get, allow_head=False),
        web.patch(one, update),
        web.delete(one, delete),
    ]


def keep(
    office: Office, db: sqlite3.Connection, identity: int, actor: str, content: Mapping[str, str]
) -> Row:
    """Store a login and tell the audit; `content` has the fields of `KIND`, and may have its times.

    Raises:
        VaultError: the identity's vault does not hold.
    """
    shelf = Shelf(db, office.safes.of(db, identity), KIND.name)
    return access.keep(office, db, shelf, actor, KIND, content)


async def list_all(request: web.Request) -> web.Response:
    """List logins, with their passwords."""
    return web.json_response([KIND.shown(row) for row in await access.listed(request, KIND)])


async def create(request: web.Request) -> web.Response:
    """Store a login: at the site's registrable domain, as the identity itself, with a password made up."""
    wanted = await read_body(request, CreatePassword)
    office, domain = request.app[OFFICE], await asyncio.to_thread(site, wanted.domain)

    def add(db: sqlite3.Connection, safe: Safe, actor: str) -> Row:
        content = {
            "domain": domain,
            "username": wanted.username or _address(db, safe.identity),
            "password": wanted.password or Recipe().make(),
            "notes": wanted.notes or "",
        }
        return keep(office, db, safe.identity, actor, content)

    return web.json_response(KIND.shown(await access.added(request, KIND, add)), status=201)


async def get(request: web.Request) -> web.Response:
    """Show one login."""
    return web.json_response(KIND.shown(await access.read(request, KIND)))


async def update(request: web.Request) -> web.Response:
    """Change what is given of a login; no user name means the identity's address, as when it is created."""
    wanted = await read_body(request, ChangePassword)
    if wanted.password == "":  # none must be made up in place of one that is in use
        raise invalid("password: it cannot be empty; ask for generate-password first.", "password")
    given = wanted.model_dump(exclude_none=True)
    if wanted.domain is not None:
        given["domain"] = await asyncio.to_thread(site, wanted.domain)
    office = request.app[OFFICE]

    def change(db: sqlite3.Connection, shelf: Shelf, safe: Safe, row: Row) -> Row:
        content = {**row.content, **given, "updated_dt": office.stamp()}
        return shelf.change(row, {**content, "username": content["username"] or _address(db, safe.identity)})

    return web.json_response(KIND.shown(await access.changed(request, KIND, change)))


async def delete(request: web.Request) -> web.Response:
    """Remove a login."""
    await access.removed(request, KIND)
    return web.Response(status=204)


async def generate(request: web.Request) -> web.Response:
    """Make a password up and store it nowhere."""
    await scoped(request)
    return web.json_response({"password": recipe(request.query).make()})


def _address(db: sqlite3.Connection, identity: int) -> str:
    row = db.execute("SELECT address FROM identities WHERE id = ?", (identity,)).fetchone()
    address: str = row["address"]
    return address
