"""Tools for mail: read it, wait for it, send it."""

import asyncio
import mimetypes
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from constellagent.errors import ConstellagentError, UsageError
from constellagent.faces.mcp.matching import searcher
from constellagent.faces.mcp.shapes import flag, pattern, rows, text, texts, wait, whole
from constellagent.faces.mcp.tool import Arguments, Tool
from constellagent.ravi.client import RaviClient
from constellagent.ravi.client.waiting import new_mail
from constellagent.ravi.wires.answers_mail import Mail

LARGEST_FILE = 10 << 20
"""Bytes of one attachment."""


async def inbox(client: RaviClient, given: Arguments) -> dict[str, Any]:
    """List conversations, show one, or wait for a mail.

    Raises:
        ConstellagentError: nothing came in time.
    """
    if given.get("thread_id"):
        return await _thread(client, given)
    if given["wait_seconds"] or given["match"]:
        return await _arrival(client, given)
    found = await client.mail.threads(unread=given["unread_only"])
    return {"threads": [_thread_row(row) for row in found[: given["limit"]]], "total": len(found)}


async def send(client: RaviClient, given: Arguments) -> dict[str, Any]:
    """Send a new mail."""
    uploads = await _attach(client, given["attach"])
    sent = await client.mail.send(
        given["to"],
        given["subject"],
        given["body"],
        cc=given["cc"],
        bcc=given["bcc"],
        attachments=uploads,
    )
    return shown(sent)


async def reply(client: RaviClient, given: Arguments) -> dict[str, Any]:
    """Answer a mail."""
    uploads = await _attach(client, given["attach"])
    sent = await client.mail.reply(
        given["message_id"],
        given["body"],
        everybody=given["to_all"],
        cc=given["cc"],
        bcc=given["bcc"],
        attachments=uploads,
    )
    return shown(sent)


async def forward(client: RaviClient, given: Arguments) -> dict[str, Any]:
    """Pass a mail on."""
    return shown(await client.mail.forward(given["message_id"], given["to"], given["body"]))


def shown(row: Mail) -> dict[str, Any]:
    """Return a mail as a model reads it: HTML only where there is no text."""
    body = (
        {"text": row.text_content} if row.text_content or not row.html_content else {"html": row.html_content}
    )
    return {
        "message_id": row.id,
        "thread_id": row.thread_id,
        "from": row.from_email,
        "from_name": row.from_display_name,
        "to": row.to_email,
        "cc": row.cc,
        "subject": row.subject,
        **body,
        "direction": row.direction,
        "is_read": row.is_read,
        "attachments": [
            {"filename": each.filename, "content_type": each.content_type, "size": each.size}
            for each in row.attachments
        ],
        "received": row.created_dt,
    }


async def _thread(client: RaviClient, given: Arguments) -> dict[str, Any]:
    detail = await client.mail.thread(given["thread_id"])
    newest = detail.messages[-given["limit"] :]
    await _mark(client, newest, wanted=given["mark_read"])
    return {"messages": [shown(row) for row in reversed(newest)], "total": len(detail.messages)}


async def _arrival(client: RaviClient, given: Arguments) -> dict[str, Any]:
    holds = searcher(given["match"])
    found = await new_mail(
        client,
        given["wait_seconds"],
        lambda row: holds(
            f"{row.from_display_name} {row.from_email}\n{row.subject}\n{row.text_content or row.html_content}"
        ),
    )
    if not found:
        which = f" that matches {given['match']!r}" if given["match"] else ""
        raise ConstellagentError(
            f"no unread mail{which} within {given['wait_seconds']:g} seconds",
            hint="wait longer, loosen `match`, or look at everything without both",
        )
    newest = found[: given["limit"]]
    await _mark(client, newest, wanted=given["mark_read"])
    return {"messages": [shown(row) for row in newest], "total": len(found)}


async def _mark(client: RaviClient, messages: Sequence[Mail], *, wanted: bool) -> None:
    for row in messages if wanted else ():
        if not row.is_read and row.direction == "incoming":
            await client.mail.mark_read(row.id)


async def _attach(client: RaviClient, paths: Sequence[str]) -> list[str]:
    files = [await asyncio.to_thread(_read, Path(path)) for path in paths]
    return [await client.mail.attach(path.name, _type_of(path), data) for path, data in files]


def _read(path: Path) -> tuple[Path, bytes]:
    """Return a file's content.

    Raises:
        UsageError: it cannot be read, or is too large to be mailed.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise UsageError(f"cannot attach {path}: {error.strerror}") from error
    if len(data) > LARGEST_FILE:
        raise UsageError(
            f"cannot attach {path}: it is larger than 10 MiB", hint="send a part of it, or a link"
        )
    return path, data


def _type_of(path: Path) -> str:
    return mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def _thread_row(row: Any) -> dict[str, Any]:
    return {
        "thread_id": row.thread_id,
        "subject": row.subject,
        "from": row.from_email,
        "from_name": row.from_display_name,
        "preview": row.preview,
        "message_count": row.message_count,
        "unread_count": row.unread_count,
        "latest": row.latest_message_dt,
    }


_MESSAGE = {
    "message_id": whole("Its id; ravi_email_reply and ravi_email_forward take it."),
    "thread_id": text("The conversation that it belongs to."),
    "from": text("The sender's address."),
    "from_name": text("The sender's name."),
    "to": text("To whom it went."),
    "cc": text("Who got a copy."),
    "subject": text("Its subject."),
    "text": text("What it says."),
    "html": text("What it says, where it has no plain text."),
    "direction": text("incoming or outgoing.", enum=["incoming", "outgoing"]),
    "is_read": {"type": "boolean", "description": "Whether it was marked as read."},
    "attachments": rows(
        "Its files.",
        {"filename": text("Name."), "content_type": text("Type."), "size": whole("Bytes.")},
    ),
    "received": text("When it came or went."),
}
_THREAD = {
    "thread_id": text("Its id; give it to ravi_inbox_email to read the mails."),
    "subject": text("Its subject."),
    "from": text("The sender's address."),
    "from_name": text("The sender's name."),
    "preview": text("How the newest mail begins."),
    "message_count": whole("How many mails it has."),
    "unread_count": whole("How many of them are unread."),
    "latest": text("When the newest mail came."),
}
_COPIES = {"cc": texts("Addresses that get a copy."), "bcc": texts("Addresses that get a hidden copy.")}
_BODY = text("The text of the mail.", minLength=1)
_ATTACH = texts("Paths of files to attach, at most 10 MiB each.")

TOOLS: tuple[Tool[RaviClient], ...] = (
    Tool(
        "ravi_inbox_email",
        "Your email inbox. Without arguments: your conversations, newest first. With thread_id: the mails of "
        "one, newest first. With wait_seconds (and match): blocks until an unread mail is there and returns "
        "it in full - use this right after an action that sends you a mail, instead of asking again and "
        "again. For a sign-in or verification code use ravi_otp.",
        inbox,
        takes={
            "unread_only": flag("Only conversations with unread mail."),
            "thread_id": text("Show the mails of this conversation."),
            "wait_seconds": wait("How long to wait for an unread mail; one that is there already counts."),
            "match": pattern(
                "Regular expression that sender, subject or text must hold; looks at unread mails only."
            ),
            "mark_read": flag(
                "Mark the mails that are shown as read, so that a later wait passes them over."
            ),
            "limit": whole("How many to show at most.", minimum=1, maximum=100, default=20),
        },
        optional=frozenset({"thread_id"}),
        gives={
            "threads": rows("Your conversations.", _THREAD),
            "messages": rows("The mails, newest first.", _MESSAGE),
            "total": whole("How many there are in all."),
        },
    ),
    Tool(
        "ravi_email_send",
        "Send a new email from your own address. Others see it: send only what the task asks for. To answer "
        "a mail use ravi_email_reply, which keeps the conversation together.",
        send,
        takes={
            "to": text("The recipient's address.", minLength=1),
            "subject": text("Its subject."),
            "body": _BODY,
            **_COPIES,
            "attach": _ATTACH,
        },
        gives=_MESSAGE,
        outside=True,
    ),
    Tool(
        "ravi_email_reply",
        "Answer an email that you got. The subject and the recipient follow from it.",
        reply,
        takes={
            "message_id": whole("The id of the mail, from ravi_inbox_email.", minimum=0),
            "body": _BODY,
            "to_all": flag("Answer everybody who got the mail, not only its sender."),
            **_COPIES,
            "attach": _ATTACH,
        },
        gives=_MESSAGE,
        outside=True,
    ),
    Tool(
        "ravi_email_forward",
        "Pass an email that you got on to somebody else.",
        forward,
        takes={
            "message_id": whole("The id of the mail, from ravi_inbox_email.", minimum=0),
            "to": text("The recipient's address.", minLength=1),
            "body": text("What to say above it.", default=""),
        },
        gives=_MESSAGE,
        outside=True,
    ),
)
