"""A text message as it is kept: its content sealed, found again by who is at the other end."""

import sqlite3
import uuid as uuids
from typing import Any, Literal, NamedTuple

from constellagent.failpoints import around
from constellagent.ravi.local import contacts, trespasses
from constellagent.ravi.local.answers import ApiError
from constellagent.ravi.local.events.record import record
from constellagent.ravi.local.fences import Scope
from constellagent.ravi.local.office import Office
from constellagent.ravi.points import ProviderPoint

State = Literal["received", "delivered", "held"]

_SELECT = "SELECT t.*, i.phone FROM texts t JOIN identities i ON i.id = t.identity WHERE"


class Text(NamedTuple):
    """What a text message is: from whom, to whom, and what it says.

    Attributes:
        from_number: a number in E.164 form, a short code, or the name that a service sends under.
        to_number: a number in E.164 form.
        body: what it says.
        sid: the sender's id of it; the same for the sender's and the receiver's copy.
    """

    from_number: str
    to_number: str
    body: str
    sid: str


def new_sid() -> str:
    """Return an id for a text message whose sender gave none."""
    return f"SM{uuids.uuid4().hex}"


@around(ProviderPoint.TEXT_KEEP)
def keep(office: Office, db: sqlite3.Connection, identity: int, text: Text, state: State, actor: str) -> int:
    """Keep one side of a text message, tell the audit and who waits for events; return its id.

    `received` is the receiver's side, the other states are the sender's. What is held was not sent, so
    there is no event of it. Must not be called twice for one message; see `known`.
    """
    incoming = state == "received"
    verb, peer = ("received", text.from_number) if incoming else ("sent", text.to_number)
    uuid, now = str(uuids.uuid4()), office.stamp()
    result = "held" if state == "held" else "ok"
    safe = office.note(
        db, identity, actor, f"sms.{verb}", result=result, row=uuid, about=peer, value=text.body
    )
    marks = (safe.fingerprint("sms peer", peer), safe.fingerprint("sms sid", text.sid))
    row = db.execute(
        """INSERT INTO texts (uuid, identity, peer, sid, outgoing, is_read, state, content, created_dt)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id""",
        (
            uuid,
            identity,
            *marks,
            not incoming,
            not incoming,
            state,
            safe.seal(text._asdict(), "texts", uuid),
            now,
        ),
    ).fetchone()
    contacts.touch(office, db, identity, phone=peer)
    if state != "held":
        data = {
            "message_id": row["id"],
            "phone_id": identity,
            "from_number": text.from_number,
            "to_number": text.to_number,
            "body": text.body,
        }
        record(office, db, identity, f"sms.message.{verb}", data)
    return int(row["id"])


def known(office: Office, db: sqlite3.Connection, identity: int, sid: str) -> bool:
    """Whether the identity received the message with this id already."""
    mark = office.safes.of(db, identity).fingerprint("sms sid", sid)
    found = db.execute(
        "SELECT 1 FROM texts WHERE identity = ? AND NOT outgoing AND sid = ?", (identity, mark)
    ).fetchone()
    return found is not None


def rows(
    db: sqlite3.Connection, scope: Scope, which: str = "1", values: tuple[object, ...] = ()
) -> list[sqlite3.Row]:
    """Return the kept messages in a scope, for which `which` holds; `values` are its `?2` and so on."""
    return db.execute(f"{_SELECT} {within(scope)} AND {which}", (scope.identity, *values)).fetchall()


def within(scope: Scope) -> str:
    """Return the condition for what a scope holds; `?1` is its identity, whose index it can use."""
    return "t.identity = ?1" if scope.identity is not None else "?1 IS NULL AND NOT i.archived"


def find(db: sqlite3.Connection, scope: Scope, message: str) -> sqlite3.Row:
    """Return one kept message.

    Raises:
        ApiError: 404 where there is none in the scope.
    """
    found = rows(db, scope, "t.id = ?2", (row_id(message),))
    if not found:
        missing = ApiError(404, "not_found", "No SmsMessage matches the given query.")
        owners = "SELECT identity, uuid FROM texts WHERE id = ?"
        raise trespasses.refused(db, scope, missing, "sms.access", owners, row_id(message))
    return found[0]


def row_id(text: str) -> int:
    """Return the row id that `text` is, 0 (which no row has) where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def unsealed(office: Office, db: sqlite3.Connection, row: sqlite3.Row) -> Text:
    """Return what a kept message says.

    Raises:
        VaultError: it was changed or moved.
    """
    return Text(**office.safes.of(db, row["identity"]).unseal(row["content"], "texts", row["uuid"]))


def shown(row: sqlite3.Row, text: Text) -> dict[str, Any]:
    """Return a kept message as clients read it; `state` is ours."""
    return {
        "id": row["id"],
        "url": f"/api/messages/{row['id']}/",
        "from_number": text.from_number,
        "to_number": text.to_number,
        "body": text.body,
        "message_sid": text.sid,
        "phone": str(row["identity"]),
        "direction": "outgoing" if row["outgoing"] else "incoming",
        "is_read": bool(row["is_read"]),
        "state": row["state"],
        "created_dt": row["created_dt"],
    }


def unread(db: sqlite3.Connection) -> dict[int, int]:
    """Return how many messages each identity has not read, where there are any."""
    found = db.execute("SELECT identity, count(*) AS count FROM texts WHERE NOT is_read GROUP BY identity")
    return {row["identity"]: row["count"] for row in found}
