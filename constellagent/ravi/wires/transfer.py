"""A whole identity as one document: what it is, and all that it keeps, in clear.

What is about a place and not about the identity stays behind: its keys, its audit, its events and webhooks,
and mail that still waits to be sent.
"""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Base64Bytes, Field, StringConstraints
from pydantic_core import PydanticCustomError

from constellagent.ravi.wire import Name, _Request
from constellagent.ravi.wires.phone import LONGEST_TEXT, Number
from constellagent.ravi.wires.vault import Key, Notes, Username, Value

LARGEST = 256 << 20
"""Bytes of a document."""

VERSION = 1
"""Of the form of the document."""


def _time(text: str) -> str:
    """Return a time in the one form in which we store it, so that times can be compared as texts."""
    try:
        found = datetime.fromisoformat(text)
        moment = found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        moment = None
    if moment is None:
        raise PydanticCustomError("time", "a time with a zone is needed, as 2026-11-22T10:00:00Z")
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _line(text: str) -> str:
    return "".join(" " if c < " " or c == "\x7f" else c for c in text)


Time = Annotated[str, StringConstraints(max_length=40), AfterValidator(_time)]
"""When, RFC 3339."""

Line = Annotated[str, AfterValidator(_line)]
"""One line; what would break it becomes a blank."""

Uuid = Annotated[
    str,
    StringConstraints(to_lower=True, pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"),
]
"""A uuid in its usual form."""


class MovedIdentity(_Request):
    """Who it is."""

    uuid: Uuid
    name: Name
    inbox: Annotated[str, StringConstraints(max_length=300)]
    phone: Number | None = None
    archived: bool = False
    created_dt: Time


class MovedPassword(_Request):
    """A login at a site."""

    domain: Annotated[str, StringConstraints(max_length=300)]
    username: Username
    password: Value = Field(repr=False)
    notes: Notes = Field(default="", repr=False)
    created_dt: Time
    updated_dt: Time


class MovedSecret(_Request):
    """A value under a name."""

    key: Key
    value: Value = Field(repr=False)
    notes: Notes = Field(default="", repr=False)
    created_dt: Time
    updated_dt: Time


class MovedContact(_Request):
    """Somebody whom it knows."""

    email: Annotated[Line, StringConstraints(max_length=1000)] = ""
    phone_number: Annotated[Line, StringConstraints(max_length=100)] = ""
    display_name: Line = ""
    nickname: Line = ""
    is_trusted: bool = False
    source: Literal["auto", "manual"] = "manual"
    interaction_count: Annotated[int, Field(ge=0, lt=1 << 53)] = 0
    last_interaction_dt: Time | None = None
    created_dt: Time
    updated_dt: Time


class MovedFile(_Request):
    """A file of a mail; `content` is in base64."""

    filename: Line = ""
    content_type: Line = "application/octet-stream"
    inline: bool = False
    content_id: Line = ""
    content: Base64Bytes = Field(repr=False)


class MovedMail(_Request):
    """A mail that it got or sent."""

    direction: Literal["incoming", "outgoing"]
    is_read: bool
    created_dt: Time
    from_email: Line
    from_name: Line = ""
    to: tuple[Line, ...] = ()
    cc: tuple[Line, ...] = ()
    bcc: tuple[Line, ...] = ()
    reply_to: tuple[Line, ...] = ()
    subject: Line = ""
    text: str = Field(default="", repr=False)
    html: str = Field(default="", repr=False)
    message_id: Line
    in_reply_to: Line = ""
    references: tuple[Line, ...] = ()
    automatic: bool = False
    hops: Annotated[int, Field(ge=0, lt=1 << 31)] = 0
    attachments: tuple[MovedFile, ...] = ()


class MovedText(_Request):
    """A text message that it got or sent."""

    state: Literal["received", "delivered", "held"]
    is_read: bool
    created_dt: Time
    from_number: Annotated[Line, StringConstraints(max_length=100)]
    to_number: Annotated[Line, StringConstraints(max_length=100)]
    body: Annotated[str, StringConstraints(max_length=4 * LONGEST_TEXT)] = Field(repr=False)
    message_sid: Annotated[Line, StringConstraints(max_length=200)]


class Document(_Request):
    """The whole."""

    constellagent_identity: Literal[1]
    identity: MovedIdentity
    passwords: tuple[MovedPassword, ...] = ()
    secrets: tuple[MovedSecret, ...] = ()
    contacts: tuple[MovedContact, ...] = ()
    mails: tuple[MovedMail, ...] = ()
    texts: tuple[MovedText, ...] = ()
