"""`/api/contacts/`: whom an identity knows, by hand or because there was mail or a text between them."""

import sqlite3
from typing import Any

from aiohttp import web

from constellagent.failpoints import around
from constellagent.ravi.local import contact_cards as cards
from constellagent.ravi.local import trespasses
from constellagent.ravi.local.answers import ApiError, invalid, read_body
from constellagent.ravi.local.fences import Scope, own, scoped
from constellagent.ravi.local.office import OFFICE, Office
from constellagent.ravi.local.pages import page
from constellagent.ravi.points import ProviderPoint
from constellagent.ravi.wire import LONGEST_NAME
from constellagent.ravi.wires.contacts import WriteContact
from constellagent.ravi.wires.phone import peer, with_plus

_SELECT = "SELECT c.* FROM contacts c JOIN identities i ON i.id = c.identity WHERE"
_NEWEST_FIRST = "ORDER BY coalesce(c.last_dt, c.created_dt) DESC, c.id DESC"


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    one = "/api/contacts/{uuid}/"
    return [
        web.get("/api/contacts/", list_all, allow_head=False),
        web.post("/api/contacts/", create),
        web.get("/api/contacts/find/", find, allow_head=False),
        web.get("/api/contacts/search/", search, allow_head=False),
        web.get(one, get, allow_head=False),
        web.patch(one, update),
        web.delete(one, delete),
    ]


@around(ProviderPoint.CONTACT_TOUCH)
def touch(
    office: Office,
    db: sqlite3.Connection,
    identity: int,
    *,
    email: str | None = None,
    phone: str | None = None,
    name: str = "",
) -> None:
    """Count a mail or a text between the identity and somebody else, who is a contact from the first on.

    The audit hears of it by the line of that mail or text.
    """
    card = cards.card_of(
        email=(email or "").strip(), phone_number=peer(phone or ""), display_name=name.strip()[:LONGEST_NAME]
    )
    if not (card["email"] or card["phone_number"]) or cards.is_oneself(db, identity, card):
        return
    safe = office.safes.of(db, identity)
    found = cards.same(db, safe, card)
    now = office.stamp()
    if found is None:
        cards.insert(db, safe, card, now, source="auto", trusted=False, interactions=1)
        return
    db.execute(
        "UPDATE contacts SET interactions = interactions + 1, last_dt = ? WHERE id = ?", (now, found["id"])
    )
    known = cards.unsealed(safe, found)
    # What a sender calls itself must not replace what a person wrote.
    if card["display_name"] and not known["display_name"] and found["source"] == "auto":
        cards.reseal(db, safe, found, known | {"display_name": card["display_name"]}, now)


async def list_all(request: web.Request) -> web.Response:
    """List contacts, the latest interaction first; `?search=` as in `search`, `?limit=&offset=` a part."""
    return await _listed(request, request.query.get("search", ""))


async def search(request: web.Request) -> web.Response:
    """List the contacts in whose names, address or number every word of `?q=` occurs."""
    return await _listed(request, request.query.get("q", ""))


async def find(request: web.Request) -> web.Response:
    """Show the contact with exactly this `?email=` or `?phone_number=`."""
    scope, office = await scoped(request), request.app[OFFICE]
    number = peer(with_plus(request.query.get("phone_number", "")))
    card = cards.card_of(email=request.query.get("email", "").strip(), phone_number=number)
    if not (card["email"] or card["phone_number"]):
        raise invalid("email: say which email or which phone_number is looked for.", "email")

    def look(db: sqlite3.Connection) -> dict[str, Any]:
        for identity in _identities(db, scope):
            safe = office.safes.of(db, identity)
            row = cards.same(db, safe, card)
            if row is not None:
                return _read(office, db, scope, row)
        raise _missing()

    return web.json_response(await office.store.run(look))


async def create(request: web.Request) -> web.Response:
    """Keep a contact by hand; who is known already by address or number is a conflict."""
    scope, identity = await own(request)
    wanted = await read_body(request, WriteContact)
    office = request.app[OFFICE]
    card = cards.card_of(**_given(wanted))
    if not (card["email"] or card["phone_number"] or card["display_name"]):
        raise invalid("email: an email, a phone_number or a display_name is needed.", "email")

    def insert(db: sqlite3.Connection) -> dict[str, Any]:
        safe = office.safes.of(db, identity)
        cards.refuse_known(db, safe, card)
        now, trusted = office.stamp(), bool(wanted.is_trusted)
        uuid = cards.insert(db, safe, card, now, source="manual", trusted=trusted)
        office.note(db, identity, scope.actor, "contacts.create", row=uuid, about=cards.about(card))
        return cards.shown(safe, _find(db, scope, uuid))

    return web.json_response(await office.store.run(insert), status=201)


async def get(request: web.Request) -> web.Response:
    """Show one contact."""
    scope, office = await scoped(request), request.app[OFFICE]
    uuid = request.match_info["uuid"]
    return web.json_response(
        await office.store.run(lambda db: _read(office, db, scope, _find(db, scope, uuid)))
    )


@around(ProviderPoint.CONTACT_UPDATE)
async def update(request: web.Request) -> web.Response:
    """Change what is given of a contact; an empty text takes it away."""
    scope, office = await scoped(request), request.app[OFFICE]
    wanted = await read_body(request, WriteContact)

    def change(db: sqlite3.Connection) -> dict[str, Any]:
        row = _find(db, scope, request.match_info["uuid"])
        safe = office.safes.of(db, row["identity"])
        known = cards.unsealed(safe, row)
        card = known | _given(wanted)
        if not (card["email"] or card["phone_number"] or card["display_name"]):
            raise invalid("email: an email, a phone_number or a display_name must be left.", "email")
        cards.refuse_known(db, safe, card, besides=row["id"])
        if wanted.is_trusted is not None:
            db.execute("UPDATE contacts SET trusted = ? WHERE id = ?", (wanted.is_trusted, row["id"]))
        cards.reseal(db, safe, row, card, office.stamp())
        office.note(
            db, row["identity"], scope.actor, "contacts.update", row=row["uuid"], about=cards.about(card)
        )
        return cards.shown(safe, _find(db, scope, row["uuid"]))

    return web.json_response(await office.store.run(change))


@around(ProviderPoint.CONTACT_DELETE)
async def delete(request: web.Request) -> web.Response:
    """Forget a contact; the next mail or text makes a new one."""
    scope, office = await scoped(request), request.app[OFFICE]

    def remove(db: sqlite3.Connection) -> None:
        row = _find(db, scope, request.match_info["uuid"])
        card = cards.unsealed(office.safes.of(db, row["identity"]), row)
        db.execute("DELETE FROM contacts WHERE id = ?", (row["id"],))
        office.note(
            db, row["identity"], scope.actor, "contacts.delete", row=row["uuid"], about=cards.about(card)
        )

    await office.store.run(remove)
    return web.Response(status=204)


async def _listed(request: web.Request, query: str) -> web.Response:
    scope, part, office = await scoped(request), page(request), request.app[OFFICE]
    words = cards.folded(query).split()

    def collect(db: sqlite3.Connection) -> list[dict[str, Any]]:
        found = (
            cards.shown(office.safes.of(db, row["identity"]), row)
            for row in db.execute(f"{_SELECT} {_within(scope)} {_NEWEST_FIRST}", (scope.identity,))
        )
        matching = [contact for contact in found if cards.matches(contact, words)]
        rows = matching[part.offset : part.offset + part.limit]
        for identity in {row["identity"] for row in rows}:
            about = f"{sum(row['identity'] == identity for row in rows)} contacts"
            office.note(db, identity, scope.actor, "contacts.list", about=about)
        return rows

    return web.json_response(await office.store.run(collect))


def _given(wanted: WriteContact) -> dict[str, str]:
    return wanted.model_dump(include=set(cards.PRIVATE), exclude_none=True)


def _within(scope: Scope) -> str:
    return "c.identity = ?1" if scope.identity is not None else "?1 IS NULL AND NOT i.archived"


def _identities(db: sqlite3.Connection, scope: Scope) -> list[int]:
    rows = db.execute(
        "SELECT id FROM identities WHERE id = ?1 OR (?1 IS NULL AND NOT archived) ORDER BY id",
        (scope.identity,),
    )
    return [row["id"] for row in rows]


def _find(db: sqlite3.Connection, scope: Scope, uuid: str) -> sqlite3.Row:
    row: sqlite3.Row | None = db.execute(
        f"{_SELECT} {_within(scope)} AND c.uuid = ?2", (scope.identity, uuid.lower())
    ).fetchone()
    if row is None:
        owners = "SELECT identity, uuid FROM contacts WHERE uuid = ?"
        raise trespasses.refused(db, scope, _missing(), "contacts.access", owners, uuid.lower())
    return row


def _missing() -> ApiError:
    return ApiError(404, "not_found", "No Contact matches the given query.")


def _read(office: Office, db: sqlite3.Connection, scope: Scope, row: sqlite3.Row) -> dict[str, Any]:
    shown = cards.shown(office.safes.of(db, row["identity"]), row)
    office.note(db, row["identity"], scope.actor, "contacts.get", row=row["uuid"], about=cards.about(shown))
    return shown
