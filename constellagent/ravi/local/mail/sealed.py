"""What of a mail and of its files lies in the database, sealed, and how it is opened again.

What lists show (head) and what was written (body) are sealed apart, so that a list opens no bodies.
"""

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

from constellagent.ravi.local.mail.content import preview
from constellagent.ravi.local.mail.letter import Attached, Letter
from constellagent.ravi.local.office import Office
from constellagent.ravi.local.safes import Safe

_TEXTS = ("from_email", "from_name", "subject", "message_id", "in_reply_to", "automatic", "hops")
_LISTS = ("to", "cc", "bcc", "reply_to", "references")


def head(letter: Letter) -> dict[str, Any]:
    """Return what a list shows of a mail: all of `Letter` but its content, and `preview` and file names."""
    return {
        **{name: getattr(letter, name) for name in (*_TEXTS, *_LISTS)},
        "preview": preview(letter.text, letter.html),
        "files": [file.filename for file in letter.attachments],
    }


def seal_head(safe: Safe, uuid: str, content: dict[str, Any]) -> bytes:
    """Seal the head of the mail with this uuid."""
    return safe.seal(content, "mails", uuid)


def open_head(safe: Safe, row: sqlite3.Row) -> dict[str, Any]:
    """Return the head of a row of `mails`.

    Raises:
        VaultError: it was changed or moved.
    """
    return safe.unseal(row["head"], "mails", row["uuid"])


def body(letter: Letter) -> bytes:
    """Return what a mail says, as it is sealed."""
    return json.dumps({"text": letter.text, "html": letter.html}, ensure_ascii=False).encode()


def seal_body(safe: Safe, uuid: str, content: bytes) -> bytes:
    """Seal the body of the mail with this uuid."""
    return safe.seal_bytes(content, "mails", uuid, 1, "body")


def open_body(safe: Safe, row: sqlite3.Row) -> dict[str, str]:
    """Return `text` and `html` of a row of `mails`.

    Raises:
        VaultError: it was changed or moved.
    """
    found: dict[str, str] = json.loads(safe.unseal_bytes(row["body"], "mails", row["uuid"], 1, "body"))
    return found


def seal_file(safe: Safe, uuid: str, file: Attached) -> tuple[bytes, bytes]:
    """Seal what an attachment is called, and its bytes."""
    about = {"filename": file.filename, "content_type": file.content_type, "content_id": file.content_id}
    return safe.seal(about, "mail_files", uuid), safe.seal_bytes(file.content, "mail_files", uuid, 1, "bytes")


def open_file_head(safe: Safe, row: sqlite3.Row) -> dict[str, str]:
    """Return `filename`, `content_type` and `content_id` of a row of `mail_files`.

    Raises:
        VaultError: it was changed or moved.
    """
    return safe.unseal(row["head"], "mail_files", row["uuid"])


def open_file(safe: Safe, row: sqlite3.Row) -> Attached:
    """Return an attachment with its bytes.

    Raises:
        VaultError: it was changed or moved.
    """
    about = open_file_head(safe, row)
    content = safe.unseal_bytes(row["content"], "mail_files", row["uuid"], 1, "bytes")
    return Attached(
        about["filename"],
        about["content_type"],
        content,
        inline=bool(row["inline"]),
        content_id=about["content_id"],
    )


def read_file(office: Office, db: sqlite3.Connection, row: sqlite3.Row, actor: str) -> Attached:
    """Return an attachment, to be given out; tells the audit.

    Raises:
        VaultError: it was changed or moved.
    """
    file = open_file(office.safes.of(db, row["identity"]), row)
    about = f"attachment {file.filename}"
    office.note(db, row["identity"], actor, "mail.read", row=row["uuid"], about=about)
    return file


def open_letter(safe: Safe, row: sqlite3.Row, files: Iterable[sqlite3.Row]) -> Letter:
    """Return a mail as it came in or went out.

    Raises:
        VaultError: a part of it was changed or moved.
    """
    known, said = open_head(safe, row), open_body(safe, row)
    parts: dict[str, Any] = {name: known[name] for name in _TEXTS}
    parts |= {name: tuple(known[name]) for name in _LISTS}
    return Letter(
        **parts,
        text=said["text"],
        html=said["html"],
        attachments=tuple(open_file(safe, file) for file in files),
    )


def about(known: dict[str, Any], direction: str) -> str:
    """Return what the audit says that a mail with this head is about."""
    if direction == "incoming":
        return f"from {known['from_email']}: {known['subject']}"
    return f"to {', '.join((*known['to'], *known['cc'], *known['bcc']))}: {known['subject']}"


def sender_type(direction: str, *, automatic: bool) -> str:
    """Return Ravi's word for who wrote a mail."""
    return "agent" if direction == "outgoing" else "automated" if automatic else "external"
