"""What happened to an identity, in order, and waiting for the next of it."""

from collections.abc import Sequence

from constellagent.ravi.client.transport import Transport, unexpected
from constellagent.ravi.failures import MissingError
from constellagent.ravi.wires.answers_events import Event

LONGEST_WAIT = 25
"""Seconds that one request may wait for news; below the time limit of a request."""

_CALL = "GET /events/"


class Events:
    """The events of one identity."""

    def __init__(self, transport: Transport, identity: str | None) -> None:
        self._transport = transport
        self._scope = {"identity": identity} if identity else {}

    async def since(
        self, seq: int, *, wait: float = 0, types: Sequence[str] = (), limit: int = 1000
    ) -> list[Event]:
        """Return the events after `seq`, oldest first.

        With `wait` the provider answers when there is one, or after so many seconds (at most
        `LONGEST_WAIT`). A provider that cannot wait answers at once.
        """
        params = self._scope | {"since": str(seq), "limit": str(limit)}
        if wait > 0:
            params["wait"] = f"{min(wait, LONGEST_WAIT):g}"
        if types:
            params["event_types"] = ",".join(types)
        answer = await self._transport.call("GET", "/events/", params=params)
        rows = answer.get("events") if isinstance(answer, dict) else None
        if not isinstance(rows, list):
            raise unexpected(_CALL, self._transport.base_url, "a list of events was expected")
        return [self._transport.parse(Event, row, _CALL, reads=True) for row in rows]

    async def latest(self) -> int:
        """Return the `seq` from which on there is nothing yet.

        Raises:
            MissingError: the provider does not say; the hosted one may not.
        """
        answer = await self._transport.call("GET", "/events/", params=self._scope | {"since": "latest"})
        cursor = answer.get("cursor") if isinstance(answer, dict) else None
        if not isinstance(cursor, int):
            raise MissingError(f"{_CALL}: the provider does not say where its events end")
        return cursor
