"""The embedded provider's audit, for whoever manages the account. The hosted service has none to read."""

from constellagent.ravi.client.transport import Transport
from constellagent.ravi.wires.answers_events import AuditCheck, AuditLine, Count


class AuditLines:
    """Who did what with each identity."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def of(self, identity: str, *, after: int | None = None, limit: int = 0) -> list[AuditLine]:
        """Return lines of one identity, oldest first: those beyond the line `after`, else the newest.

        `limit` is how many at most, 0 for as many as the provider gives at once.

        Raises:
            ConflictError: the chain is broken.
            MissingError: nothing was ever done with such an identity.
        """
        params = {"identity": identity} | ({} if after is None else {"after": str(after)}) | _limit(limit)
        return await self._transport.rows(AuditLine, "/audit/", params=params)

    async def everything(self, *, limit: int = 0) -> list[AuditLine]:
        """Return the lines of all identities by time, oldest first; with `limit` the newest so many."""
        return await self._transport.rows(AuditLine, "/audit/", params=_limit(limit))

    async def note(
        self, identity: str, action: str, *, result: str = "ok", about: str = "", value: str = ""
    ) -> None:
        """Tell of an access that the provider could not see; of `value` only a fingerprint is kept."""
        body = {"identity": identity, "action": action, "result": result, "about": about, "value": value}
        await self._transport.call("POST", "/audit/", body=body)

    async def verify(self) -> AuditCheck:
        """Check every chain from its first line to its head."""
        return await self._transport.one(AuditCheck, "GET", "/audit/verify/")

    async def restart(self, identity: str) -> str:
        """Set a broken chain aside and begin it again; return where the old one is.

        Raises:
            TakenError: the chain holds, and is left as it is.
        """
        answer = await self._transport.call("POST", "/audit/restart/", body={"identity": identity})
        return str(answer.get("set_aside", "")) if isinstance(answer, dict) else ""

    async def counts(self) -> list[Count]:
        """Return what is unread and how much lies in the vault, for every identity."""
        return await self._transport.rows(Count, "/counts/")


def _limit(limit: int) -> dict[str, str]:
    return {"limit": str(limit)} if limit else {}
