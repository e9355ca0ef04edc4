"""Which mails a client asks for, and the rows that are meant by it."""

import sqlite3
from datetime import UTC, datetime
from typing import NamedTuple

from aiohttp import web

from constellagent.ravi.local.answers import invalid, timestamp
from constellagent.ravi.local.fences import Scope
from constellagent.ravi.local.mail import shown, threads
from constellagent.ravi.local.mail.kept import author_mark
from constellagent.ravi.local.office import Office
from constellagent.ravi.local.pages import LONGEST, page

_PAGE = 50
"""Mails on one `?page=`."""

_FLAGS = {"": None, "true": True, "false": False}


class Wanted(NamedTuple):
    """Which mails a list is to hold; all that is given must be true of each.

    Attributes:
        is_read: None for both.
        direction: empty for both.
        thread_id: uuid of a thread, or empty.
        from_email: address of the author, or empty.
        after: time, as stored, that they came after, or empty.
        part: how many of the oldest, after how many; None for the newest.
    """

    is_read: bool | None
    direction: str
    thread_id: str
    from_email: str
    after: str
    part: tuple[int, int] | None


def read(request: web.Request) -> Wanted:
    """Read the query of a list.

    Raises:
        ApiError: 422 for a value that means nothing.
    """
    query = request.query
    is_read, direction = query.get("is_read", "").lower(), query.get("direction", "")
    if is_read not in _FLAGS:
        raise invalid("is_read: true or false is needed.", "is_read")
    if direction not in {"", "incoming", "outgoing"}:
        raise invalid("direction: incoming or outgoing is needed.", "direction")
    return Wanted(
        is_read=_FLAGS[is_read],
        direction=direction,
        thread_id=query.get("thread_id", ""),
        from_email=query.get("from_email", ""),
        after=_time(query.get("created_after", "")),
        part=_part(request),
    )


def select(office: Office, db: sqlite3.Connection, scope: Scope, wanted: Wanted) -> list[int]:
    """Return the ids of the mails that the key opens and that are wanted."""
    condition, values = _condition(office, db, scope, wanted)
    if wanted.part is None:
        return shown.newest(db, condition, values, LONGEST)
    return shown.oldest(db, condition, values, *wanted.part)


def _part(request: web.Request) -> tuple[int, int] | None:
    if not request.query.keys() & {"page", "limit", "offset", "created_after"}:
        return None
    limit, offset = page(request)
    number = request.query.get("page", "")
    if not number:
        return limit, offset
    if not (number.isascii() and number.isdigit() and len(number) < 10 and int(number)):
        raise invalid("page: a number from 1 is needed.", "page")
    size = limit if "limit" in request.query else _PAGE
    return size, offset + (int(number) - 1) * size


def _time(text: str) -> str:
    """Return a moment as it is stored, empty where none is given."""
    if not text:
        return ""
    try:
        # A '+' that was not escaped arrives as a space.
        moment = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
        return timestamp((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError, OSError):
        raise invalid("created_after: a time as 2026-02-25T10:30:00Z is needed.", "created_after") from None


def _condition(
    office: Office, db: sqlite3.Connection, scope: Scope, wanted: Wanted
) -> tuple[str, list[object]]:
    condition, within = shown.visible(scope)
    parts, values = [condition], list[object](within)
    if wanted.is_read is not None:
        parts.append("m.is_read" if wanted.is_read else "NOT m.is_read")
    if wanted.direction:
        parts.append("m.direction = ?")
        values.append(wanted.direction)
    if wanted.thread_id:
        thread = threads.find(db, wanted.thread_id)
        parts.append("m.thread = ?")
        values.append(thread["id"] if thread else None)
    if wanted.from_email:
        marks = _authors(office, db, scope, wanted.from_email)
        parts.append(f"m.author IN ({', '.join('?' * len(marks))})")
        values.extend(marks)
    if wanted.after:
        parts.append("m.created_dt > ?")
        values.append(wanted.after)
    return " AND ".join(parts), values


def _authors(office: Office, db: sqlite3.Connection, scope: Scope, address: str) -> list[bytes]:
    """Return what stands for an author in the mails of each identity that the key opens."""
    condition, values = shown.visible(scope)
    rows = db.execute(
        f"SELECT DISTINCT m.identity FROM mails m JOIN identities i ON i.id = m.identity WHERE {condition}",  # noqa: S608 - a constant condition
        values,
    ).fetchall()
    return [author_mark(office.safes.of(db, row["identity"]), address.strip()) for row in rows]
