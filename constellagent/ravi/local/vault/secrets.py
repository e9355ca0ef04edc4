"""`/api/secrets/`: values under names, as API keys; a name is in capitals and occurs once in a vault."""

import re
import sqlite3
from collections.abc import Mapping

from aiohttp import web

from constellagent.ravi.local.answers import ApiError, read_body
from constellagent.ravi.local.office import OFFICE, Office
from constellagent.ravi.local.safes import Safe
from constellagent.ravi.local.vault import access
from constellagent.ravi.local.vault.shelf import Row, Shelf
from constellagent.ravi.wires.vault import LONGEST_NAME, ChangeSecret, CreateSecret

KIND = access.Kind(
    name="secrets", model="SecretEntry", fields=("key", "value", "notes"), about=("key",), value="value"
)
_KEY = re.compile(r"[A-Z][A-Z0-9_]*", re.ASCII | re.IGNORECASE)


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    one = "/api/secrets/{uuid}/"
    return [
        web.get("/api/secrets/", list_all, allow_head=False),
        web.post("/api/secrets/", create),
        web.get(one, get, allow_head=False),
        web.patch(one, update),
        web.delete(one, delete),
    ]


def keep(
    office: Office, db: sqlite3.Connection, identity: int, actor: str, content: Mapping[str, str]
) -> Row:
    """Store a secret and tell the audit; `content` has the fields of `KIND`, and may have its times.

    Raises:
        ApiError: there is one under its key already.
        VaultError: the identity's vault does not hold.
    """
    safe = office.safes.of(db, identity)
    shelf, finder = Shelf(db, safe, KIND.name), _finder(safe, content["key"])
    _check_free(shelf, finder)
    return access.keep(office, db, shelf, actor, KIND, content, finder)


async def list_all(request: web.Request) -> web.Response:
    """List secrets, with their values; with `?key=` the one under that name, if there is one."""
    key = request.query.get("key")
    if key is None:
        rows = await access.listed(request, KIND)
    elif _KEY.fullmatch(key):
        rows = await access.found(request, KIND, key.upper(), lambda safe: _finder(safe, key.upper()))
    else:
        rows = await access.found(request, KIND, key[:LONGEST_NAME], None)
    return web.json_response([KIND.shown(row) for row in rows])


async def create(request: web.Request) -> web.Response:
    """Store a secret under a name that is not taken."""
    wanted = await read_body(request, CreateSecret)
    content = {"key": wanted.key, "value": wanted.value or "", "notes": wanted.notes or ""}
    office = request.app[OFFICE]

    def add(db: sqlite3.Connection, safe: Safe, actor: str) -> Row:
        return keep(office, db, safe.identity, actor, content)

    return web.json_response(KIND.shown(await access.added(request, KIND, add)), status=201)


async def get(request: web.Request) -> web.Response:
    """Show one secret."""
    return web.json_response(KIND.shown(await access.read(request, KIND)))


async def update(request: web.Request) -> web.Response:
    """Change what is given of a secret."""
    given = (await read_body(request, ChangeSecret)).model_dump(exclude_none=True)
    office = request.app[OFFICE]

    def change(_db: sqlite3.Connection, shelf: Shelf, safe: Safe, row: Row) -> Row:
        content = {**row.content, **given, "updated_dt": office.stamp()}
        finder = _finder(safe, content["key"])
        if content["key"] != row.content["key"]:
            _check_free(shelf, finder)
        return shelf.change(row, content, finder)

    return web.json_response(KIND.shown(await access.changed(request, KIND, change)))


async def delete(request: web.Request) -> web.Response:
    """Remove a secret."""
    await access.removed(request, KIND)
    return web.Response(status=204)


def _finder(safe: Safe, key: str) -> bytes:
    return safe.fingerprint("secret key", key)


def _check_free(shelf: Shelf, finder: bytes) -> None:
    if shelf.find(finder) is not None:
        raise ApiError(
            422,
            "validation.failed",
            "key: there is a secret under this name already; change that one.",
            {"field": "key", "code": "unique"},
        )
