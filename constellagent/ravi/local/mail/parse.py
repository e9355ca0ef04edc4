"""A mail as bytes becomes a `Letter`, however badly it was written.

What can be kept is kept: text in a wrong charset is read as well as it can be, parts that are neither text
nor HTML become attachments, and so does every mail inside a mail. What cannot be is refused as a whole, so
that its sender learns of it.
"""

import binascii
import re
import secrets
from copy import copy
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser

from constellagent.ravi.local.addresses import DEFAULT_DOMAIN
from constellagent.ravi.local.mail.fields import (
    address,
    addresses,
    author,
    first_id,
    is_automatic,
    line,
    quietly,
    references,
)
from constellagent.ravi.local.mail.letter import Attached, Letter
from constellagent.ravi.local.mail.words import AS_IT_CAME, MalformedError, decode, read_base64, read_line

NOBODY = "unknown@invalid.invalid"
"""The author of a mail that names none; the domain is reserved and reaches nobody."""

_MOST_PARTS = 1000
_MOST_WORK = 100_000_000
"""Parts times lines: what the standard library compares at most while it looks for the ends of parts."""
_DEEPEST = 50

_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}")
_NAMES = {
    "message/rfc822": "message.eml",
    "message/delivery-status": "delivery-status.txt",
    "text/calendar": "invite.ics",
    "text/html": "part.html",
    "text/plain": "part.txt",
}


def parse(content: bytes, sender: str = "") -> Letter:
    """Read a mail; `sender` is who handed it over, for a mail that does not name its author.

    Raises:
        MalformedError: it cannot be kept without losing something.
    """
    try:
        return _letter(read(content), sender)
    except (MalformedError, MemoryError):
        raise
    # The standard library fails on malformed mail in many ways, all of which mean the same.
    except Exception as error:
        raise MalformedError(f"it cannot be read: {type(error).__name__}") from error


def new_id() -> str:
    """Return a Message-ID that nobody else has."""
    return f"<{secrets.token_hex(16)}@{DEFAULT_DOMAIN}>"


def clean_filename(name: str) -> str:
    """Return a file's name without folders and controls, at most 255 bytes; empty where nothing is left."""
    name = re.sub(r"[/\\]", "_", read_line(name))
    name = name.encode(errors="replace")[:255].decode(errors="ignore").strip()
    return "" if not name.strip(".") else name


@dataclass(slots=True)
class _Found:
    """What the parts of a mail are, so far."""

    texts: list[str] = field(default_factory=list)
    htmls: list[str] = field(default_factory=list)
    files: list[Attached] = field(default_factory=list)


class _Parts:
    """Makes the parts of one mail, as many as can be read in reasonable time."""

    def __init__(self, lines: int) -> None:
        self._left = min(_MOST_PARTS, _MOST_WORK // (lines + 1)) + 2

    def __call__(self, policy: object = None) -> Message:
        del policy
        self._left -= 1
        if self._left < 0:
            raise MalformedError("it has too many parts")
        return Message(policy=AS_IT_CAME)


def read(content: bytes) -> Message:
    """Return the tree of parts that a mail is.

    Raises:
        MalformedError: it has too many.
    """
    return BytesParser(_Parts(content.count(b"\n")), policy=AS_IT_CAME).parsebytes(content)


def _letter(message: Message, sender: str) -> Letter:
    found = _Found()
    _collect(message, found, 0)
    from_name, from_email = author(message)
    return Letter(
        from_email=from_email or address(sender) or NOBODY,
        from_name=from_name,
        to=addresses(message, "To"),
        cc=addresses(message, "Cc"),
        reply_to=addresses(message, "Reply-To"),
        subject=line(message, "Subject"),
        message_id=first_id(message, "Message-ID") or new_id(),
        in_reply_to=first_id(message, "In-Reply-To"),
        references=references(message),
        text=_body(found.texts),
        html=_body(found.htmls),
        attachments=tuple(sorted(found.files, key=lambda file: not file.inline)),
        automatic=is_automatic(message),
        hops=len(message.get_all("Received", [])),
    )


def _collect(part: Message, found: _Found, depth: int) -> None:
    if depth > _DEEPEST:
        raise MalformedError("its parts are nested too deeply")
    kind = quietly(part.get_content_type, "application/octet-stream")
    if kind.startswith("multipart/") and part.is_multipart():
        for child in part.get_payload():
            assert isinstance(child, Message)
            _collect(child, found, depth + 1)
        return
    if kind.startswith("multipart/"):
        kind = "text/plain"  # it names no boundary, so what it holds is read as it stands
    disposition = quietly(part.get_content_disposition, None)
    filename = clean_filename(quietly(part.get_filename, None) or "")
    content = content_of(part)
    if kind in {"text/plain", "text/html"} and disposition != "attachment" and not filename:
        charset = quietly(part.get_content_charset, None) or "ascii"
        (found.texts if kind == "text/plain" else found.htmls).append(decode(content, charset))
        return
    kind = kind if _TYPE.fullmatch(kind) else "application/octet-stream"
    cid = first_id(part, "Content-ID")
    inline = disposition == "inline" or (disposition is None and bool(cid))
    found.files.append(Attached(filename or _NAMES.get(kind, "attachment"), kind, content, inline, cid))


def content_of(part: Message) -> bytes:
    """Return the bytes of a part, decoded from its transfer encoding; as they stand where that fails."""
    if not part.is_multipart():
        # As plain text the library writes it as it came, whatever it claims to be.
        part = copy(part)
        del part["Content-Type"]
        part["Content-Type"] = "text/plain"
    whole = part.as_bytes(policy=AS_IT_CAME)
    # The library would read a mail inside the mail before decoding it, so it is written out again first.
    header = sum(len(AS_IT_CAME.fold_binary(name, value)) for name, value in part.raw_items())
    raw = whole[header + len(AS_IT_CAME.linesep) :]
    encoding = part.get("Content-Transfer-Encoding", "").strip().lower()
    if encoding == "base64":
        found = read_base64(raw)
        return raw if found is None else found
    return binascii.a2b_qp(raw.lstrip(b"\r\n")) if encoding == "quoted-printable" else raw


def _body(texts: list[str]) -> str:
    joined = "\n".join(re.sub(r"\r\n?", "\n", text).rstrip("\n") for text in texts)
    return joined.replace("\0", "\N{REPLACEMENT CHARACTER}").rstrip("\n")
