"""`/api/email-messages/`: single mails, to read and to mark."""

import sqlite3

from aiohttp import web

from constellagent.failpoints import around
from constellagent.ravi.local import trespasses
from constellagent.ravi.local.answers import ApiError, read_body
from constellagent.ravi.local.fences import Scope, scoped
from constellagent.ravi.local.mail import queries, sealed, shown, threads
from constellagent.ravi.local.office import OFFICE, Office
from constellagent.ravi.points import ProviderPoint
from constellagent.ravi.wires.mail import MarkMail

_LONGEST_ID = 1000


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    one = "/api/email-messages/{id}/"
    return [
        web.get("/api/email-messages/", list_all, allow_head=False),
        web.get(one, get, allow_head=False),
        web.patch(one, mark),
    ]


async def list_all(request: web.Request) -> web.Response:
    """List mails, oldest first, by `is_read`, `direction`, `thread_id`, `from_email` and `created_after`.

    Without `page`, `limit`, `offset` or `created_after` these are the newest mails, so that who asks again
    and again never misses one; with one of them the oldest, so that who goes on from page to page, or from
    the last `created_dt` seen, gets them all.
    """
    scope, office, base = await scoped(request), request.app[OFFICE], shown.base(request)
    wanted = queries.read(request)

    def collect(db: sqlite3.Connection) -> list[shown.Fetched]:
        mails = shown.fetch(office, db, queries.select(office, db, scope, wanted))
        shown.note_list(office, db, scope, mails)
        return mails

    found = await office.store.run(collect)
    return await shown.answer(lambda: [shown.message(mail, base) for mail in found])


async def get(request: web.Request) -> web.Response:
    """Show one mail, by its id or its Message-ID; it stays unread until it is marked."""
    scope, office, base = await scoped(request), request.app[OFFICE], shown.base(request)
    found = await office.store.run(lambda db: read(office, db, scope, request.match_info["id"]))
    return await shown.answer(lambda: shown.message(found, base))


@around(ProviderPoint.MAIL_MARK)
async def mark(request: web.Request) -> web.Response:
    """Mark a mail as read or as unread."""
    scope, office, base = await scoped(request), request.app[OFFICE], shown.base(request)
    wanted = await read_body(request, MarkMail)

    def change(db: sqlite3.Connection) -> shown.Fetched:
        mail = _find(office, db, scope, request.match_info["id"])
        if wanted.is_read is not None:
            db.execute("UPDATE mails SET is_read = ? WHERE id = ?", (wanted.is_read, mail.row["id"]))
            (mail,) = shown.fetch(office, db, [mail.row["id"]])
        said = f"{'read' if mail.row['is_read'] else 'unread'}: {_about(mail)}"
        office.note(db, mail.safe.identity, scope.actor, "mail.marked", row=mail.row["uuid"], about=said)
        return mail

    found = await office.store.run(change)
    return await shown.answer(lambda: shown.message(found, base))


def read(office: Office, db: sqlite3.Connection, scope: Scope, named: str) -> shown.Fetched:
    """Return the mail with this id or Message-ID, to be given out; tells the audit.

    Raises:
        ApiError: 404 where the key opens none, 400 where a Message-ID needs an identity to be one.
    """
    mail = _find(office, db, scope, named)
    said = sealed.open_body(mail.safe, mail.row)
    office.note(
        db,
        mail.safe.identity,
        scope.actor,
        "mail.read",
        row=mail.row["uuid"],
        about=_about(mail),
        value=said["text"] or said["html"],
    )
    return mail


def _find(office: Office, db: sqlite3.Connection, scope: Scope, named: str) -> shown.Fetched:
    condition, values = shown.visible(scope)
    column: str
    value: int | bytes
    if named.isascii() and named.isdigit() and len(named) < 19:
        column, value = "id", int(named)
    elif "@" not in named or len(named) > _LONGEST_ID:
        raise _missing()
    elif scope.identity is None:
        raise ApiError(
            400, "identity.required", "A Message-ID names a mail of one identity: add ?identity=<uuid>."
        )
    else:
        bare = named.strip().removeprefix("<").removesuffix(">")
        column, value = "mark", threads.mark(office.safes.of(db, scope.identity), f"<{bare}>")
    # Mail to oneself is there twice: what came in is meant.
    row = db.execute(
        f"""SELECT m.id FROM mails m JOIN identities i ON i.id = m.identity
            WHERE {condition} AND m.{column} = ? ORDER BY m.direction, m.id DESC LIMIT 1""",  # noqa: S608 - condition and column are constants
        (*values, value),
    ).fetchone()
    if row is None:
        owners = "SELECT identity, uuid FROM mails WHERE id = ?"
        number = value if column == "id" else None
        raise trespasses.refused(db, scope, _missing(), "mail.access", owners, number)
    return shown.fetch(office, db, [row["id"]])[0]


def _about(mail: shown.Fetched) -> str:
    return sealed.about(sealed.open_head(mail.safe, mail.row), mail.row["direction"])


def _missing() -> ApiError:
    return ApiError(404, "not_found", "No EmailMessage matches the given query.")
