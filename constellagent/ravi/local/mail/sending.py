"""`/api/email-messages/`: mails that an identity writes, answers and passes on."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence

from aiohttp import web

from constellagent.ravi.local import limits, trespasses
from constellagent.ravi.local.answers import ApiError, invalid, read_body
from constellagent.ravi.local.fences import Scope, own, scoped
from constellagent.ravi.local.mail import delivery, messages, replies, sealed, shown, uploads
from constellagent.ravi.local.mail.kept import letter_of
from constellagent.ravi.local.mail.letter import Attached, Letter
from constellagent.ravi.local.mail.replies import Author, Received
from constellagent.ravi.local.office import OFFICE, Office
from constellagent.ravi.wires.mail import Compose, Forward, Reply


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    one = "/api/email-messages/{id}/"
    return [
        web.post("/api/email-messages/compose/", compose),
        web.post(f"{one}reply/", reply),
        web.post(f"{one}reply-all/", reply_all),
        web.post(f"{one}forward/", forward),
    ]


async def compose(request: web.Request) -> web.Response:
    """Send a new mail from the identity of the key, of `?identity=<uuid>`, or of `?inbox=<its number>`."""
    scope, identity = await _sender(request)
    wanted = await read_body(request, Compose)
    files = await uploads.given(request.app[OFFICE], scope, identity, wanted.attachment_uuids)
    return await _send(request, scope, identity, lambda author: replies.compose(author, wanted, files))


async def reply(request: web.Request) -> web.Response:
    """Answer a mail to whoever wants the answer; one of one's own, to its recipients."""
    return await _answer(request, everybody=False)


async def reply_all(request: web.Request) -> web.Response:
    """Answer a mail to everybody that it was between, apart from oneself."""
    return await _answer(request, everybody=True)


async def forward(request: web.Request) -> web.Response:
    """Pass a mail on, with what is attached to it."""
    scope = await scoped(request)
    wanted = await read_body(request, Forward)
    identity, received, files = await _received(request, scope, wanted, whole=True)
    return await _send(
        request, scope, identity, lambda author: replies.forward(author, received, wanted, files)
    )


async def _answer(request: web.Request, *, everybody: bool) -> web.Response:
    scope = await scoped(request)
    wanted = await read_body(request, Reply)
    identity, received, files = await _received(request, scope, wanted, whole=False)
    return await _send(
        request,
        scope,
        identity,
        lambda author: replies.reply(author, received, wanted, files, everybody=everybody),
    )


async def _sender(request: web.Request) -> tuple[Scope, int]:
    """Return the scope and the identity that sends.

    Raises:
        ApiError: as for `fences.own`; where `?inbox=` is another's, is unknown, or contradicts the identity.
    """
    inbox = request.query.get("inbox", "")
    if not inbox:
        return await own(request)
    scope = await scoped(request)
    if not (inbox.isascii() and inbox.isdigit() and len(inbox) < 19):
        raise invalid("inbox: the number that /api/email/ shows is needed.", "inbox")
    identity = int(inbox)
    if scope.identity not in {None, identity}:
        if not scope.management:
            refusal = ApiError(403, "auth.forbidden", "This key opens another identity.")
            owners = "SELECT id AS identity, '' AS uuid FROM identities WHERE id = ?"
            office = request.app[OFFICE]
            raise await office.store.run(
                lambda db: trespasses.refused(db, scope, refusal, "identity.access", owners, identity)
            )
        raise ApiError(400, "request.ambiguous", "?identity= and ?inbox= are two different identities.")
    return scope, identity


async def _received(
    request: web.Request, scope: Scope, wanted: Reply, *, whole: bool
) -> tuple[int, Received, Sequence[Attached]]:
    """Return whose mail is answered or passed on, the mail, and the files that go with the answer.

    The mail comes with its own files only where it is wanted `whole`.
    """
    office = request.app[OFFICE]

    def read(db: sqlite3.Connection) -> tuple[int, Received]:
        found = messages.read(office, db, scope, request.match_info["id"])
        row, identity = found.row, found.safe.identity
        letter = (
            letter_of(office, db, identity, row["id"]) if whole else sealed.open_letter(found.safe, row, ())
        )
        return identity, Received(letter, row["direction"] == "outgoing", row["created_dt"])

    identity, received = await office.store.run(read)
    files = await uploads.given(office, scope, identity, wanted.attachment_uuids)
    return identity, received, files


async def _send(
    request: web.Request, scope: Scope, identity: int, write: Callable[[Author], Letter]
) -> web.Response:
    office, base = request.app[OFFICE], shown.base(request)
    author = await office.store.run(lambda db: _author(db, identity))
    letter = await asyncio.to_thread(write, author)
    sent = await office.store.run(lambda db: _deliver(office, db, scope, identity, letter))
    return await shown.answer(lambda: shown.message(sent, base), 201)


def _author(db: sqlite3.Connection, identity: int) -> Author:
    row = db.execute(
        "SELECT address, name, archived FROM identities WHERE id = ? AND deleted_dt IS NULL", (identity,)
    ).fetchone()
    if row is None:
        raise ApiError(404, "not_found", "No Inbox matches the given query.")
    if row["archived"]:
        raise ApiError(409, "identity.archived", "This identity was put away; restore it before it sends.")
    return Author(row["address"], row["name"])


def _deliver(
    office: Office, db: sqlite3.Connection, scope: Scope, identity: int, letter: Letter
) -> shown.Fetched:
    limits.refuse_flood(office, db, identity)
    kept = delivery.send(office, db, identity, letter, actor=scope.actor)
    return shown.fetch(office, db, [kept.id])[0]
