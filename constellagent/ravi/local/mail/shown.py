"""Mails as clients see them.

Rows are fetched in a transaction, which tells the audit, and opened after it in a thread: many or large
mails must hold up neither the store nor the event loop.
"""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from aiohttp import web

from constellagent.ravi.local.fences import Scope
from constellagent.ravi.local.mail import sealed
from constellagent.ravi.local.mail.html_text import as_text
from constellagent.ravi.local.office import Office
from constellagent.ravi.local.safes import Safe

_SELECT = """SELECT m.*, t.uuid AS thread_uuid, i.address FROM mails m
    JOIN mail_threads t ON t.id = m.thread JOIN identities i ON i.id = m.identity"""
"""Rows of mails as `fetch` takes them."""

_MOST_BYTES = 16 << 20
"""Bytes of bodies in one answer."""


_STATES = ("failed", "held", "sending", "waiting")
"""What can be wrong with a mail that left, the worst first; otherwise it is `sent`."""


class Fetched(NamedTuple):
    """A mail's row, the rows of its files without their bytes, and what opens them.

    `state` is how far it got: `received`, `sent`, or the worst that its outgoing copies are in.
    """

    safe: Safe
    row: sqlite3.Row
    files: list[sqlite3.Row]
    state: str


def visible(scope: Scope) -> tuple[str, tuple[int, ...]]:
    """Return the condition, and its values, for rows of `mails m` and `identities i` that a key opens."""
    if scope.identity is None:
        return "NOT i.archived AND i.deleted_dt IS NULL", ()
    return "m.identity = ?", (scope.identity,)


def fetch(office: Office, db: sqlite3.Connection, ids: Iterable[int]) -> list[Fetched]:
    """Return the mails with these ids, oldest first; whoever fetches tells the audit."""
    chosen = json.dumps(list(ids))
    files: dict[int, list[sqlite3.Row]] = {}
    for file in db.execute(
        """SELECT id, uuid, mail, size, inline, head FROM mail_files
            WHERE mail IN (SELECT value FROM json_each(?)) ORDER BY id""",
        (chosen,),
    ):
        files.setdefault(file["mail"], []).append(file)
    states: dict[int, set[str]] = {}
    for copy in db.execute(
        "SELECT DISTINCT mail, state FROM outgoing WHERE mail IN (SELECT value FROM json_each(?))", (chosen,)
    ):
        states.setdefault(copy["mail"], set()).add(copy["state"])
    rows = db.execute(f"{_SELECT} WHERE m.id IN (SELECT value FROM json_each(?)) ORDER BY m.id", (chosen,))  # noqa: S608 - _SELECT is a constant
    return [
        Fetched(
            office.safes.of(db, row["identity"]),
            row,
            files.get(row["id"], []),
            _state(row["direction"], states.get(row["id"], set())),
        )
        for row in rows
    ]


def newest(db: sqlite3.Connection, condition: str, values: Iterable[object], most: int) -> list[int]:
    """Return the ids of the newest mails that meet a condition, as many as one answer holds."""
    return _fitting(
        db.execute(
            f"""SELECT m.id, m.size FROM mails m JOIN identities i ON i.id = m.identity
                WHERE {condition} ORDER BY m.id DESC LIMIT {most}""",  # noqa: S608 - callers pass constants
            tuple(values),
        )
    )


def oldest(
    db: sqlite3.Connection, condition: str, values: Iterable[object], most: int, offset: int
) -> list[int]:
    """Return the ids of the oldest mails that meet a condition, after the first `offset`."""
    rows = db.execute(
        f"""SELECT m.id FROM mails m JOIN identities i ON i.id = m.identity
            WHERE {condition} ORDER BY m.id LIMIT {most} OFFSET {offset}""",  # noqa: S608 - callers pass constants
        tuple(values),
    )
    return [row["id"] for row in rows]


def note_list(office: Office, db: sqlite3.Connection, scope: Scope, mails: list[Fetched]) -> None:
    """Tell the audit of each identity how many of its mails are given out."""
    last: dict[int, tuple[int, int]] = {}
    for mail in mails:
        count, _ = last.get(mail.row["identity"], (0, 0))
        last[mail.row["identity"]] = (count + 1, mail.row["id"])
    for identity, (count, newest_id) in last.items():
        about = f"{count} mail{'s' * (count != 1)}, the newest is {newest_id}"
        office.note(db, identity, scope.actor, "mail.list", about=about)


def message(mail: Fetched, base: str) -> dict[str, Any]:
    """Return a mail as it is shown; `base` is the address of the provider."""
    row, head = mail.row, sealed.open_head(mail.safe, mail.row)
    said = sealed.open_body(mail.safe, row)
    return {
        "id": row["id"],
        "uuid": row["uuid"],
        "url": f"{base}/api/email-messages/{row['id']}/",
        "inbox": row["address"],
        "from_email": head["from_email"],
        "from_display_name": head["from_name"],
        "to_email": ", ".join(head["to"]),
        "cc": ", ".join(head["cc"]),
        "subject": head["subject"],
        "text_content": said["text"] if said["text"].strip() else as_text(said["html"]),
        "html_content": said["html"],
        "direction": row["direction"],
        "is_read": bool(row["is_read"]),
        "state": mail.state,
        "sender_type": sealed.sender_type(row["direction"], automatic=head["automatic"]),
        "message_id": head["message_id"],
        "thread_id": row["thread_uuid"],
        "attachments": [_attachment(mail.safe, file, base) for file in mail.files],
        "created_dt": row["created_dt"],
    }


async def answer(build: Callable[[], Any], status: int = 200) -> web.Response:
    """Answer with what `build` returns, opened and written in a thread.

    Raises:
        VaultError: a mail was changed or moved.
    """
    text = await asyncio.to_thread(lambda: json.dumps(build(), ensure_ascii=False))
    return web.Response(text=text, status=status, content_type="application/json")


def base(request: web.Request) -> str:
    """Return the address by which the client reached the provider."""
    return f"{request.scheme}://{request.host}"


def _fitting(rows: Iterable[sqlite3.Row]) -> list[int]:
    """Return the ids of the first rows whose bodies fit into one answer, at least one."""
    found: list[int] = []
    room = _MOST_BYTES
    for row in rows:
        room -= row["size"]
        if room < 0 and found:
            break
        found.append(row["id"])
    return found


def _state(direction: str, copies: set[str]) -> str:
    if direction == "incoming":
        return "received"
    return next((state for state in _STATES if state in copies), "sent")


def _attachment(safe: Safe, file: sqlite3.Row, base: str) -> dict[str, Any]:
    head = sealed.open_file_head(safe, file)
    return {
        "id": file["id"],
        "uuid": file["uuid"],
        "filename": head["filename"],
        "content_type": head["content_type"],
        "size": file["size"],
        "size_bytes": file["size"],
        "is_inline": bool(file["inline"]),
        "download_url": f"{base}/api/email-attachments/{file['uuid']}/",
    }
