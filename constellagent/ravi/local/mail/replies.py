"""How a mail is made from what a client asks for: a new one, an answer, or one that is passed on."""

import re
import uuid as uuids
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from constellagent.ravi.local.answers import invalid
from constellagent.ravi.local.mail.content import as_html, both
from constellagent.ravi.local.mail.html_text import as_text
from constellagent.ravi.local.mail.letter import Attached, Letter
from constellagent.ravi.wires.mail import LARGEST_FILE, MOST_RECIPIENTS, Compose, Forward, Reply

_REPLY = re.compile(r"\s*re\s*(\[\d+\])?\s*:", re.IGNORECASE)
_FORWARD = re.compile(r"\s*fwd?\s*:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes.

    Attributes:
        address: the identity's address.
        name: its name.
    """

    address: str
    name: str

    def is_me(self, address: str) -> bool:
        """Whether mail to this address reaches the author, with `+tag` or without."""
        local_part, _, domain = address.lower().rpartition("@")
        return f"{local_part.partition('+')[0]}@{domain}" == self.address


@dataclass(frozen=True, slots=True)
class Received:
    """A mail that is answered or passed on.

    Attributes:
        letter: the mail.
        outgoing: the author wrote it.
        created_dt: when it came or went.
    """

    letter: Letter
    outgoing: bool
    created_dt: str


def compose(author: Author, wanted: Compose, files: Sequence[Attached]) -> Letter:
    """Return a new mail.

    Raises:
        ApiError: 422 for too many recipients or files that are too large together.
    """
    text, source = both(wanted.content)
    return _letter(author, wanted, wanted.to_email, wanted.cc, wanted.subject, (text, source), files)


def reply(
    author: Author, received: Received, wanted: Reply, files: Sequence[Attached], *, everybody: bool
) -> Letter:
    """Return an answer, to whoever wants it or to everybody but the author.

    Raises:
        ApiError: 422 where nobody can be answered; as for `compose`.
    """
    letter = received.letter
    to = letter.to if received.outgoing else letter.reply_to or (letter.from_email,)
    others = (letter.cc if received.outgoing else (*letter.to, *letter.cc)) if everybody else ()
    if everybody:
        # Who writes to nobody else than oneself answers oneself.
        others = tuple(address for address in others if not author.is_me(address))
        to = tuple(address for address in to if not author.is_me(address)) or (() if others else to)
    to, others = (to, others) if any(to) else (others, ())
    if not any(to):
        raise invalid("to_email: this mail says nobody who could be answered.", "to_email")
    subject = letter.subject if _REPLY.match(letter.subject) else f"Re: {letter.subject}".strip()
    content = both(wanted.content)
    return _letter(author, wanted, to, (*others, *wanted.cc), subject, content, files, answers=letter)


def forward(author: Author, received: Received, wanted: Forward, files: Sequence[Attached]) -> Letter:
    """Return a mail that passes another on, with its attachments.

    Raises:
        ApiError: as for `compose`.
    """
    letter = received.letter
    subject = letter.subject if _FORWARD.match(letter.subject) else f"Fwd: {letter.subject}".strip()
    (text, source), above = both(wanted.content), _heading(received)
    text = "\n\n".join(part for part in (text, above, letter.text or as_text(letter.html)) if part)
    source = f"{source}<hr>\n{as_html(above)}{letter.html or as_html(letter.text)}"
    together = (*letter.attachments, *files)
    return _letter(
        author, wanted, wanted.to_email, wanted.cc, subject, (text, source), together, answers=letter
    )


def _letter(
    author: Author,
    wanted: Reply,
    to: Iterable[str],
    cc: Iterable[str],
    subject: str,
    content: tuple[str, str],
    files: Sequence[Attached],
    *,
    answers: Letter | None = None,
) -> Letter:
    seen: set[str] = set()
    to, cc, bcc = _new(to, seen), _new(cc, seen), _new(wanted.bcc, seen)
    if len(seen) > MOST_RECIPIENTS:
        raise invalid(f"to_email: more than {MOST_RECIPIENTS} recipients.", "to_email")
    if sum(len(file.content) for file in files) > LARGEST_FILE:
        raise invalid(
            "attachment_uuids: the attachments are larger than 10 MiB together.", "attachment_uuids"
        )
    domain = author.address.rpartition("@")[2]
    chain = () if answers is None else answers.references or (answers.in_reply_to,)
    before = "" if answers is None else answers.message_id
    return Letter(
        from_email=author.address,
        from_name=author.name,
        to=to,
        cc=cc,
        bcc=bcc,
        subject=subject,
        text=content[0],
        html=content[1],
        message_id=f"<{uuids.uuid4()}@{domain}>",
        in_reply_to=before,
        references=tuple(dict.fromkeys(name for name in (*chain, before) if name)),
        attachments=tuple(files),
    )


def _new(addresses: Iterable[str], seen: set[str]) -> tuple[str, ...]:
    """Return the addresses that get no copy yet."""
    found = []
    for address in addresses:
        if address and address.lower() not in seen:
            seen.add(address.lower())
            found.append(address)
    return tuple(found)


def _heading(received: Received) -> str:
    letter = received.letter
    named = f"{letter.from_name} <{letter.from_email}>" if letter.from_name else letter.from_email
    lines = {
        "From": named,
        "Date": received.created_dt,
        "Subject": letter.subject,
        "To": ", ".join(letter.to),
        "Cc": ", ".join(letter.cc),
    }
    said = (f"{name}: {value}" for name, value in lines.items() if value)
    return "\n".join(("---------- Forwarded message ----------", *said))
