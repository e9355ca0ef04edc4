"""An identity on its way out: all that it keeps, opened, as the parts of one document.

Mails come in batches, each from a look of its own into the store, which goes on serving others meanwhile.
"""

import base64
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from constellagent.ravi.local import contact_cards
from constellagent.ravi.local.answers import ApiError
from constellagent.ravi.local.identities import shown
from constellagent.ravi.local.mail import kept as mails
from constellagent.ravi.local.office import Office
from constellagent.ravi.local.phone import kept as texts
from constellagent.ravi.local.safes import Safe
from constellagent.ravi.local.vault import damage, passwords, secrets
from constellagent.ravi.local.vault.access import Kind
from constellagent.ravi.local.vault.shelf import Shelf
from constellagent.ravi.wires.transfer import LARGEST, VERSION

_TIMES = ("created_dt", "updated_dt")
_CONTACT = (
    *contact_cards.PRIVATE,
    "is_trusted",
    "source",
    "interaction_count",
    "last_interaction_dt",
    *_TIMES,
)
_TEXT = ("state", "is_read", "created_dt", "from_number", "to_number", "body", "message_sid")


class Leaving(NamedTuple):
    """What a first look found.

    Attributes:
        identity: row id.
        head: the document without its mails.
        mails: row ids of the mails, oldest first.
    """

    identity: int
    head: dict[str, Any]
    mails: list[int]


def look(office: Office, db: sqlite3.Connection, uuid: str, actor: str) -> Leaving:
    """Return all of an identity but its mails, and tell the audit of the export.

    Raises:
        ApiError: 404 where there is none, 413 where it is too large for a document.
        DamagedError: something that it keeps cannot be opened.
    """
    row = db.execute("SELECT * FROM identities WHERE uuid = ? AND deleted_dt IS NULL", (uuid,)).fetchone()
    if row is None:
        raise ApiError(404, "not_found", "No Identity matches the given query.")
    identity: int = row["id"]
    refuse_too_large(_size(db, identity))
    found = db.execute("SELECT id FROM mails WHERE identity = ? ORDER BY id", (identity,)).fetchall()
    head = {
        "constellagent_identity": VERSION,
        "exported_dt": office.stamp(),
        "identity": shown(row),
        **damage.within(office, db, identity, lambda safe: _belongings(db, safe)),
        "texts": damage.within(office, db, identity, lambda _: _texts(office, db, identity)),
    }
    counts = ", ".join(f"{len(rows)} {part}" for part, rows in head.items() if isinstance(rows, list))
    office.note(db, identity, actor, "identity.exported", about=f"{counts}, {len(found)} mails")
    return Leaving(identity, head, [mail["id"] for mail in found])


def letters(
    office: Office, db: sqlite3.Connection, identity: int, ids: Sequence[int]
) -> list[dict[str, Any]]:
    """Return some mails.

    Raises:
        DamagedError: one cannot be opened.
    """
    return damage.within(
        office, db, identity, lambda _: [_letter(office, db, identity, mail) for mail in ids]
    )


def refuse_too_large(size: int) -> None:
    """Let no document be larger than can be imported again.

    Raises:
        ApiError: 413.
    """
    if size > LARGEST:
        raise ApiError(
            413,
            "identity.too_large",
            f"It keeps more than the {LARGEST >> 20} MiB that one document may hold.",
        )


def _size(db: sqlite3.Connection, identity: int) -> int:
    """Return about how large the mails will be; nothing else is large."""
    bodies = db.execute("SELECT coalesce(sum(size), 0) FROM mails WHERE identity = ?", (identity,))
    files = db.execute("SELECT coalesce(sum(size), 0) FROM mail_files WHERE identity = ?", (identity,))
    return int(bodies.fetchone()[0]) + int(files.fetchone()[0]) * 4 // 3


def _belongings(db: sqlite3.Connection, safe: Safe) -> dict[str, list[dict[str, Any]]]:
    contacts = db.execute("SELECT * FROM contacts WHERE identity = ? ORDER BY id", (safe.identity,))
    return {
        **{kind.name: _shelf(db, safe, kind) for kind in (passwords.KIND, secrets.KIND)},
        "contacts": [_part(contact_cards.shown(safe, row), _CONTACT) for row in contacts],
    }


def _shelf(db: sqlite3.Connection, safe: Safe, kind: Kind) -> list[dict[str, Any]]:
    return [_part(kind.shown(row), (*kind.fields, *_TIMES)) for row in Shelf(db, safe, kind.name).every()]


def _texts(office: Office, db: sqlite3.Connection, identity: int) -> list[dict[str, Any]]:
    rows = db.execute("SELECT * FROM texts WHERE identity = ? ORDER BY id", (identity,))
    return [_part(texts.shown(row, texts.unsealed(office, db, row)), _TEXT) for row in rows]


def _letter(office: Office, db: sqlite3.Connection, identity: int, mail: int) -> dict[str, Any]:
    row = db.execute("SELECT direction, is_read, created_dt FROM mails WHERE id = ?", (mail,)).fetchone()
    letter = asdict(mails.letter_of(office, db, identity, mail))
    for file in letter["attachments"]:
        file["content"] = base64.b64encode(file["content"]).decode()
    return {**letter, **dict(row), "is_read": bool(row["is_read"])}


def _part(row: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: row[name] for name in names}
