"""Where a mail goes: to identities of this provider at once, to the rest of the world by the outbox.

All of it is one transaction: the sender's copy, the recipients' copies, what has to leave, what comes back.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace

from constellagent.ravi.local import limits
from constellagent.ravi.local.addresses import DEFAULT_DOMAIN
from constellagent.ravi.local.mail import outgoing
from constellagent.ravi.local.mail.bounce import AUTHOR, Failure, notice
from constellagent.ravi.local.mail.kept import Kept, keep
from constellagent.ravi.local.mail.letter import Letter
from constellagent.ravi.local.office import Office

LOCAL = "delivery"
"""Who the audit says brought a mail that came from an identity of this provider."""


def resolve(db: sqlite3.Connection, address: str) -> int | None:
    """Return the row id of the identity that mail to this address reaches, None where there is none.

    Letters of either case are the same, and `name+tag@domain` reaches `name@domain`. An identity that was put
    away or deleted is not reached.
    """
    local_part, _, domain = address.rpartition("@")
    found = f"{local_part.partition('+')[0]}@{domain}"
    if not found.isascii():  # before the case is changed: some letters become ASCII by it
        return None
    query = "SELECT id FROM identities WHERE address = ? AND NOT archived AND deleted_dt IS NULL"
    row = db.execute(query, (found.lower(),)).fetchone()
    return None if row is None else int(row["id"])


def is_local_domain(db: sqlite3.Connection, domain: str) -> bool:
    """Whether mail for this domain belongs here: the default one, and each that an identity ever had."""
    if not domain.isascii():
        return False
    query = "SELECT 1 FROM identities WHERE substr(address, instr(address, '@') + 1) = ?"
    return domain.lower() == DEFAULT_DOMAIN or db.execute(query, (domain.lower(),)).fetchone() is not None


def send(office: Office, db: sqlite3.Connection, identity: int, letter: Letter, *, actor: str) -> Kept:
    """Keep what an identity sends and bring it to its recipients; inside a transaction.

    A recipient who should be here and is not is told to the sender by a notice in its own inbox.

    Raises:
        ApiError: 429 where a local recipient takes no more within this minute, 507 or 503 where there is no
            room for one of the copies; nothing is sent then.
    """
    office.room.take(db, identity, letter.size, office.now())
    kept = keep(office, db, identity, letter, direction="outgoing", actor=actor)
    reached: set[int] = set()
    missing: list[Failure] = []
    away: list[str] = []
    for address in dict.fromkeys((*letter.to, *letter.cc, *letter.bcc)):
        local_part, _, domain = address.rpartition("@")
        target = resolve(db, address)
        if target is not None:
            reached.add(target)
        elif not is_local_domain(db, domain):
            away.append(address)
        elif local_part.lower() != AUTHOR:  # a notice about the answer to a notice would invite the next
            missing.append(Failure(address, "5.1.1", "There is no such mailbox here."))
    for target in sorted(reached):
        limits.refuse_full(office, db, target, "mail")
        office.room.take(db, target, letter.size, office.now())
        receive(office, db, target, letter, actor=LOCAL)
    outgoing.put(office, db, identity, kept.id, letter.subject, away)
    bounce(office, db, identity, letter, missing)
    return kept


def receive(
    office: Office, db: sqlite3.Connection, identity: int, letter: Letter, *, actor: str = "smtp"
) -> Kept:
    """Keep what came for an identity; inside a transaction. Who got a blind copy stays unknown."""
    return keep(office, db, identity, replace(letter, bcc=()), direction="incoming", actor=actor)


def bounce(
    office: Office, db: sqlite3.Connection, identity: int, letter: Letter, failures: Sequence[Failure]
) -> None:
    """Tell an identity that some recipients of its letter get nothing; never about what was automatic."""
    if not failures or letter.automatic:
        return
    row = db.execute("SELECT address FROM identities WHERE id = ?", (identity,)).fetchone()
    receive(office, db, identity, notice(letter, row["address"], failures, office.now()), actor=AUTHOR)
