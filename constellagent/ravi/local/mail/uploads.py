"""Files that were handed in for mails to come.

Whoever hands one in need not say for which identity, so no identity's key can seal it: until it is sent it
lies sealed with a key that this process alone knows, and not for long.
"""

import hashlib
import json
import sqlite3
import uuid as uuids
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from constellagent.ravi.local import trespasses
from constellagent.ravi.local.answers import ApiError, invalid
from constellagent.ravi.local.fences import Scope
from constellagent.ravi.local.mail import sealed
from constellagent.ravi.local.mail.letter import Attached
from constellagent.ravi.local.office import Office
from constellagent.ravi.vault import DataKey

_KEY = DataKey.create("uploads")
_LIFETIME = 3600.0
"""Seconds for which a file can be handed in, and then be sent."""

_MOST_WAITING = 256 << 20
"""Bytes that may wait for being sent: of one identity, or of all that management keys hand in."""


@asynccontextmanager
async def forgetting(office: Office) -> AsyncIterator[None]:
    """Forget what was handed in before the provider started: nothing can open it any more."""
    await office.store.execute("DELETE FROM mail_uploads")
    yield


def announce(
    office: Office, db: sqlite3.Connection, scope: Scope, head: dict[str, str], size: int, token: str
) -> str:
    """Expect a file, to be handed in by whoever knows `token`; return its uuid.

    Raises:
        ApiError: 429 where too much waits for being sent.
    """
    now, uuid = office.now(), str(uuids.uuid4())
    db.execute("DELETE FROM mail_uploads WHERE expires <= ?", (now,))
    row = db.execute(
        """SELECT coalesce(sum(size), 0) AS waiting, min(expires) AS first FROM mail_uploads
            WHERE identity IS ?""",
        (scope.identity,),
    ).fetchone()
    if row["waiting"] + size > _MOST_WAITING:
        message, wait = "Too many attachments wait for being sent.", row["first"] - now
        raise ApiError(429, "rate_limit.exceeded", message, retry_after=wait)
    closed = _KEY.seal(json.dumps(head).encode(), f"{uuid}|head")
    db.execute(
        "INSERT INTO mail_uploads (uuid, identity, token, size, head, expires) VALUES (?, ?, ?, ?, ?, ?)",
        (uuid, scope.identity, _hash(token), size, closed, now + _LIFETIME),
    )
    return uuid


def announced(office: Office, db: sqlite3.Connection, token: str) -> tuple[str, dict[str, str], int]:
    """Return uuid, head and size of the file that is expected with this token.

    Raises:
        ApiError: 404 where none is, also when it was handed in already.
    """
    row = db.execute(
        "SELECT uuid, size, head FROM mail_uploads WHERE token = ? AND content IS NULL AND expires > ?",
        (_hash(token), office.now()),
    ).fetchone()
    if row is None:
        raise ApiError(404, "not_found", "This upload address is unknown, was used, or is too old.")
    return row["uuid"], _head(row), row["size"]


def close(uuid: str, content: bytes) -> bytes:
    """Return a file's bytes as they may be stored."""
    return _KEY.seal(content, f"{uuid}|content")


def take_in(office: Office, db: sqlite3.Connection, token: str, closed: bytes) -> None:
    """Store the bytes of an expected file; its token has served then.

    Raises:
        ApiError: as for `announced`: another request may have been faster.
    """
    uuid, _, _ = announced(office, db, token)
    db.execute("UPDATE mail_uploads SET content = ? WHERE uuid = ?", (closed, uuid))


async def given(office: Office, scope: Scope, identity: int, wanted: Iterable[str]) -> tuple[Attached, ...]:
    """Return the files that a client names for a mail of an identity, in its order.

    They are what it has handed in, or what is attached to mails of the identity already.

    Raises:
        ApiError: 422 where one is not there, or was announced and not handed in.
    """
    names = tuple(wanted)
    if not names:
        return ()
    return await office.store.run(
        lambda db: tuple(_given(office, db, scope, identity, uuid) for uuid in names)
    )


def _given(office: Office, db: sqlite3.Connection, scope: Scope, identity: int, uuid: str) -> Attached:
    row = db.execute(
        """SELECT * FROM mail_uploads
            WHERE uuid = ? AND expires > ? AND (identity = ? OR identity IS NULL AND ?)""",
        (uuid, office.now(), identity, scope.management),
    ).fetchone()
    if row is not None:
        if row["content"] is None:
            raise invalid(f"attachment_uuids: {uuid} was not uploaded yet.", "attachment_uuids")
        head = _head(row)
        content = _KEY.unseal(row["content"], f"{uuid}|content")
        return Attached(head["filename"], head["content_type"], content)
    row = db.execute("SELECT * FROM mail_files WHERE uuid = ? AND identity = ?", (uuid, identity)).fetchone()
    if row is None:
        missing = invalid(
            f"attachment_uuids: there is no attachment {uuid}; upload it again.", "attachment_uuids"
        )
        owners = """SELECT identity, uuid FROM mail_files WHERE uuid = ?1
            UNION SELECT identity, uuid FROM mail_uploads WHERE uuid = ?1"""
        raise trespasses.refused(db, scope, missing, "mail.access", owners, uuid)
    return sealed.read_file(office, db, row, scope.actor)


def _head(row: sqlite3.Row) -> dict[str, str]:
    found: dict[str, str] = json.loads(_KEY.unseal(row["head"], f"{row['uuid']}|head"))
    return found


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogateescape")).digest()
