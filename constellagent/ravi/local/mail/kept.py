"""Mails as they are kept: one sealed row each, whichever way they came."""

import hashlib
import sqlite3
import uuid as uuids
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from constellagent.failpoints import around
from constellagent.ravi.local import contacts
from constellagent.ravi.local.answers import timestamp
from constellagent.ravi.local.events.record import record
from constellagent.ravi.local.mail import sealed, threads
from constellagent.ravi.local.mail.letter import Attached, Letter
from constellagent.ravi.local.office import Office
from constellagent.ravi.local.safes import Safe
from constellagent.ravi.points import ProviderPoint

Direction = Literal["incoming", "outgoing"]


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a mail is kept.

    Attributes:
        id: its row id.
        uuid: its uuid.
        thread: uuid of its thread.
    """

    id: int
    uuid: str
    thread: str


@around(ProviderPoint.MAIL_KEEP)
def keep(
    office: Office, db: sqlite3.Connection, identity: int, letter: Letter, *, direction: Direction, actor: str
) -> Kept:
    """Keep a mail, tell the audit, the contacts and whoever waits; inside a transaction.

    The same mail again (the same Message-ID and content, as when a delivery is retried) is the one that was
    kept first, and nothing is told.
    """
    safe = office.safes.of(db, identity)
    same = safe.fingerprint("mail", _digest(letter))
    found = _find_same(db, identity, direction, same)
    if found is not None:
        return found
    uuid, head, body = str(uuids.uuid4()), sealed.head(letter), sealed.body(letter)
    thread = threads.join(db, safe, letter)
    made = db.execute(
        """INSERT INTO mails (uuid, identity, thread, direction, is_read, created_dt, size, same, mark,
            author, head, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            *(uuid, identity, thread, direction, direction == "outgoing", _next_stamp(office, db, identity)),
            *(len(body), same, threads.mark(safe, letter.message_id), author_mark(safe, letter.from_email)),
            *(sealed.seal_head(safe, uuid, head), sealed.seal_body(safe, uuid, body)),
        ),
    )
    assert made.lastrowid is not None
    for file in letter.attachments:
        _keep_file(db, safe, made.lastrowid, file)
    action = "mail.received" if direction == "incoming" else "mail.sent"
    said, value = sealed.about(head, direction), letter.text or letter.html
    office.note(db, identity, actor, action, row=uuid, about=said, value=value)
    _touch(office, db, identity, letter, direction)
    record(office, db, identity, *_event(identity, made.lastrowid, letter, direction))
    row = db.execute("SELECT uuid FROM mail_threads WHERE id = ?", (thread,)).fetchone()
    return Kept(made.lastrowid, uuid, row["uuid"])


def letter_of(office: Office, db: sqlite3.Connection, identity: int, message: int) -> Letter:
    """Return a mail of the identity as it came in or went out; who shows it tells the audit.

    Raises:
        LookupError: the identity has no such mail.
        VaultError: it was changed or moved.
    """
    row = db.execute("SELECT * FROM mails WHERE id = ? AND identity = ?", (message, identity)).fetchone()
    if row is None:
        raise LookupError(f"identity {identity} has no mail {message}")
    files = db.execute("SELECT * FROM mail_files WHERE mail = ? ORDER BY id", (message,))
    return sealed.open_letter(office.safes.of(db, identity), row, files)


def author_mark(safe: Safe, address: str) -> bytes:
    """Return what stands for an author's address in the database."""
    return safe.fingerprint("mail author", address.lower())


def unread(db: sqlite3.Connection) -> dict[int, int]:
    """Return how many mails each identity has not read; those without any are left out."""
    rows = db.execute("SELECT identity, count(*) AS mails FROM mails WHERE NOT is_read GROUP BY identity")
    return {row["identity"]: row["mails"] for row in rows}


def _find_same(db: sqlite3.Connection, identity: int, direction: str, same: bytes) -> Kept | None:
    row = db.execute(
        "SELECT m.id, m.uuid, t.uuid AS thread FROM mails m JOIN mail_threads t ON t.id = m.thread "
        "WHERE m.identity = ? AND m.direction = ? AND m.same = ?",
        (identity, direction, same),
    ).fetchone()
    return None if row is None else Kept(row["id"], row["uuid"], row["thread"])


def _digest(letter: Letter) -> str:
    """Return a digest of what makes a mail the same one: id, author, subject and content.

    By the id alone, a program that gives all its mails one id would lose all but the first.
    """
    digest = hashlib.sha256()
    for part in _parts(letter):
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    return digest.hexdigest()


def _parts(letter: Letter) -> Iterator[bytes]:
    for text in (letter.message_id, letter.from_email, letter.subject, letter.text, letter.html):
        yield text.encode()
    for file in letter.attachments:
        yield file.filename.encode()
        yield file.content


def _next_stamp(office: Office, db: sqlite3.Connection, identity: int) -> str:
    """Return a time after that of the identity's newest mail, so that `?created_after=` passes none over."""
    newest = db.execute(
        "SELECT created_dt FROM mails WHERE identity = ? ORDER BY id DESC LIMIT 1", (identity,)
    ).fetchone()
    now = office.stamp()
    if newest is None or newest["created_dt"] < now:
        return now
    return timestamp(datetime.fromisoformat(newest["created_dt"]).timestamp() + 0.001)


def _keep_file(db: sqlite3.Connection, safe: Safe, mail: int, file: Attached) -> None:
    uuid = str(uuids.uuid4())
    db.execute(
        """INSERT INTO mail_files (uuid, identity, mail, size, inline, head, content)
            VALUES (?, ?, ?, ?, ?, ?, ?)""",
        (uuid, safe.identity, mail, len(file.content), file.inline, *sealed.seal_file(safe, uuid, file)),
    )


def _touch(office: Office, db: sqlite3.Connection, identity: int, letter: Letter, direction: str) -> None:
    if direction == "incoming":
        contacts.touch(office, db, identity, email=letter.from_email, name=letter.from_name)
        return
    for address in dict.fromkeys((*letter.to, *letter.cc, *letter.bcc)):
        contacts.touch(office, db, identity, email=address)


def _event(identity: int, mail: int, letter: Letter, direction: str) -> tuple[str, dict[str, Any]]:
    """Return the kind and the data of the event that a mail is."""
    kind = "email.message.received" if direction == "incoming" else "email.message.sent"
    return kind, {
        "message_id": mail,
        "inbox_id": identity,
        "from_email": letter.from_email,
        "to_email": ", ".join(letter.to),
        "subject": letter.subject,
        "sender_type": sealed.sender_type(direction, automatic=letter.automatic),
    }
