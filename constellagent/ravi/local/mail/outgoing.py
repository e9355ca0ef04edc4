"""Mail for the rest of the world, one row a recipient, and the states that it goes through.

`held` without a relay; `waiting` until it is due; `sending` while the relay has it in hand; at last `sent` or
`failed`. What happened to one recipient says nothing of the others of the same mail.
"""

import logging
import secrets
import sqlite3
import uuid as uuids
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from constellagent.failpoints import around
from constellagent.ravi.local.mail.bounce import Failure
from constellagent.ravi.local.mail.kept import letter_of
from constellagent.ravi.local.mail.letter import Letter
from constellagent.ravi.local.office import Office
from constellagent.ravi.local.safes import Safe
from constellagent.ravi.local.store import get_fact, set_fact
from constellagent.ravi.points import ProviderPoint
from constellagent.ravi.vault import VaultError

BELL = 0
"""The bell of the outbox; no identity has this id."""

LIFETIME = 3 * 86_400.0
"""Seconds until a mail that only met temporary failures is given up."""

_SHORTEST = 60.0
_LONGEST = 6 * 3600.0
_TABLE = "outgoing"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened to one recipient.

    Attributes:
        state: `later` where trying again may help.
        reason: what was said, empty where it was sent.
        status: the enhanced status code, where it failed.
    """

    state: Literal["sent", "later", "failed"]
    reason: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A mail that is being sent.

    Attributes:
        identity: row id of who sends it.
        sender: its address.
        letter: the mail.
        recipients: addresses by row id.
        created_dt: when it was written.
    """

    identity: int
    sender: str
    letter: Letter
    recipients: Mapping[int, str]
    created_dt: str


@around(ProviderPoint.MAIL_PUT)
def put(
    office: Office, db: sqlite3.Connection, identity: int, mail: int, subject: str, recipients: Sequence[str]
) -> None:
    """Queue a mail for its recipients elsewhere; a recipient that waits already stays as it is."""
    safe, now = office.safes.of(db, identity), office.now()
    state = "held" if office.options.relay is None else "waiting"
    for address in recipients:
        uuid = str(uuids.uuid4())
        content = {"to": address, "subject": subject, "error": "", "status": ""}
        db.execute(
            """INSERT OR IGNORE INTO outgoing (uuid, identity, mail, recipient, state, due, expires, content,
                created_dt) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (
                *(uuid, identity, mail, safe.fingerprint("recipient", address), state, now, now + LIFETIME),
                *(safe.seal(content, _TABLE, uuid), office.stamp()),
            ),
        )
    if recipients:
        office.bell.ring(BELL)


def content_of(safe: Safe, row: sqlite3.Row) -> dict[str, str]:
    """Return recipient (`to`), `subject`, and the last `error` with its `status`.

    Raises:
        VaultError: the row was changed or moved.
    """
    return safe.unseal(row["content"], _TABLE, row["uuid"], row["version"])


@around(ProviderPoint.MAIL_RESUME)
def resume(office: Office, db: sqlite3.Connection) -> None:
    """Put the rows into the states that fit a fresh start, with a relay or without.

    What was being sent when the provider ended may have arrived: it is sent again with the same Message-ID.
    """
    if office.options.relay is None:
        db.execute("UPDATE outgoing SET state = 'held' WHERE state IN ('waiting', 'sending')")
        return
    now = office.now()
    db.execute("UPDATE outgoing SET state = 'waiting', due = ? WHERE state = 'sending'", (now,))
    db.execute(
        "UPDATE outgoing SET state = 'waiting', due = ?, expires = ? WHERE state = 'held'",
        (now, now + LIFETIME),
    )


def next_due(db: sqlite3.Connection) -> float | None:
    """Return when the next recipient is due, epoch seconds; None where nobody waits."""
    found: float | None = db.execute("SELECT min(due) FROM outgoing WHERE state = 'waiting'").fetchone()[0]
    return found


def claim(office: Office, db: sqlite3.Connection) -> Claimed | None:
    """Take the mail that is due first, for all its recipients that are due; None where none is."""
    while True:
        row = db.execute(
            "SELECT mail, identity FROM outgoing WHERE state = 'waiting' AND due <= ? ORDER BY due LIMIT 1",
            (office.now(),),
        ).fetchone()
        if row is None:
            return None
        try:
            return _claimed(office, db, row["identity"], row["mail"])
        except VaultError as error:
            # It will never be readable again, and must not keep the others from leaving.
            _log.error("a mail in the outbox cannot be sent: %s", error)
            db.execute(
                "UPDATE outgoing SET state = 'failed' WHERE mail = ? AND state = 'waiting'", (row["mail"],)
            )


def settle(
    office: Office, db: sqlite3.Connection, claimed: Claimed, outcomes: Mapping[int, Outcome]
) -> list[Failure]:
    """Write down what happened to each recipient, and return those that are given up."""
    failures = []
    for number, outcome in outcomes.items():
        row = db.execute("SELECT * FROM outgoing WHERE id = ?", (number,)).fetchone()
        if row is None:
            continue  # the identity was deleted meanwhile
        address, now = claimed.recipients[number], office.now()
        state: str = outcome.state
        if state == "later":
            state = "waiting" if now + _pause(row["attempts"]) < row["expires"] else "failed"
        due = now + _pause(row["attempts"])
        _update(office, db, row, state, due, {"error": outcome.reason, "status": outcome.status})
        if state != "waiting":
            about = f"to {address}: {claimed.letter.subject}"
            result = "ok" if state == "sent" else "failed"
            office.note(
                db, claimed.identity, "relay", "mail.relayed", result=result, row=row["uuid"], about=about
            )
        if state == "failed":
            late = outcome.state == "later"
            reason = (
                f"Given up after {row['attempts']} attempts: {outcome.reason}" if late else outcome.reason
            )
            failures.append(Failure(address, "4.4.7" if late else outcome.status, reason))
    return failures


def marker(db: sqlite3.Connection) -> str:
    """Return the word by which mail of this provider is known again, made once."""
    found = get_fact(db, "mail_marker")
    if found is None:
        found = secrets.token_hex(16).encode()
        set_fact(db, "mail_marker", found)
    return found.decode()


def _claimed(office: Office, db: sqlite3.Connection, identity: int, mail: int) -> Claimed:
    letter, safe = letter_of(office, db, identity, mail), office.safes.of(db, identity)
    rows = db.execute(
        "SELECT * FROM outgoing WHERE mail = ? AND state = 'waiting' AND due <= ? ORDER BY id",
        (mail, office.now()),
    ).fetchall()
    recipients = {row["id"]: content_of(safe, row)["to"] for row in rows}
    db.executemany(
        "UPDATE outgoing SET state = 'sending', attempts = attempts + 1 WHERE id = ?",
        [(number,) for number in recipients],
    )
    sender = db.execute("SELECT address FROM identities WHERE id = ?", (identity,)).fetchone()["address"]
    return Claimed(identity, sender, letter, recipients, rows[0]["created_dt"])


def _update(
    office: Office,
    db: sqlite3.Connection,
    row: sqlite3.Row,
    state: str,
    due: float,
    change: Mapping[str, Any],
) -> None:
    safe = office.safes.of(db, row["identity"])
    content = {**content_of(safe, row), **change}
    db.execute(
        "UPDATE outgoing SET state = ?, due = ?, version = version + 1, content = ? WHERE id = ?",
        (state, due, safe.seal(content, _TABLE, row["uuid"], row["version"] + 1), row["id"]),
    )


def _pause(attempts: int) -> float:
    """Return the seconds after this many attempts: a minute, doubled each time, six hours at most."""
    return float(min(_SHORTEST * 2 ** min(attempts - 1, 20), _LONGEST))
