"""Mail as the provider shows it."""

from typing import Annotated, Literal

from pydantic import AliasChoices, BeforeValidator, Field

from constellagent.ravi.wire import Text, _Answer

Names = Annotated[tuple[str, ...], BeforeValidator(lambda value: tuple(value or ()))]
"""A list of words for which servers also send null."""

Copies = Annotated[
    str, BeforeValidator(lambda value: ", ".join(value) if isinstance(value, list) else value or "")
]
"""Addresses in one string; servers also send a list, or null."""


class Thread(_Answer):
    """A conversation by mail. `inbox` is the address of the identity that it belongs to."""

    thread_id: str
    subject: Text = ""
    preview: Text = ""
    from_email: Text = ""
    from_display_name: Text = ""
    inbox: Text = ""
    message_count: int = 0
    unread_count: int = 0
    attachment_names: Names = ()
    latest_message_dt: Text = ""
    oldest_message_dt: Text = ""


class Attachment(_Answer):
    """A file that came with a mail, or was handed in for one. `download_url` needs the key."""

    uuid: str
    filename: Text = ""
    content_type: Text = ""
    size: int = Field(default=0, validation_alias=AliasChoices("size", "size_bytes"))
    download_url: Text = ""


class Mail(_Answer):
    """One mail. `state` is the local provider's, such as `held`; the hosted one says nothing.

    `sender_type` is `automated` for what a program sent by itself (RFC 3834).
    """

    id: int
    thread_id: Text = ""
    message_id: Text = ""
    from_email: Text = ""
    from_display_name: Text = ""
    to_email: Text = ""
    cc: Copies = ""
    subject: Text = ""
    text_content: Text = ""
    html_content: Text = ""
    direction: Literal["incoming", "outgoing"] = "incoming"
    is_read: bool = False
    state: Text = ""
    sender_type: Text = ""
    attachments: tuple[Attachment, ...] = ()
    created_dt: Text = ""


class ThreadDetail(_Answer):
    """A conversation by mail with its mails, oldest first."""

    thread_id: str
    subject: Text = ""
    message_count: int = 0
    messages: tuple[Mail, ...] = ()


class Upload(_Answer):
    """Where the bytes of an attachment are to be put."""

    uuid: str
    upload_url: str


class HeldMail(_Answer):
    """Mail for another place, and how far it got."""

    id: int
    identity: Text = ""
    to_email: Text = ""
    subject: Text = ""
    state: Literal["held", "waiting", "sending", "sent", "failed"]
    attempts: int = 0
    next_attempt_at: Text = ""
    last_error: Text = ""
    created_dt: Text = ""
