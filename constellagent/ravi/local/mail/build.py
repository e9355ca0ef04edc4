"""A `Letter` becomes the bytes of a mail, for servers elsewhere.

Header fields are encoded and folded here and written as they are: nothing that an agent puts into a subject,
a name or an address can begin another field. Bcc is never written.
"""

import binascii
import re
import secrets
from email.utils import encode_rfc2231, formatdate

from constellagent.ravi.local.mail.letter import Attached, Letter
from constellagent.ravi.local.mail.parse import clean_filename, content_of, read
from constellagent.ravi.local.mail.words import MalformedError, write_line, write_name

LOOP = "X-Loop"
"""The field by which mail of ours is known again."""

_READABLE = re.compile(r"[\t\n -~]*")
_LONGEST_LINE = 900
_TYPE = re.compile(r"(?!multipart/)[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}")
_SIMPLE_NAME = re.compile(r"[A-Za-z0-9._-][A-Za-z0-9._ -]{0,100}")
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]")


def build(letter: Letter, at: float, marker: str = "") -> bytes:
    """Return the mail, dated `at` (epoch seconds), with `marker` in its loop field.

    The addresses stand in it as they are: one that is not ASCII needs a server with SMTPUTF8.
    """
    fields = {
        "From": f"{write_name(letter.from_name)} <{_bare(letter.from_email)}>".strip(),
        "To": _list(letter.to),
        "Cc": _list(letter.cc),
        "Reply-To": _list(letter.reply_to),
        "Subject": write_line(letter.subject),
        "Date": formatdate(at),
        "Message-ID": _bare(letter.message_id),
        "In-Reply-To": _bare(letter.in_reply_to),
        "References": "\r\n ".join(map(_bare, letter.references)),
        "Auto-Submitted": "auto-generated" if letter.automatic else "",
        LOOP: _bare(marker),
        "MIME-Version": "1.0",
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    return head.encode(errors="replace") + _content(letter)


def needs_utf8(letter: Letter, recipients: tuple[str, ...]) -> bool:
    """Whether only a server with SMTPUTF8 can take the letter."""
    addresses = (letter.from_email, *letter.to, *letter.cc, *letter.reply_to, *recipients)
    return not all(address.isascii() for address in addresses)


def _content(letter: Letter) -> bytes:
    bodies = [_text(letter.text, "plain")] if letter.text or not letter.html else []
    inside = [file for file in letter.attachments if file.inline and letter.html]
    if letter.html:
        bodies.append(_joined("related", [_text(letter.html, "html"), *map(_file, inside)]))
    beside = [file for file in letter.attachments if not (file.inline and letter.html)]
    return _joined("mixed", [_joined("alternative", bodies), *map(_file, beside)])


def _joined(kind: str, parts: list[bytes]) -> bytes:
    if len(parts) == 1:
        return parts[0]
    boundary = f"={secrets.token_hex(16)}"
    pieces = b"".join(b"--%b\r\n%b\r\n" % (boundary.encode(), part) for part in parts)
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'
    return b"%b%b--%b--\r\n" % (head.encode(), pieces, boundary.encode())


def _text(text: str, kind: str) -> bytes:
    lines = text.replace("\n", "\r\n").encode(errors="replace")
    # Lines of ordinary text stay readable on the way; anything else could be changed there.
    if _READABLE.fullmatch(text) and max(map(len, lines.split(b"\r\n"))) <= _LONGEST_LINE:
        return f"Content-Type: text/{kind}; charset=us-ascii\r\n\r\n".encode() + lines
    return _encoded(f"Content-Type: text/{kind}; charset=utf-8\r\n", lines)


def _file(file: Attached) -> bytes:
    kind = file.content_type.lower()
    kind = kind if _TYPE.fullmatch(kind) else "application/octet-stream"
    name = clean_filename(file.filename) or "attachment"
    said = f'="{name}"' if _SIMPLE_NAME.fullmatch(name) else f"*={encode_rfc2231(name, 'utf-8')}"
    disposition = "inline" if file.inline else "attachment"
    head = f"Content-Type: {kind}\r\nContent-Disposition: {disposition}; filename{said}\r\n"
    if file.content_id.isascii() and file.content_id:
        head += f"Content-ID: {_bare(file.content_id)}\r\n"
    # No encoding may hide a mail inside the mail, unless it would be changed without one.
    if kind.startswith("message/") and _stays(kind, file.content):
        return f"{head}\r\n".encode() + file.content
    return _encoded(head, file.content)


def _stays(kind: str, content: bytes) -> bool:
    """Whether a mail inside the mail is read again as it was written."""
    if max(map(len, content.split(b"\r\n"))) > _LONGEST_LINE:
        return False
    try:
        return content_of(read(f"Content-Type: {kind}\r\n\r\n".encode() + content)) == content
    # The standard library fails on malformed mail in many ways, all of which mean no.
    except (MalformedError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return False


def _encoded(head: str, content: bytes) -> bytes:
    lines = (binascii.b2a_base64(content[at : at + 57]) for at in range(0, len(content), 57))
    body = b"".join(lines).replace(b"\n", b"\r\n")
    return f"{head}Content-Transfer-Encoding: base64\r\n\r\n".encode() + body


def _list(addresses: tuple[str, ...]) -> str:
    return ",\r\n ".join(map(_bare, addresses))


def _bare(text: str) -> str:
    """Return an address or an id without anything that could end its field."""
    return _UNSAFE.sub("", text)
