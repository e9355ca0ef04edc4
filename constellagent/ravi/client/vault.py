"""The vault of an identity: logins at sites, and values under names."""

from constellagent.ravi.client.transport import Transport, segment
from constellagent.ravi.wires.answers_vault import Generated, Password, Secret


class Passwords:
    """The logins of one identity."""

    def __init__(self, transport: Transport, identity: str | None) -> None:
        self._transport = transport
        self._scope = {"identity": identity} if identity else {}

    async def all(self) -> list[Password]:
        """Return all logins, with their passwords."""
        return await self._transport.rows(Password, "/passwords/", params=self._scope)

    async def get(self, uuid: str) -> Password:
        """Return one login.

        Raises:
            MissingError: the identity has none with this uuid.
        """
        return await self._transport.one(Password, "GET", _password(uuid), params=self._scope)

    async def create(
        self, domain: str, *, username: str = "", password: str = "", notes: str = ""
    ) -> Password:
        """Store a login; without `username` it is the identity's address, without `password` one is made up.

        Raises:
            InDoubtError: nobody knows whether it was stored.
        """
        body = {"domain": domain, **_given(username=username, password=password, notes=notes)}
        return await self._transport.one(Password, "POST", "/passwords/", params=self._scope, body=body)

    async def update(self, uuid: str, **changes: str) -> Password:
        """Change a login: `domain`, `username`, `password` or `notes`.

        Raises:
            MissingError: the identity has none with this uuid.
        """
        return await self._transport.one(Password, "PATCH", _password(uuid), params=self._scope, body=changes)

    async def delete(self, uuid: str) -> None:
        """Forget a login.

        Raises:
            MissingError: the identity has none with this uuid.
        """
        await self._transport.call("DELETE", _password(uuid), params=self._scope)

    async def generate(
        self, *, length: int | None = None, exclude: str = "", without: frozenset[str] = frozenset()
    ) -> Generated:
        """Return a password that is stored nowhere.

        `without` leaves out classes of characters: `uppercase`, `lowercase`, `digits`, `special`.
        """
        params = self._scope | dict.fromkeys(sorted(without), "false") | _given(exclude_chars=exclude)
        if length is not None:
            params["length"] = str(length)
        path = "/passwords/generate-password/"
        return await self._transport.one(Generated, "GET", path, params=params)


class Secrets:
    """The named values of one identity. Names are written in capitals by the provider."""

    def __init__(self, transport: Transport, identity: str | None) -> None:
        self._transport = transport
        self._scope = {"identity": identity} if identity else {}

    async def all(self) -> list[Secret]:
        """Return all secrets, with their values."""
        return await self._transport.rows(Secret, "/secrets/", params=self._scope)

    async def find(self, key: str) -> Secret | None:
        """Return the secret with this name, None where there is none."""
        wanted = key.upper()
        rows = await self._transport.rows(Secret, "/secrets/", params=self._scope | {"key": wanted})
        return next((row for row in rows if row.key.upper() == wanted), None)

    async def set(self, key: str, value: str, *, notes: str = "") -> Secret:
        """Store a value under a name, in place of the one that was there.

        Raises:
            InDoubtError: nobody knows whether it was stored.
        """
        found = await self.find(key)
        body = {"value": value, **_given(notes=notes)}
        if found is not None:
            return await self._transport.one(
                Secret, "PATCH", _secret(found.uuid), params=self._scope, body=body
            )
        return await self._transport.one(
            Secret, "POST", "/secrets/", params=self._scope, body={"key": key.upper(), **body}
        )

    async def get(self, uuid: str) -> Secret:
        """Return one secret.

        Raises:
            MissingError: the identity has none with this uuid.
        """
        return await self._transport.one(Secret, "GET", _secret(uuid), params=self._scope)

    async def delete(self, uuid: str) -> None:
        """Forget a secret.

        Raises:
            MissingError: the identity has none with this uuid.
        """
        await self._transport.call("DELETE", _secret(uuid), params=self._scope)


def _password(uuid: str) -> str:
    return f"/passwords/{segment(uuid)}/"


def _secret(uuid: str) -> str:
    return f"/secrets/{segment(uuid)}/"


def _given(**values: str) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}
