"""Tools about the identity itself: its address, its number, the human behind it."""

from typing import Any

from constellagent.errors import ConstellagentError
from constellagent.faces.mcp.shapes import text
from constellagent.faces.mcp.tool import Arguments, Tool
from constellagent.ravi.client import RaviClient


async def get_email(client: RaviClient, _: Arguments) -> dict[str, Any]:
    """Return the address.

    Raises:
        ConstellagentError: there is none.
    """
    found = await client.get_email()
    if found is None:
        raise ConstellagentError("this identity has no email address")
    return {"email": found.email, "created_dt": found.created_dt}


async def get_phone(client: RaviClient, _: Arguments) -> dict[str, Any]:
    """Return the number.

    Raises:
        ConstellagentError: there is none.
    """
    found = await client.get_phone()
    if found is None:
        raise ConstellagentError(
            "this identity has no phone number",
            hint="use its email address, or ask the human for `identities.phone: true` in constellation.yaml",
        )
    return {"phone_number": found.phone_number, "created_dt": found.created_dt}


async def get_owner(client: RaviClient, _: Arguments) -> dict[str, Any]:
    """Return the human who owns the account."""
    owner = await client.get_owner()
    return {"first_name": owner.first_name, "last_name": owner.last_name}


_SINCE = text("When it was made.")

TOOLS: tuple[Tool[RaviClient], ...] = (
    Tool(
        "ravi_get_email",
        "Your own email address. Use it wherever a website or a form asks for one: what is sent there "
        "arrives in your own inbox, which ravi_inbox_email and ravi_otp read.",
        get_email,
        gives={"email": text("Your address."), "created_dt": _SINCE},
        reads=True,
    ),
    Tool(
        "ravi_get_phone",
        "Your own phone number, in the form +12025550100. Use it where a number is asked for; texts to it "
        "are read with ravi_inbox_sms and ravi_otp. Fails where you have none.",
        get_phone,
        gives={"phone_number": text("Your number."), "created_dt": _SINCE},
        reads=True,
    ),
    Tool(
        "ravi_get_owner",
        "The name of the human whom you work for. Use it where a form asks for a person's name, or to "
        "address them.",
        get_owner,
        gives={"first_name": text("Their first name."), "last_name": text("Their last name.")},
        reads=True,
    ),
)
