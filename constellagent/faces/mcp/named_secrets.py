"""Tools for values under names, such as API keys."""

from typing import Any

from constellagent.errors import ConstellagentError
from constellagent.faces.mcp.shapes import rows, text
from constellagent.faces.mcp.tool import Arguments, Tool
from constellagent.ravi.client import RaviClient
from constellagent.ravi.wires.answers_vault import Secret


async def list_all(client: RaviClient, _: Arguments) -> dict[str, Any]:
    """List the names, without the values."""
    return {"secrets": [_row(row) for row in await client.secrets.all()]}


async def get(client: RaviClient, given: Arguments) -> dict[str, Any]:
    """Return one value."""
    found = await _named(client, given["key"])
    return {**_row(found), "value": found.value.get_secret_value(), "notes": found.notes.get_secret_value()}


async def put(client: RaviClient, given: Arguments) -> dict[str, Any]:
    """Store a value."""
    return _row(await client.secrets.set(given["key"], given["value"], notes=given["notes"]))


async def delete(client: RaviClient, given: Arguments) -> dict[str, Any]:
    """Forget a value."""
    found = await _named(client, given["key"])
    await client.secrets.delete(found.uuid)
    return {"deleted": found.key}


async def _named(client: RaviClient, key: str) -> Secret:
    """Return the secret with a name.

    Raises:
        ConstellagentError: there is none.
    """
    found = await client.secrets.find(key)
    if found is None:
        raise ConstellagentError(
            f"there is no secret {key.upper()} in your vault", hint="ravi_secrets_list names those there are"
        )
    return found


def _row(row: Secret) -> dict[str, Any]:
    return {"uuid": row.uuid, "key": row.key, "created": row.created_dt, "updated": row.updated_dt}


_KEY = text("Its name, as STRIPE_API_KEY; capitals, digits and _.", minLength=1, maxLength=200)
_SECRET = {
    "uuid": text("Its uuid."),
    "key": text("Its name."),
    "created": text("When it was stored."),
    "updated": text("When it was changed last."),
}

TOOLS: tuple[Tool[RaviClient], ...] = (
    Tool(
        "ravi_secrets_list",
        "The names of the secrets in your own vault (API keys, tokens), without their values.",
        list_all,
        gives={"secrets": rows("Your secrets.", _SECRET)},
        reads=True,
    ),
    Tool(
        "ravi_secrets_get",
        "One secret of your vault with its value. Never put the value into files, commits or mails.",
        get,
        takes={"key": _KEY},
        gives={**_SECRET, "value": text("The value."), "notes": text("Notes.")},
        reads=True,
    ),
    Tool(
        "ravi_secrets_set",
        "Store a secret in your vault as soon as you are given one (an API key after a sign-up), in place of "
        "the one that had this name.",
        put,
        takes={
            "key": _KEY,
            "value": text("The value.", minLength=1),
            "notes": text("Whatever else belongs to it.", default=""),
        },
        gives=_SECRET,
        destroys=True,
    ),
    Tool(
        "ravi_secrets_delete",
        "Remove a secret from your vault for good.",
        delete,
        takes={"key": _KEY},
        gives={"deleted": text("The name of what was removed.")},
        destroys=True,
    ),
)
