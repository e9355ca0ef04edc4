"""Which mails belong together: those whose Message-ID, In-Reply-To and References name one another.

Each id that a mail names leads to one thread of the identity. A mail that names ids of several threads shows
that they are one, so the order in which a chain of replies arrives does not matter. Subjects join nothing:
two services that both write "Your code" are two threads.
"""

import sqlite3
import uuid as uuids

from constellagent.failpoints import around
from constellagent.ravi.local.mail.letter import Letter
from constellagent.ravi.local.safes import Safe
from constellagent.ravi.points import ProviderPoint

_MOST_REFERENCES = 100
"""Ids of a chain that are looked at: the first and the newest, as RFC 5322 lets programs shorten it."""


@around(ProviderPoint.MAIL_THREAD)
def join(db: sqlite3.Connection, safe: Safe, letter: Letter) -> int:
    """Return the row id of the thread that a mail belongs to, a new one where it is the first."""
    marks = [mark(safe, message_id) for message_id in _named(letter)]
    places = ", ".join("?" * len(marks))
    rows = db.execute(
        f"SELECT DISTINCT thread FROM mail_links WHERE identity = ? AND mark IN ({places}) ORDER BY thread",  # noqa: S608 - only question marks are put in
        (safe.identity, *marks),
    ).fetchall()
    threads = [row["thread"] for row in rows]
    thread: int = threads[0] if threads else _new(db, safe.identity)
    for other in threads[1:]:
        _merge(db, other, thread)
    db.executemany(
        "INSERT OR IGNORE INTO mail_links (identity, mark, thread) VALUES (?, ?, ?)",
        [(safe.identity, each, thread) for each in marks],
    )
    return thread


def mark(safe: Safe, message_id: str) -> bytes:
    """Return what stands for a Message-ID in the database."""
    return safe.fingerprint("mail id", message_id)


def find(db: sqlite3.Connection, uuid: str) -> sqlite3.Row | None:
    """Return the thread with this uuid, or the one that it has become part of; None where there is none."""
    row: sqlite3.Row | None = db.execute(
        "SELECT t.* FROM mail_threads t JOIN mail_threads old ON t.id = coalesce(old.merged, old.id) "
        "WHERE old.uuid = ?",
        (uuid.lower(),),
    ).fetchone()
    return row


def _named(letter: Letter) -> list[str]:
    chain = letter.references
    if len(chain) > _MOST_REFERENCES:
        chain = (chain[0], *chain[1 - _MOST_REFERENCES :])
    return list(dict.fromkeys(name for name in (letter.message_id, letter.in_reply_to, *chain) if name))


def _new(db: sqlite3.Connection, identity: int) -> int:
    made = db.execute(
        "INSERT INTO mail_threads (uuid, identity) VALUES (?, ?)", (str(uuids.uuid4()), identity)
    )
    assert made.lastrowid is not None
    return made.lastrowid


def _merge(db: sqlite3.Connection, thread: int, into: int) -> None:
    """Make `thread` part of the other; its uuid goes on to lead there."""
    db.execute("UPDATE mails SET thread = ? WHERE thread = ?", (into, thread))
    db.execute("UPDATE mail_links SET thread = ? WHERE thread = ?", (into, thread))
    db.execute("UPDATE mail_threads SET merged = ?1 WHERE id = ?2 OR merged = ?2", (into, thread))
