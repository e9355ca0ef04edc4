"""The tool for one-time codes, which come by mail or by text."""

from typing import Any

from constellagent.errors import ConstellagentError
from constellagent.faces.mcp.shapes import text, wait, whole
from constellagent.faces.mcp.tool import Arguments, Tool
from constellagent.ravi.client import RaviClient
from constellagent.ravi.client.waiting import newest_code, take
from constellagent.runtime.clock import SystemClock


async def otp(client: RaviClient, given: Arguments) -> dict[str, Any]:
    """Return the newest code of an unread message, and mark that message as read.

    Raises:
        ConstellagentError: none came in time.
    """
    since = SystemClock().now() - given["max_age_seconds"]
    found = await newest_code(client, given["wait_seconds"], sender=given["from"], since=since)
    if found is None:
        who = f" from {given['from']!r}" if given["from"] else ""
        raise ConstellagentError(
            f"no unread message{who} brought a code within {given['wait_seconds']:g} seconds",
            hint="ask the site to send it again, or look at ravi_inbox_email and ravi_inbox_sms yourself",
        )
    await take(client, found)
    return {
        "code": found.code,
        "source": found.source,
        "from": found.sender,
        "received": found.received_dt,
        "message_id": found.message,
    }


TOOLS: tuple[Tool[RaviClient], ...] = (
    Tool(
        "ravi_otp",
        "The newest one-time code (sign-in, verification, confirmation) that came to you by email or text. "
        "Ask the site to send it first, then call this with wait_seconds: 60. Each code is given once: its "
        "message is marked as read. For a link instead of a code use ravi_inbox_email with wait_seconds.",
        otp,
        takes={
            "from": text("Part of the sender's address, name or number.", default=""),
            "wait_seconds": wait("How long to wait for it."),
            "max_age_seconds": whole(
                "How old its message may be at most.", minimum=1, maximum=86_400, default=600
            ),
        },
        gives={
            "code": text("The code, as it is to be typed."),
            "source": text("How it came.", enum=["mail", "sms"]),
            "from": text("Who sent it."),
            "received": text("When it came."),
            "message_id": whole("The id of its message."),
        },
    ),
)
