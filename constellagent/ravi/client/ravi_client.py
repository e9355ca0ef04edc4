"""Everything that can be asked of a provider, as one object that holds the connections."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from constellagent.ravi.client.account import Account
from constellagent.ravi.client.audit import AuditLines
from constellagent.ravi.client.belongings import Belongings
from constellagent.ravi.client.outbox import Outbox
from constellagent.ravi.client.transfer import Transfer
from constellagent.ravi.client.transport import Transport


class RaviClient(Account, Belongings):
    """Speaks Ravi's API with one key. All methods raise the errors that `failures` documents.

    Attributes:
        base_url: the provider, without `/api`.
        audit: who did what; of the embedded provider only.
        outbox: mail for other places; of the embedded provider only.
        transfer: identities as documents; of the embedded provider only.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        actor: str = "",
        timeout: float = 30.0,
        ca_bundle: Path | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Name the provider (without `/api`) and the key.

        Args:
            base_url: `https://...`; `http://` only on the loopback interface.
            key: a management key, or an identity's.
            actor: who acts, for the audit of the embedded provider; it believes a management key only.
            timeout: seconds for one request, all in all.
            ca_bundle: file with the certificates to trust instead of the system's.
            sleep: how to wait between tries.

        Raises:
            UsageError: address, key or certificates cannot be used.
        """
        self._transport = Transport(
            base_url, key, actor=actor, timeout=timeout, ca_bundle=ca_bundle, sleep=sleep
        )
        Account.__init__(self, self._transport)
        Belongings.__init__(self, self._transport)
        self.base_url = self._transport.base_url
        self.audit = AuditLines(self._transport)
        self.outbox = Outbox(self._transport)
        self.transfer = Transfer(self._transport)

    def __repr__(self) -> str:
        return f"<RaviClient of {self.base_url}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    def of(self, identity: str) -> Belongings:
        """Return what belongs to the identity with this uuid."""
        return Belongings(self._transport, identity)
