"""How a request reaches the rows of a vault: inside its fence, told of in the audit, and never past damage.

A row that is not found is only then said to be missing when the registers of all vaults in reach hold; the
audit hears of every try.
"""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from aiohttp import web

from constellagent.ravi.local.answers import ApiError
from constellagent.ravi.local.fences import Scope, own, scoped
from constellagent.ravi.local.office import OFFICE, Office
from constellagent.ravi.local.safes import Safe
from constellagent.ravi.local.vault import damage
from constellagent.ravi.local.vault.shelf import Row, Shelf
from constellagent.ravi.vault import VaultError

T = TypeVar("T")
_FEW = 10
"""Rows whose uuids are named in the line that tells of a list."""

_UUID = 36
"""Characters of a uuid; what else is asked for need not be written down whole."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What is particular to passwords, and to secrets.

    Attributes:
        name: as in the register and in the audit's actions.
        model: what the hosted service calls a row when it finds none.
        fields: the fields of a row that clients see, all of them text.
        about: those of them that tell a person what it is.
        value: the one that is secret.
    """

    name: str
    model: str
    fields: tuple[str, ...]
    about: tuple[str, ...]
    value: str

    def title(self, content: Mapping[str, Any]) -> str:
        """Return what the audit says that a row is about."""
        return " ".join(content[field] for field in self.about)

    def shown(self, row: Row) -> dict[str, Any]:
        """Return a row as clients see it."""
        fields = {field: row.content[field] for field in (*self.fields, "created_dt", "updated_dt")}
        return {"uuid": row.uuid, "identity": row.identity, **fields}


Finder = Callable[[Safe], bytes]
Add = Callable[[sqlite3.Connection, Safe, str], Row]
Change = Callable[[sqlite3.Connection, Shelf, Safe, Row], Row]


async def listed(request: web.Request, kind: Kind) -> list[Row]:
    """Return every row that the request may see, by identity and age."""
    scope, office = await scoped(request), request.app[OFFICE]
    action = f"{kind.name}.list"

    def look(db: sqlite3.Connection, safe: Safe) -> list[Row]:
        rows = Shelf(db, safe, kind.name).every()
        if rows or scope.identity is not None:
            named = " ".join(row.uuid for row in rows[:_FEW] if len(rows) <= _FEW)
            about = f"{len(rows)} of {kind.name}: {named}".rstrip(": ")
            office.note(db, safe.identity, scope.actor, action, about=about)
        return rows

    return await damage.run(
        office, scope.actor, action, lambda db: _everywhere(office, db, scope, kind, look)
    )


async def found(request: web.Request, kind: Kind, about: str, finder: Finder | None) -> list[Row]:
    """Return the rows that `finder` finds, at most one for each identity; with None there can be none."""
    scope, office = await scoped(request), request.app[OFFICE]
    action = f"{kind.name}.get"

    def look(db: sqlite3.Connection, safe: Safe) -> list[Row]:
        shelf = Shelf(db, safe, kind.name)
        row = shelf.find(finder(safe)) if finder is not None else None
        if row is not None:
            _note(office, db, scope.actor, action, kind, row)
        elif scope.identity is not None:
            office.note(db, safe.identity, scope.actor, action, result="missing", about=about)
        return [] if row is None else [row]

    return await damage.run(
        office, scope.actor, action, lambda db: _everywhere(office, db, scope, kind, look)
    )


async def read(request: web.Request, kind: Kind) -> Row:
    """Return the row that the path names.

    Raises:
        ApiError: 404 where there is none in reach.
    """
    return await _at(request, kind, "get", lambda _db, _shelf, _safe, row: row)


async def changed(request: web.Request, kind: Kind, change: Change) -> Row:
    """Change the row that the path names; `change` returns what it has become.

    Raises:
        ApiError: 404 where there is none in reach.
    """
    return await _at(request, kind, "update", change)


async def removed(request: web.Request, kind: Kind) -> None:
    """Remove the row that the path names, also where it cannot be opened any more.

    Raises:
        ApiError: 404 where there is none in reach.
    """
    scope, office = await scoped(request), request.app[OFFICE]
    uuid, action = request.match_info["uuid"].lower(), f"{kind.name}.delete"

    def remove(db: sqlite3.Connection, safe: Safe) -> None:
        shelf = Shelf(db, safe, kind.name)
        try:
            about = kind.title(shelf.get(uuid).content)
        except VaultError:
            about = "what could not be opened any more"
        shelf.remove(uuid)
        office.note(db, safe.identity, scope.actor, action, row=uuid, about=about)

    await _in_reach(office, scope, kind, uuid, action, remove)


async def added(request: web.Request, kind: Kind, add: Add) -> Row:
    """Add a row to the vault of the one identity that the request is about; `add` gets who asks."""
    scope, identity = await own(request)
    office = request.app[OFFICE]
    return await damage.run(
        office,
        scope.actor,
        f"{kind.name}.create",
        lambda db: damage.within(office, db, identity, lambda safe: add(db, safe, scope.actor)),
    )


def keep(
    office: Office,
    db: sqlite3.Connection,
    shelf: Shelf,
    actor: str,
    kind: Kind,
    content: Mapping[str, str],
    finder: bytes | None = None,
) -> Row:
    """Put a row on a shelf and tell the audit; the fields that `content` lacks are empty, the times now."""
    now = office.stamp()
    blank = dict.fromkeys(kind.fields, "") | {"created_dt": now, "updated_dt": now}
    row = shelf.add({**blank, **content}, finder)
    _note(office, db, actor, f"{kind.name}.create", kind, row)
    return row


async def _at(request: web.Request, kind: Kind, verb: str, act: Change) -> Row:
    scope, office = await scoped(request), request.app[OFFICE]
    uuid, action = request.match_info["uuid"].lower(), f"{kind.name}.{verb}"

    def do(db: sqlite3.Connection, safe: Safe) -> Row:
        shelf = Shelf(db, safe, kind.name)
        row = act(db, shelf, safe, shelf.get(uuid))
        _note(office, db, scope.actor, action, kind, row)
        return row

    return await _in_reach(office, scope, kind, uuid, action, do)


async def _in_reach(
    office: Office,
    scope: Scope,
    kind: Kind,
    uuid: str,
    action: str,
    act: Callable[[sqlite3.Connection, Safe], T],
) -> T:
    """Act where the row with this uuid is; where it is not in reach, tell of the try and answer 404."""

    def missing(db: sqlite3.Connection, safe: Safe) -> list[Row]:
        Shelf(db, safe, kind.name).check_missing(uuid)
        return []

    def do(db: sqlite3.Connection) -> tuple[T] | None:
        owner = _owner(db, kind, uuid)
        if owner is not None and (
            scope.identity == owner["id"] or (scope.identity is None and not owner["archived"])
        ):
            return (damage.within(office, db, owner["id"], partial(act, db)),)
        _everywhere(office, db, scope, kind, missing)
        if owner is not None and not scope.management:
            office.audit.note(office.now(), owner["uuid"], scope.actor, action, result="refused", row=uuid)
        if scope.identity is not None:
            office.note(db, scope.identity, scope.actor, action, result="missing", row=uuid[:_UUID])
        return None

    done = await damage.run(office, scope.actor, action, do)
    if done is None:
        raise ApiError(404, "not_found", f"No {kind.model} matches the given query.")
    return done[0]


def _everywhere(
    office: Office,
    db: sqlite3.Connection,
    scope: Scope,
    kind: Kind,
    look: Callable[[sqlite3.Connection, Safe], list[Row]],
) -> list[Row]:
    """Look into the vault of the one identity, or into all that hold or held something."""
    if scope.identity is not None:
        identities = [scope.identity]
    else:
        identities = [
            row["id"]
            for row in db.execute(
                """SELECT id FROM identities WHERE NOT archived AND id IN (
                    SELECT identity FROM vault_registers WHERE kind = ?1 UNION
                    SELECT identity FROM vault_rows WHERE kind = ?1) ORDER BY id""",
                (kind.name,),
            )
        ]
    return [row for identity in identities for row in damage.within(office, db, identity, partial(look, db))]


def _owner(db: sqlite3.Connection, kind: Kind, uuid: str) -> sqlite3.Row | None:
    """Return the identity whose row this is."""
    row: sqlite3.Row | None = db.execute(
        """SELECT i.id, i.uuid, i.archived FROM vault_rows v JOIN identities i ON i.id = v.identity
           WHERE v.uuid = ? AND v.kind = ?""",
        (uuid, kind.name),
    ).fetchone()
    return row


def _note(office: Office, db: sqlite3.Connection, actor: str, action: str, kind: Kind, row: Row) -> None:
    office.note(
        db,
        row.identity,
        actor,
        action,
        row=row.uuid,
        about=kind.title(row.content),
        value=row.content[kind.value],
    )
