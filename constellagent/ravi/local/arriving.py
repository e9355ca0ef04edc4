"""An identity on its way in: what a document says becomes rows, all of them or none.

It arrives quietly: nothing that it brings is news, so no event tells of it and no webhook is called. The
audit tells of every row, as it does when one is made by hand, because the vault is compared with it.
"""

import sqlite3
import uuid as uuids

from constellagent.ravi.local import contact_cards
from constellagent.ravi.local.addresses import check_domain, check_local_part
from constellagent.ravi.local.answers import ApiError
from constellagent.ravi.local.identities import free_address, give_number
from constellagent.ravi.local.mail import kept as mails
from constellagent.ravi.local.mail.letter import Attached, Letter
from constellagent.ravi.local.office import Office
from constellagent.ravi.local.phone import kept as texts
from constellagent.ravi.local.vault import passwords, secrets
from constellagent.ravi.wires.transfer import Document, MovedContact, MovedIdentity, MovedMail, MovedText

ACTOR = "import"
"""Who the audit says put each row there; who asked for it is told once."""

_ELSEWHERE = "; with ?as_new=true it comes in beside it, under a new address"


def take_in(
    office: Office, db: sqlite3.Connection, document: Document, actor: str, *, as_new: bool
) -> sqlite3.Row:
    """Create the identity that a document describes, with all that it keeps; return its row.

    `as_new` gives it another uuid, address and number than the document says.

    Raises:
        ApiError: 409 where its uuid, address or number is another's, 422 where two secrets have one name.
    """
    who = document.identity
    uuid, address = _renamed(db, who) if as_new else _the_same(db, who)
    now = office.stamp()
    made = db.execute(
        """INSERT INTO identities (uuid, name, address, archived, created_dt, updated_dt)
            VALUES (?, ?, ?, ?, ?, ?)""",
        (uuid, who.name, address, who.archived, now if as_new else min(who.created_dt, now), now),
    )
    identity = made.lastrowid
    assert identity is not None
    if who.phone and as_new:
        give_number(db, uuid, now)
    elif who.phone:
        db.execute("UPDATE identities SET phone = ?, phone_dt = ? WHERE id = ?", (who.phone, now, identity))
    office.note(db, identity, actor, "identity.imported", about=f"{who.name} {who.inbox}, was {who.uuid}")
    for mail in document.mails:
        _keep_mail(office, db, identity, mail)
    for text in {(text.state == "received", text.message_sid): text for text in document.texts}.values():
        _keep_text(office, db, identity, text)
    for password in document.passwords:
        passwords.keep(office, db, identity, ACTOR, password.model_dump())
    for secret in document.secrets:
        secrets.keep(office, db, identity, ACTOR, secret.model_dump())
    # Mails and texts have made contacts of their own; those of the document count what really was.
    db.execute("DELETE FROM contacts WHERE identity = ?", (identity,))
    for contact in document.contacts:
        _keep_contact(office, db, identity, contact)
    db.execute("DELETE FROM events WHERE identity = ?", (identity,))
    row: sqlite3.Row = db.execute("SELECT * FROM identities WHERE id = ?", (identity,)).fetchone()
    return row


def _the_same(db: sqlite3.Connection, who: MovedIdentity) -> tuple[str, str]:
    local_part, _, domain = who.inbox.partition("@")
    check_local_part(local_part, "identity.inbox")
    check_domain(domain)
    for column, value, what, code in (
        ("uuid", who.uuid, "This identity", "identity.exists"),
        ("address", who.inbox, f"The address {who.inbox}", "identity.address_taken"),
        ("phone", who.phone, f"The number {who.phone}", "identity.phone_taken"),
    ):
        row = db.execute(
            f"SELECT name, address, deleted_dt FROM identities WHERE {column} = ?",  # noqa: S608 - a constant of this module
            (value,),
        ).fetchone()
        if row is None:
            continue
        state = "was here and was deleted" if row["deleted_dt"] else f"is here as {row['name']}"
        raise ApiError(409, code, f"{what} {state} ({row['address']}){_ELSEWHERE}.")
    return who.uuid, who.inbox


def _renamed(db: sqlite3.Connection, who: MovedIdentity) -> tuple[str, str]:
    domain = check_domain(who.inbox.partition("@")[2])
    return str(uuids.uuid4()), free_address(db, who.name, domain)


def _keep_mail(office: Office, db: sqlite3.Connection, identity: int, mail: MovedMail) -> None:
    parts = mail.model_dump(exclude={"direction", "is_read", "created_dt", "attachments"})
    # Field by field: dumping a model would put the content back into base64.
    files = tuple(
        Attached(file.filename, file.content_type, file.content, file.inline, file.content_id)
        for file in mail.attachments
    )
    letter = Letter(**parts, attachments=files)
    kept = mails.keep(office, db, identity, letter, direction=mail.direction, actor=ACTOR)
    db.execute(
        "UPDATE mails SET is_read = ?, created_dt = ? WHERE id = ?",
        (mail.is_read, min(mail.created_dt, office.stamp()), kept.id),
    )


def _keep_text(office: Office, db: sqlite3.Connection, identity: int, text: MovedText) -> None:
    content = texts.Text(text.from_number, text.to_number, text.body, text.message_sid)
    kept = texts.keep(office, db, identity, content, text.state, ACTOR)
    db.execute(
        "UPDATE texts SET is_read = ?, created_dt = ? WHERE id = ?",
        (text.is_read, min(text.created_dt, office.stamp()), kept),
    )


def _keep_contact(office: Office, db: sqlite3.Connection, identity: int, contact: MovedContact) -> None:
    safe = office.safes.of(db, identity)
    card = contact_cards.card_of(**contact.model_dump(include=set(contact_cards.PRIVATE)))
    contact_cards.refuse_known(db, safe, card)
    uuid = contact_cards.insert(
        db,
        safe,
        card,
        contact.updated_dt,
        source=contact.source,
        trusted=contact.is_trusted,
        interactions=contact.interaction_count,
    )
    db.execute(
        "UPDATE contacts SET created_dt = ?, last_dt = ? WHERE uuid = ?",
        (contact.created_dt, contact.last_interaction_dt, uuid),
    )
