"""Whom an identity knows."""

from constellagent.ravi.client.transport import Transport, segment
from constellagent.ravi.failures import MissingError
from constellagent.ravi.wires.answers_contacts import Contact


class Contacts:
    """The contacts of one identity."""

    def __init__(self, transport: Transport, identity: str | None) -> None:
        self._transport = transport
        self._scope = {"identity": identity} if identity else {}

    async def all(self) -> list[Contact]:
        """Return the contacts."""
        return await self._transport.rows(Contact, "/contacts/", params=self._scope)

    async def search(self, words: str) -> list[Contact]:
        """Return the contacts whose names, address or number look like `words`."""
        return await self._transport.rows(Contact, "/contacts/search/", params=self._scope | {"q": words})

    async def find(self, *, email: str = "", phone_number: str = "") -> Contact | None:
        """Return the contact with exactly this address or number, None where there is none."""
        asked = {"email": email} if email else {"phone_number": phone_number}
        try:
            return await self._transport.one(Contact, "GET", "/contacts/find/", params=self._scope | asked)
        except MissingError:
            return None

    async def get(self, uuid: str) -> Contact:
        """Return one contact.

        Raises:
            MissingError: the identity has none with this uuid.
        """
        return await self._transport.one(Contact, "GET", _path(uuid), params=self._scope)

    async def create(self, **fields: str | bool) -> Contact:
        """Add a contact: `email`, `phone_number`, `display_name`, `nickname`, `is_trusted`.

        Raises:
            TakenError: there is one with this address or number.
        """
        return await self._transport.one(Contact, "POST", "/contacts/", params=self._scope, body=fields)

    async def update(self, uuid: str, **changes: str | bool) -> Contact:
        """Change what is named of a contact.

        Raises:
            MissingError: the identity has none with this uuid.
        """
        return await self._transport.one(Contact, "PATCH", _path(uuid), params=self._scope, body=changes)

    async def delete(self, uuid: str) -> None:
        """Forget a contact.

        Raises:
            MissingError: the identity has none with this uuid.
        """
        await self._transport.call("DELETE", _path(uuid), params=self._scope)


def _path(uuid: str) -> str:
    return f"/contacts/{segment(uuid)}/"
