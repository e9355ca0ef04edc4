"""Tools for whom the identity knows."""

from typing import Any

from constellagent.errors import UsageError
from constellagent.faces.mcp.shapes import rows, text, whole
from constellagent.faces.mcp.tool import Arguments, Tool
from constellagent.ravi.client import RaviClient
from constellagent.ravi.wires.answers_contacts import Contact

_FIELDS = ("email", "phone_number", "display_name", "nickname", "is_trusted")


async def search(client: RaviClient, given: Arguments) -> dict[str, Any]:
    """Find contacts, or list all."""
    words = given["query"].strip()
    found = await (client.contacts.search(words) if words else client.contacts.all())
    return {"contacts": [_row(row) for row in found[: given["limit"]]], "total": len(found)}


async def create(client: RaviClient, given: Arguments) -> dict[str, Any]:
    """Add a contact.

    Raises:
        UsageError: it has neither address nor number.
    """
    if not (given.get("email") or given.get("phone_number")):
        raise UsageError("a contact needs an email address or a phone number")
    return _row(await client.contacts.create(**given))


async def update(client: RaviClient, given: Arguments) -> dict[str, Any]:
    """Change a contact.

    Raises:
        UsageError: nothing is to change.
    """
    changes = {name: value for name, value in given.items() if name != "uuid"}
    if not changes:
        raise UsageError("nothing is to change", hint=f"give one of: {', '.join(_FIELDS)}")
    return _row(await client.contacts.update(given["uuid"], **changes))


async def delete(client: RaviClient, given: Arguments) -> dict[str, Any]:
    """Forget a contact."""
    await client.contacts.delete(given["uuid"])
    return {"deleted": given["uuid"]}


def _row(row: Contact) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _CONTACT}


_CONTACT = {
    "uuid": text("The contact's uuid."),
    "email": text("Email address."),
    "phone_number": text("Phone number."),
    "display_name": text("Name."),
    "nickname": text("What you call them."),
    "is_trusted": {"type": "boolean", "description": "Whether they are marked as trusted."},
    "source": text("auto: from mail or texts; manual: added."),
    "interaction_count": whole("How many mails and texts went between you."),
    "last_interaction_dt": text("When the last one did."),
}
_GIVEN = {
    "email": text("Email address."),
    "phone_number": text("Phone number, as +12025550100."),
    "display_name": text("Name."),
    "nickname": text("What you call them."),
    "is_trusted": {"type": "boolean", "description": "Mark them as trusted."},
}
_UUID = text("The contact's uuid, from ravi_contacts_search.", minLength=1)

TOOLS: tuple[Tool[RaviClient], ...] = (
    Tool(
        "ravi_contacts_search",
        "Whom you know: everybody with whom you exchanged mail or texts, and those that were added. Use it "
        "to find the address or number of somebody by name.",
        search,
        takes={
            "query": text("Part of a name, an address or a number; empty for all.", default=""),
            "limit": whole("How many to show at most.", minimum=1, maximum=100, default=20),
        },
        gives={"contacts": rows("Contacts.", _CONTACT), "total": whole("How many there are in all.")},
        reads=True,
    ),
    Tool(
        "ravi_contacts_create",
        "Add a contact. Those whom you write to or hear from are added by themselves.",
        create,
        takes=_GIVEN,
        optional=frozenset(_FIELDS),
        gives=_CONTACT,
    ),
    Tool(
        "ravi_contacts_update",
        "Change what you know of a contact: name, nickname, address, number, trust.",
        update,
        takes={"uuid": _UUID, **_GIVEN},
        optional=frozenset(_FIELDS),
        gives=_CONTACT,
        destroys=True,
    ),
    Tool(
        "ravi_contacts_delete",
        "Remove a contact for good.",
        delete,
        takes={"uuid": _UUID},
        gives={"deleted": text("The uuid of who was removed.")},
        destroys=True,
    ),
)
