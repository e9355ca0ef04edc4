"""How a text message gets from one number to another.

Numbers of identities are on this machine: their copy is kept in the transaction that keeps the sender's.
No message leaves the machine: one to any other number is held, and says so.
"""

import sqlite3
from typing import Literal

from constellagent.ravi.local import limits
from constellagent.ravi.local.answers import ApiError
from constellagent.ravi.local.office import Office
from constellagent.ravi.local.phone import kept


def resolve(db: sqlite3.Connection, number: str) -> int | None:
    """Return the row id of the identity with this number, None where there is none that takes messages."""
    row = db.execute("SELECT id FROM identities WHERE phone = ? AND NOT archived", (number,)).fetchone()
    return None if row is None else int(row["id"])


def send(
    office: Office, db: sqlite3.Connection, identity: int, to_number: str, body: str, *, actor: str
) -> int:
    """Send a text message and return the id of the sender's copy.

    Raises:
        ApiError: 422 where the identity has no number, 409 where it was put away, 429 where it sent too many
            or the receiver gets too many.
    """
    row = db.execute("SELECT phone, archived FROM identities WHERE id = ?", (identity,)).fetchone()
    if row["archived"]:
        raise ApiError(409, "identity.archived", "This identity was put away; bring it back first.")
    if row["phone"] is None:
        raise ApiError(
            422, "identity.no_phone", "This identity has no phone number; provision one for it first."
        )
    limits.refuse_flood(office, db, identity)
    office.room.take(db, identity, len(body), office.now())
    text = kept.Text(row["phone"], to_number, body, kept.new_sid())
    receiver = resolve(db, to_number)
    state: Literal["delivered", "held"] = "held" if receiver is None else "delivered"
    sent = kept.keep(office, db, identity, text, state, actor)
    if receiver is not None:
        limits.refuse_full(office, db, receiver, "sms")
        office.room.take(db, receiver, len(body), office.now())
        kept.keep(office, db, receiver, text, "received", actor)
    return sent


def receive(office: Office, db: sqlite3.Connection, text: kept.Text, *, actor: str) -> None:
    """Keep a message from outside; one that was kept before is accepted and not kept again.

    Raises:
        ApiError: 404 where no identity has the number, 429 where it gets too many.
    """
    identity = resolve(db, text.to_number)
    if identity is None:
        raise ApiError(404, "number.unknown", f"No identity here has the number {text.to_number}.")
    if kept.known(office, db, identity, text.sid):
        return
    limits.refuse_full(office, db, identity, "sms")
    office.room.take(db, identity, len(text.body), office.now())
    kept.keep(office, db, identity, text, "received", actor)
