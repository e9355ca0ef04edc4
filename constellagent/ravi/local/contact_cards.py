"""A contact as it is kept: its content sealed, found again by fingerprints of its address and its number."""

import sqlite3
import unicodedata
import uuid as uuids
from collections.abc import Mapping, Sequence
from typing import Any

from constellagent.failpoints import around
from constellagent.ravi.local.answers import ApiError
from constellagent.ravi.local.safes import Safe
from constellagent.ravi.points import ProviderPoint

PRIVATE = ("email", "phone_number", "display_name", "nickname")
"""The fields that are sealed."""

Card = Mapping[str, str]
"""The private fields of a contact, each empty where there is none."""

_SPELLING = str.maketrans("", "", "+()-.")


def card_of(**known: str) -> dict[str, str]:
    """Return all private fields, from what is known of them."""
    return dict.fromkeys(PRIVATE, "") | known


def matches(contact: Mapping[str, Any], words: Sequence[str]) -> bool:
    """Whether every word, folded, occurs somewhere in a contact."""
    text = folded("\n".join(contact[name] for name in PRIVATE))
    return all(word in text or _in_number(word, contact["phone_number"]) for word in words)


def _in_number(word: str, number: str) -> bool:
    bare = word.translate(_SPELLING)
    return bare.isdigit() and bare in number


def folded(text: str) -> str:
    """Return `text` without what search should not care for: case, accents, width."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in parts if not unicodedata.combining(c))


def about(card: Card) -> str:
    """Return who it is, for the audit."""
    return " ".join(card[name] for name in PRIVATE if card[name])


def is_oneself(db: sqlite3.Connection, identity: int, card: Card) -> bool:
    """Whether the card says the identity's own address, also with a `+tag`, or its own number."""
    row = db.execute("SELECT address, phone FROM identities WHERE id = ?", (identity,)).fetchone()
    local_part, at, domain = card["email"].lower().rpartition("@")
    plain = f"{local_part.partition('+')[0]}{at}{domain}"
    return plain == row["address"] or (bool(row["phone"]) and card["phone_number"] == row["phone"])


def _marks(safe: Safe, card: Card) -> tuple[bytes | None, bytes | None]:
    """Return the fingerprints by which a contact is found."""
    email, phone = card["email"].lower(), card["phone_number"]
    return (
        safe.fingerprint("contact email", email) if email else None,
        safe.fingerprint("contact phone", phone) if phone else None,
    )


def same(db: sqlite3.Connection, safe: Safe, card: Card) -> sqlite3.Row | None:
    """Return the contact of the identity with the address or the number, None where there is none."""
    found: sqlite3.Row | None = db.execute(
        "SELECT * FROM contacts WHERE identity = ? AND (email = ? OR phone = ?) ORDER BY id",
        (safe.identity, *_marks(safe, card)),
    ).fetchone()
    return found


def refuse_known(db: sqlite3.Connection, safe: Safe, card: Card, besides: int | None = None) -> None:
    """Let each address and each number stand in one contact of an identity only.

    Raises:
        ApiError: 409 where another contact, none with the id `besides`, says it.
    """
    row = db.execute(
        "SELECT uuid FROM contacts WHERE identity = ? AND (email = ? OR phone = ?) AND id IS NOT ?",
        (safe.identity, *_marks(safe, card), besides),
    ).fetchone()
    if row is not None:
        raise ApiError(
            409,
            "contact.exists",
            "A contact with this email or phone_number is there already; change that one.",
            {"uuid": row["uuid"]},
        )


@around(ProviderPoint.CONTACT_INSERT)
def insert(
    db: sqlite3.Connection,
    safe: Safe,
    card: Card,
    now: str,
    *,
    source: str,
    trusted: bool,
    interactions: int = 0,
) -> str:
    """Keep a new contact and return its uuid."""
    uuid = str(uuids.uuid4())
    last = now if interactions else None
    db.execute(
        """INSERT INTO contacts (uuid, identity, email, phone, source, trusted, interactions, last_dt,
            content, created_dt, updated_dt) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            *(uuid, safe.identity, *_marks(safe, card), source, trusted, interactions, last),
            *(safe.seal(card, "contacts", uuid), now, now),
        ),
    )
    return uuid


@around(ProviderPoint.CONTACT_RESEAL)
def reseal(db: sqlite3.Connection, safe: Safe, row: sqlite3.Row, card: Card, now: str) -> None:
    """Replace what a kept contact says."""
    version = row["version"] + 1
    db.execute(
        "UPDATE contacts SET email = ?, phone = ?, content = ?, version = ?, updated_dt = ? WHERE id = ?",
        (*_marks(safe, card), safe.seal(card, "contacts", row["uuid"], version), version, now, row["id"]),
    )


def unsealed(safe: Safe, row: sqlite3.Row) -> dict[str, str]:
    """Return what a kept contact says.

    Raises:
        VaultError: it was changed or moved.
    """
    return safe.unseal(row["content"], "contacts", row["uuid"], row["version"])


def shown(safe: Safe, row: sqlite3.Row) -> dict[str, Any]:
    """Return a contact as clients read it."""
    return {
        "uuid": row["uuid"],
        "identity": row["identity"],
        **unsealed(safe, row),
        "is_trusted": bool(row["trusted"]),
        "source": row["source"],
        "interaction_count": row["interactions"],
        "last_interaction_dt": row["last_dt"],
        "created_dt": row["created_dt"],
        "updated_dt": row["updated_dt"],
    }
