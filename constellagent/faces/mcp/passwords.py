"""Tools for logins at sites."""

from typing import Any

from constellagent.errors import ConstellagentError, UsageError
from constellagent.faces.mcp.shapes import flag, rows, text, whole
from constellagent.faces.mcp.tool import Arguments, Tool
from constellagent.ravi.client import RaviClient
from constellagent.ravi.wires.answers_vault import Password

_CLASSES = ("uppercase", "lowercase", "digits", "special")


async def list_all(client: RaviClient, given: Arguments) -> dict[str, Any]:
    """List the logins, without their passwords."""
    found = await client.passwords.all()
    wanted = given["domain"].casefold()
    return {"passwords": [_row(row) for row in found if wanted in row.domain.casefold()]}


async def get(client: RaviClient, given: Arguments) -> dict[str, Any]:
    """Return one login with its password."""
    uuid = given.get("uuid") or await _only(client, given.get("domain", ""))
    return _revealed(await client.passwords.get(uuid))


async def create(client: RaviClient, given: Arguments) -> dict[str, Any]:
    """Store a login."""
    stored = await client.passwords.create(
        given["domain"], username=given["username"], password=given["password"], notes=given["notes"]
    )
    return _revealed(stored)


async def update(client: RaviClient, given: Arguments) -> dict[str, Any]:
    """Change a login.

    Raises:
        UsageError: nothing is to change.
    """
    changes = {name: value for name, value in given.items() if name != "uuid"}
    if not changes:
        raise UsageError("nothing is to change", hint="give domain, username, password or notes")
    return _revealed(await client.passwords.update(given["uuid"], **changes))


async def delete(client: RaviClient, given: Arguments) -> dict[str, Any]:
    """Forget a login."""
    await client.passwords.delete(given["uuid"])
    return {"deleted": given["uuid"]}


async def generate(client: RaviClient, given: Arguments) -> dict[str, Any]:
    """Make up a password."""
    without = frozenset(name for name in _CLASSES if not given[name])
    made = await client.passwords.generate(
        length=given["length"], exclude=given["exclude_chars"], without=without
    )
    return {"password": made.password.get_secret_value()}


async def _only(client: RaviClient, domain: str) -> str:
    """Return the uuid of the one login at a domain.

    Raises:
        UsageError: no domain is given.
        ConstellagentError: there are none or several.
    """
    if not domain:
        raise UsageError("give the uuid or the domain of the login")
    wanted = domain.casefold()
    found = await client.passwords.all()
    # A site may ask under a name below the one that is stored.
    rows_ = [row for row in found if row.domain and f".{wanted}".endswith(f".{row.domain.casefold()}")]
    if len(rows_) != 1:
        names = ", ".join(f"{row.uuid} ({row.username} at {row.domain})" for row in rows_ or found) or "none"
        raise ConstellagentError(
            f"{len(rows_) or 'no'} logins are stored for {domain}",
            hint=f"give one's uuid; there are: {names}",
        )
    return rows_[0].uuid


def _row(row: Password) -> dict[str, Any]:
    return {
        "uuid": row.uuid,
        "domain": row.domain,
        "username": row.username,
        "created": row.created_dt,
        "updated": row.updated_dt,
    }


def _revealed(row: Password) -> dict[str, Any]:
    return {
        **_row(row),
        "password": row.password.get_secret_value(),
        "notes": row.notes.get_secret_value(),
    }


_UUID = text("The login's uuid, from ravi_passwords_list.", minLength=1)
_LOGIN = {
    "uuid": text("The login's uuid."),
    "domain": text("The site."),
    "username": text("The user name there."),
    "created": text("When it was stored."),
    "updated": text("When it was changed last."),
}
_FULL = {**_LOGIN, "password": text("The password."), "notes": text("Notes.")}

TOOLS: tuple[Tool[RaviClient], ...] = (
    Tool(
        "ravi_passwords_list",
        "The logins in your own vault: site and user name, without the passwords. ravi_passwords_get gives "
        "one with its password.",
        list_all,
        takes={"domain": text("Only sites whose name holds this.", default="")},
        gives={"passwords": rows("Your logins.", _LOGIN)},
        reads=True,
    ),
    Tool(
        "ravi_passwords_get",
        "One login of your vault with its password, by uuid, or by domain where there is only one for it. "
        "Use it to sign in again where you signed up before. Never put the password into a file or a mail.",
        get,
        takes={"uuid": text("The login's uuid."), "domain": text("The site, such as example.com.")},
        optional=frozenset({"uuid", "domain"}),
        gives=_FULL,
        reads=True,
    ),
    Tool(
        "ravi_passwords_create",
        "Store a login in your vault when you sign up somewhere. Without password a strong one is made up "
        "and returned: sign up with that one. Without username your own email address is used.",
        create,
        takes={
            "domain": text("The site, or its address; it is cut to its domain.", minLength=1),
            "username": text("The user name there.", default=""),
            "password": text("The password; empty for a new one.", default=""),
            "notes": text("Whatever else belongs to it.", default=""),
        },
        gives=_FULL,
    ),
    Tool(
        "ravi_passwords_update",
        "Change a login in your vault, as after a password was changed at the site.",
        update,
        takes={
            "uuid": _UUID,
            "domain": text("The site."),
            "username": text("The user name there."),
            "password": text("The new password."),
            "notes": text("Notes."),
        },
        optional=frozenset({"domain", "username", "password", "notes"}),
        gives=_FULL,
        destroys=True,
    ),
    Tool(
        "ravi_passwords_delete",
        "Remove a login from your vault for good.",
        delete,
        takes={"uuid": _UUID},
        gives={"deleted": text("The uuid of what was removed.")},
        destroys=True,
    ),
    Tool(
        "ravi_passwords_generate",
        "Make up a strong password without storing it. To sign up somewhere use ravi_passwords_create, which "
        "makes one up and stores it in one step.",
        generate,
        takes={
            "length": whole("How many characters.", minimum=8, maximum=128, default=16),
            "uppercase": flag("With capital letters.", default=True),
            "lowercase": flag("With small letters.", default=True),
            "digits": flag("With digits.", default=True),
            "special": flag("With special characters.", default=True),
            "exclude_chars": text("Characters that must not be in it.", default=""),
        },
        gives={"password": text("The password.")},
        reads=True,
    ),
)
