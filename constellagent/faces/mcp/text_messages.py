"""Tools for text messages: read them, wait for them, send them."""

from collections.abc import Sequence
from typing import Any

from constellagent.errors import ConstellagentError
from constellagent.faces.mcp.matching import searcher
from constellagent.faces.mcp.shapes import flag, pattern, rows, text, wait, whole
from constellagent.faces.mcp.tool import Arguments, Tool
from constellagent.ravi.client import RaviClient
from constellagent.ravi.client.waiting import new_texts
from constellagent.ravi.wires.answers_phone import TextMessage


async def inbox(client: RaviClient, given: Arguments) -> dict[str, Any]:
    """List conversations, show one, or wait for a text."""
    if given.get("conversation_id"):
        detail = await client.texts.conversation(given["conversation_id"])
        newest = detail.messages[-given["limit"] :]
        await _mark(client, newest, wanted=given["mark_read"])
        return {"messages": [shown(row) for row in reversed(newest)], "total": len(detail.messages)}
    if given["wait_seconds"] or given["match"]:
        return await _arrival(client, given)
    found = await client.texts.conversations(unread=given["unread_only"])
    conversations = [
        {
            "conversation_id": row.conversation_id,
            "from": row.from_number,
            "preview": row.preview,
            "message_count": row.message_count,
            "unread_count": row.unread_count,
            "latest": row.latest_message_dt,
        }
        for row in found[: given["limit"]]
    ]
    return {"conversations": conversations, "total": len(found)}


async def send(client: RaviClient, given: Arguments) -> dict[str, Any]:
    """Send a text."""
    sent = await client.texts.send(given["to"], given["body"])
    return {**shown(sent), **({"state": sent.state} if sent.state else {})}


def shown(row: TextMessage) -> dict[str, Any]:
    """Return a text as a model reads it."""
    return {
        "message_id": row.id,
        "from": row.from_number,
        "to": row.to_number,
        "text": row.body,
        "direction": row.direction,
        "is_read": row.is_read,
        "received": row.created_dt,
    }


async def _arrival(client: RaviClient, given: Arguments) -> dict[str, Any]:
    """Wait for an unread text.

    Raises:
        ConstellagentError: none came in time.
    """
    holds = searcher(given["match"])
    found = await new_texts(
        client, given["wait_seconds"], lambda row: holds(f"{row.from_number}\n{row.body}")
    )
    if not found:
        which = f" that matches {given['match']!r}" if given["match"] else ""
        raise ConstellagentError(
            f"no unread text{which} within {given['wait_seconds']:g} seconds",
            hint="wait longer, loosen `match`, or look at everything without both",
        )
    newest = found[: given["limit"]]
    await _mark(client, newest, wanted=given["mark_read"])
    return {"messages": [shown(row) for row in newest], "total": len(found)}


async def _mark(client: RaviClient, messages: Sequence[TextMessage], *, wanted: bool) -> None:
    for row in messages if wanted else ():
        if not row.is_read and row.direction == "incoming":
            await client.texts.mark_read(row.id)


_MESSAGE = {
    "message_id": whole("Its id."),
    "from": text("The sender: a number, a short code or a name."),
    "to": text("To which number."),
    "text": text("What it says."),
    "direction": text("incoming or outgoing.", enum=["incoming", "outgoing"]),
    "is_read": {"type": "boolean", "description": "Whether it was marked as read."},
    "received": text("When it came or went."),
}
_CONVERSATION = {
    "conversation_id": text("Its id; give it to ravi_inbox_sms to read the texts."),
    "from": text("The other side."),
    "preview": text("How the newest text begins."),
    "message_count": whole("How many texts it has."),
    "unread_count": whole("How many of them are unread."),
    "latest": text("When the newest text came."),
}

TOOLS: tuple[Tool[RaviClient], ...] = (
    Tool(
        "ravi_inbox_sms",
        "Your text messages. Without arguments: your conversations, newest first. With conversation_id: the "
        "texts of one, newest first. With wait_seconds (and match): blocks until an unread text is there and "
        "returns it. For a sign-in or verification code use ravi_otp.",
        inbox,
        takes={
            "unread_only": flag("Only conversations with unread texts."),
            "conversation_id": text("Show the texts of this conversation."),
            "wait_seconds": wait("How long to wait for an unread text; one that is there already counts."),
            "match": pattern("Regular expression that sender or text must hold; looks at unread texts only."),
            "mark_read": flag(
                "Mark the texts that are shown as read, so that a later wait passes them over."
            ),
            "limit": whole("How many to show at most.", minimum=1, maximum=100, default=20),
        },
        optional=frozenset({"conversation_id"}),
        gives={
            "conversations": rows("Your conversations.", _CONVERSATION),
            "messages": rows("The texts, newest first.", _MESSAGE),
            "total": whole("How many there are in all."),
        },
    ),
    Tool(
        "ravi_sms_send",
        "Send a text message from your own number. Others see it: send only what the task asks for. Where "
        "the answer says that its state is held, it did not leave this machine.",
        send,
        takes={
            "to": text("The recipient's number, as +12025550100.", minLength=1),
            "body": text("What to say, at most 1,600 characters.", minLength=1, maxLength=1600),
        },
        gives={**_MESSAGE, "state": text("held: it could not be sent.")},
        outside=True,
    ),
)
