"""`/api/auth/keys/`: keys for the account and for one identity. Only a management key gets here.

The key itself is in the answer that creates it and nowhere else.
"""

import logging
import secrets
import sqlite3
import uuid as uuids
from typing import Any

from aiohttp import web

from constellagent.failpoints import around
from constellagent.ravi import wire
from constellagent.ravi.audit import AuditError
from constellagent.ravi.local.answers import ApiError, read_body, timestamp
from constellagent.ravi.local.fences import NOW, STORE, key_hash, management
from constellagent.ravi.local.office import OFFICE, Office
from constellagent.ravi.points import ProviderPoint

_log = logging.getLogger(__name__)

_MANAGEMENT = "ravi_mgmt_"
_IDENTITY = "ravi_id_"


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    root = "/api/auth/keys"
    return [
        web.get(f"{root}/management/", list_management, allow_head=False),
        web.post(f"{root}/management/", create_management),
        web.delete(f"{root}/management/{{uuid}}/", delete_management),
        web.get(f"{root}/identity/", list_identity, allow_head=False),
        web.post(f"{root}/identity/", create_identity),
        web.delete(f"{root}/identity/{{uuid}}/", delete_identity),
    ]


async def list_management(request: web.Request) -> web.Response:
    """List the account's keys."""
    return await _list(request, "k.identity IS NULL")


async def list_identity(request: web.Request) -> web.Response:
    """List the keys of all identities."""
    return await _list(request, "k.identity IS NOT NULL")


async def create_management(request: web.Request) -> web.Response:
    """Mint a key for the account."""
    scope = await management(request)
    wanted, office = await read_body(request, wire.CreateManagementKey), request.app[OFFICE]
    return await _created(request, lambda db: issue_management(office, db, wanted.label, scope.actor))


async def create_identity(request: web.Request) -> web.Response:
    """Mint a key for one identity."""
    scope = await management(request)
    wanted = await read_body(request, wire.CreateIdentityKey)
    office, now = request.app[OFFICE], timestamp(request.app[NOW]())

    def mint(db: sqlite3.Connection) -> tuple[str, str]:
        row = db.execute(
            "SELECT id, uuid, archived FROM identities WHERE uuid = ? AND deleted_dt IS NULL",
            (wanted.identity_uuid.lower(),),
        ).fetchone()
        if row is None:
            raise ApiError(404, "not_found", "No Identity matches the given query.")
        if row["archived"]:
            raise ApiError(409, "identity.archived", "This identity was put away; bring it back first.")
        uuid, key = _mint(db, _IDENTITY, row["id"], wanted.label, now)
        office.tell(row["uuid"], scope.actor, "key.issued", row=uuid, about=wanted.label, value=key)
        return uuid, key

    return await _created(request, mint)


async def delete_management(request: web.Request) -> web.Response:
    """Revoke a key of the account."""
    return await _revoke(request, "identity IS NULL")


async def delete_identity(request: web.Request) -> web.Response:
    """Revoke a key of an identity."""
    return await _revoke(request, "identity IS NOT NULL")


def mint_management(db: sqlite3.Connection, label: str, now: str) -> tuple[str, str]:
    """Create a management key that stays with us; return its uuid and the key."""
    return _mint(db, _MANAGEMENT, None, label, now)


def issue_management(office: Office, db: sqlite3.Connection, label: str, actor: str) -> tuple[str, str]:
    """Create a management key for somebody; return its uuid and the key.

    It opens every identity, those among them that were put away, so the audit of each hears of it first.

    Raises:
        AuditError: the audit of one does not hold; no key is made.
    """
    uuid, key = mint_management(db, label, office.stamp())
    for identity in _identities(db):
        office.tell(identity, actor, "account.key_issued", row=uuid, about=label, value=key)
    return uuid, key


def _tell_all_withdrawn(office: Office, db: sqlite3.Connection, actor: str, uuid: str, label: str) -> None:
    """Let each audit hear that a management key is no more; one that does not hold keeps no key alive."""
    for identity in _identities(db):
        try:
            office.tell(identity, actor, "account.key_withdrawn", row=uuid, about=label)
        except AuditError as error:
            _log.warning("a management key was withdrawn, but not in the audit: %s", error.message)


def _identities(db: sqlite3.Connection) -> list[str]:
    query = "SELECT uuid FROM identities WHERE deleted_dt IS NULL ORDER BY id"
    return [row["uuid"] for row in db.execute(query).fetchall()]


def mint_identity(
    db: sqlite3.Connection, identity: int, label: str, now: str, *, session: str | None = None
) -> str:
    """Create a key for one identity, where given that of a session, and return it."""
    return _mint(db, _IDENTITY, identity, label, now, session)[1]


def uuid_of(db: sqlite3.Connection, identity: int) -> str:
    """Return the uuid of an identity."""
    row = db.execute("SELECT uuid FROM identities WHERE id = ?", (identity,)).fetchone()
    return str(row["uuid"])


@around(ProviderPoint.KEY_MINT)
def _mint(
    db: sqlite3.Connection,
    prefix: str,
    identity: int | None,
    label: str,
    now: str,
    session: str | None = None,
) -> tuple[str, str]:
    uuid, key = str(uuids.uuid4()), prefix + secrets.token_urlsafe(32)
    db.execute(
        "INSERT INTO keys (uuid, identity, hash, label, created_dt, session) VALUES (?, ?, ?, ?, ?, ?)",
        (uuid, identity, key_hash(key), label, now, session),
    )
    return uuid, key


async def _created(request: web.Request, mint: Any) -> web.Response:
    def run(db: sqlite3.Connection) -> dict[str, Any]:
        uuid, key = mint(db)
        row = db.execute(f"{_SELECT} WHERE k.uuid = ?", (uuid,)).fetchone()
        return {**_row(row), "key": key}

    return web.json_response(await request.app[STORE].run(run), status=201)


async def _list(request: web.Request, which: str) -> web.Response:
    await management(request)
    rows = await request.app[STORE].run(
        lambda db: db.execute(
            f"{_SELECT} WHERE k.revoked_dt IS NULL AND {which} ORDER BY k.created_dt, k.rowid"
        ).fetchall()
    )
    return web.json_response([_row(row) for row in rows])


@around(ProviderPoint.KEY_REVOKE)
async def _revoke(request: web.Request, which: str) -> web.Response:
    scope = await management(request)
    office = request.app[OFFICE]
    uuid, now = request.match_info["uuid"].lower(), office.stamp()

    def revoke(db: sqlite3.Connection) -> bool:
        row = db.execute(
            f"UPDATE keys SET revoked_dt = ? WHERE uuid = ? AND revoked_dt IS NULL AND {which}"  # noqa: S608 - `which` is a constant of this module
            " RETURNING identity, label",
            (now, uuid),
        ).fetchone()
        if row is None:
            return False
        if row["identity"] is None:
            _tell_all_withdrawn(office, db, scope.actor, uuid, row["label"])
        else:
            office.tell(
                uuid_of(db, row["identity"]), scope.actor, "key.withdrawn", row=uuid, about=row["label"]
            )
        return True

    if not await office.store.run(revoke):
        raise ApiError(404, "not_found", "No API key matches the given query.")
    return web.Response(status=204)


_SELECT = "SELECT k.*, i.uuid AS identity_uuid FROM keys k LEFT JOIN identities i ON i.id = k.identity"


def _row(row: sqlite3.Row) -> dict[str, Any]:
    masked = (_MANAGEMENT if row["identity"] is None else _IDENTITY) + "********"
    shown = {
        "uuid": row["uuid"],
        "key": masked,
        "label": row["label"],
        "is_active": True,
        "last_used_at": row["last_used_dt"],
        "created_dt": row["created_dt"],
    }
    if row["identity"] is not None:
        shown |= {"identity": row["identity_uuid"], "identity_uuid": row["identity_uuid"]}
    return shown
