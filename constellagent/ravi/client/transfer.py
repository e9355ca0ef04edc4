"""A whole identity as one document, out of the embedded provider and into one."""

from typing import Any

from constellagent.ravi.client.transport import Transport, segment, unexpected
from constellagent.ravi.wire import Identity

LARGEST = 256 << 20
"""Bytes that the document of one identity may have."""

_TIMEOUT = 300.0


class Transfer:
    """Moves identities between providers of this kind. The documents hold every secret in clear."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def export(self, identity: str) -> dict[str, Any]:
        """Return all that an identity has.

        Raises:
            MissingError: there is no such identity, or the provider does not offer this.
        """
        path = f"/identities/{segment(identity)}/export/"
        answer = await self._transport.call("GET", path, largest=LARGEST, timeout=_TIMEOUT)
        if not isinstance(answer, dict):
            raise unexpected(f"GET {path}", self._transport.base_url, "a document was expected")
        return answer

    async def take_in(self, document: dict[str, Any], *, as_new: bool = False) -> Identity:
        """Create the identity that a document describes; `as_new` gives it a new uuid and address.

        Raises:
            TakenError: its uuid, address or number is taken here.
            InDoubtError: nobody knows whether it exists now; list before asking again.
        """
        return await self._transport.one(
            Identity,
            "POST",
            "/identities/import/",
            params={"as_new": "true"} if as_new else {},
            body=document,
            timeout=_TIMEOUT,
        )
