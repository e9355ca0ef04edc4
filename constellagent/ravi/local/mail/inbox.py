"""`/api/email-inbox/`: mails as threads, the newest first."""

import json
import sqlite3
from typing import Any, NamedTuple

from aiohttp import web

from constellagent.ravi.local import trespasses
from constellagent.ravi.local.answers import ApiError
from constellagent.ravi.local.fences import Scope, scoped
from constellagent.ravi.local.mail import sealed, shown, threads
from constellagent.ravi.local.office import OFFICE, Office
from constellagent.ravi.local.pages import LONGEST, Page, page
from constellagent.ravi.local.safes import Safe

_UNREAD = {"true": "HAVING unread > 0", "false": "HAVING unread = 0"}


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    return [
        web.get("/api/email-inbox/", list_all, allow_head=False),
        web.get("/api/email-inbox/{thread_id}/", get, allow_head=False),
    ]


async def list_all(request: web.Request) -> web.Response:
    """List threads, the one with the newest mail first; `?has_unread=true` only those with something unread.

    A thread is called after its first mail, shows the words of its newest, and is from whoever wrote last
    to the identity.
    """
    scope, part, office = await scoped(request), page(request), request.app[OFFICE]
    having = _UNREAD.get(request.query.get("has_unread", "").lower(), "")
    found = await office.store.run(lambda db: _collect(office, db, scope, part, having))
    return await shown.answer(lambda: [_shown(thread) for thread in found])


async def get(request: web.Request) -> web.Response:
    """Show a thread with its mails, oldest first; what is shown stays unread until it is marked."""
    scope, office, base = await scoped(request), request.app[OFFICE], shown.base(request)
    count, mails = await office.store.run(
        lambda db: _open(office, db, scope, request.match_info["thread_id"])
    )

    def build() -> dict[str, Any]:
        messages = [shown.message(mail, base) for mail in mails]
        first = mails[0].row
        return {
            "thread_id": first["thread_uuid"],
            "subject": messages[0]["subject"],
            "inbox": first["address"],
            "message_count": count,
            "messages": messages,
        }

    return await shown.answer(build)


class _Thread(NamedTuple):
    """A thread: what the database counts of it, and those of its mails that its row is made of."""

    safe: Safe
    row: sqlite3.Row
    mails: dict[int, sqlite3.Row]


def _collect(office: Office, db: sqlite3.Connection, scope: Scope, part: Page, having: str) -> list[_Thread]:
    condition, values = shown.visible(scope)
    rows = db.execute(
        f"""SELECT m.thread, t.uuid, m.identity, i.address, count(*) AS mails, sum(NOT m.is_read) AS unread,
                min(m.id) AS first, max(m.id) AS last, max(iif(m.direction = 'incoming', m.id, 0)) AS taken,
                min(m.created_dt) AS oldest_dt, max(m.created_dt) AS latest_dt
            FROM mails m JOIN mail_threads t ON t.id = m.thread JOIN identities i ON i.id = m.identity
            WHERE {condition} GROUP BY m.thread {having} ORDER BY last DESC LIMIT ? OFFSET ?""",  # noqa: S608 - conditions are constants
        (*values, part.limit, part.offset),
    ).fetchall()
    found = [_Thread(office.safes.of(db, row["identity"]), row, _mails(db, row)) for row in rows]
    for identity in {thread.row["identity"] for thread in found}:
        count = sum(thread.row["identity"] == identity for thread in found)
        office.note(db, identity, scope.actor, "mail.list", about=f"{count} thread{'s' * (count != 1)}")
    return found


def _mails(db: sqlite3.Connection, thread: sqlite3.Row) -> dict[int, sqlite3.Row]:
    """Return the mails that a thread's row is made of, without their bodies."""
    chosen = json.dumps([thread["first"], thread["last"], thread["taken"]])
    rows = db.execute(
        """SELECT id, uuid, head FROM mails m WHERE id IN (SELECT value FROM json_each(?1))
            OR thread = ?2 AND EXISTS (SELECT 1 FROM mail_files f WHERE f.mail = m.id) ORDER BY id""",
        (chosen, thread["thread"]),
    )
    return {row["id"]: row for row in rows}


def _shown(thread: _Thread) -> dict[str, Any]:
    heads = {mail: sealed.open_head(thread.safe, row) for mail, row in thread.mails.items()}
    row = thread.row
    last = heads[row["last"]]
    writer = heads[row["taken"]] if row["taken"] else last
    return {
        "thread_id": row["uuid"],
        "subject": heads[row["first"]]["subject"],
        "preview": last["preview"],
        "from_email": writer["from_email"],
        "from_display_name": writer["from_name"],
        "inbox": row["address"],
        "message_count": row["mails"],
        "unread_count": row["unread"],
        "attachment_names": [name for head in heads.values() for name in head["files"]],
        "latest_message_dt": row["latest_dt"],
        "oldest_message_dt": row["oldest_dt"],
    }


def _open(
    office: Office, db: sqlite3.Connection, scope: Scope, thread_id: str
) -> tuple[int, list[shown.Fetched]]:
    """Return how many mails a thread has, and the newest of them, oldest first."""
    condition, values = shown.visible(scope)
    thread = threads.find(db, thread_id)
    ids: list[int] = []
    if thread is not None:
        condition, values = f"m.thread = ? AND {condition}", (thread["id"], *values)
        ids = shown.newest(db, condition, values, LONGEST)
    if thread is None or not ids:
        missing = ApiError(404, "not_found", "No EmailThread matches the given query.")
        owners = "SELECT identity, uuid FROM mail_threads WHERE uuid = ?"
        raise trespasses.refused(db, scope, missing, "mail.access", owners, thread_id.lower())
    mails = shown.fetch(office, db, ids)
    count: int = db.execute("SELECT count(*) FROM mails WHERE thread = ?", (thread["id"],)).fetchone()[0]
    subject = sealed.open_head(mails[0].safe, mails[0].row)["subject"]
    about = f"{len(mails)} mail{'s' * (len(mails) != 1)} of the thread: {subject}"
    office.note(db, thread["identity"], scope.actor, "mail.read", row=thread["uuid"], about=about)
    return count, mails
