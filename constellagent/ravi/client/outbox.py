"""Mail of the embedded provider that is for other places: waiting, held, or given up."""

from constellagent.ravi.client.transport import Transport
from constellagent.ravi.wires.answers_mail import HeldMail


class Outbox:
    """What has not left this machine yet."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def all(self) -> list[HeldMail]:
        """Return the rows, one for each mail and recipient."""
        return await self._transport.rows(HeldMail, "/outbox/")

    async def retry(self, row: int) -> None:
        """Try again now.

        Raises:
            MissingError: there is no such row.
        """
        await self._transport.call("POST", f"/outbox/{row}/retry/")

    async def drop(self, row: int) -> None:
        """Give up a mail.

        Raises:
            MissingError: there is no such row.
        """
        await self._transport.call("DELETE", f"/outbox/{row}/")
