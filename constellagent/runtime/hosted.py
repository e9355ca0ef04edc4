"""The hosted provider as the daemon reaches it: a client for each key, made when one is needed.

Nothing is asked before somebody asks: a constellation without it costs nothing, a login counts at once, and a
provider that cannot be reached leaves everything as it is. Whether it can be reached is remembered for a
while, so that looking at the status often is no load on a service that is down.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from constellagent.errors import ConstellagentError
from constellagent.ravi.client import RaviClient
from constellagent.runtime import hosted_key
from constellagent.runtime.clock import Clock
from constellagent.runtime.hosted_key import HostedKey
from constellagent.runtime.settings import Settings

_log = logging.getLogger(__name__)

_FRESH = 15.0
"""Seconds for which an answer of the provider counts."""

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
_PATIENCE = 2.0
"""Seconds that a look at the status may wait for the provider."""

Kept = Callable[[], Awaitable[str]]
"""Gives the key that a constellation was applied with, empty where it was applied with none."""


@dataclass(slots=True)
class Reach:
    """Whether a provider answers, as far as we know; asked again after a pause that grows while it does not.

    Attributes:
        client: how to ask it.
        clock: what the pauses are measured with.
    """

    client: RaviClient
    clock: Clock
    _trouble: str = ""
    _failures: int = 0
    _next: float | None = None
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def trouble(self) -> str:
        """Return why the provider does not answer, empty where it does; never raises, never takes long."""
        async with self._asking:
            if self._next is None or self.clock.monotonic() >= self._next:
                await self._ask()
            return self._trouble

    def forget(self) -> None:
        """Let the next question be asked at once: somebody else has just heard from the provider."""
        self._next = None

    async def _ask(self) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                await self.client.list_identities()
        except TimeoutError:
            self._failed(f"no answer from {urlsplit(self.client.base_url).netloc} in {_PATIENCE:g} s")
        except ConstellagentError as error:
            self._failed(f"{error.message}; {error.hint}" if error.hint else error.message)
        else:
            self._trouble, self._failures = "", 0
            self._next = self.clock.monotonic() + _FRESH

    def _failed(self, why: str) -> None:
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(self._failures, 10))
        self._trouble, self._failures = why, self._failures + 1
        self._next = self.clock.monotonic() + pause


class Hosted:
    """Holds the connections to the hosted provider.

    Attributes:
        url: its address, without `/api`.
        host: the same for a person, without the scheme.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """Nothing is read or connected before a client is asked for."""
        self._settings = settings
        self._clock = clock
        self._clients: dict[str, Reach] = {}
        self._making = asyncio.Lock()
        self._warned: set[str] = set()
        self.url = settings.ravi_api_url.rstrip("/")
        self.host = urlsplit(self.url).netloc or self.url

    async def close(self) -> None:
        """Close all connections."""
        for reach in self._clients.values():
            await reach.client.close()
        self._clients.clear()

    async def client(self, shell: str, kept: Kept) -> RaviClient:
        """Return a client with the key to use: `shell` is that of the asking shell, empty for none.

        Raises:
            UnavailableError: there is no key.
            ConflictError: there is one, of a single identity.
            UsageError: address, key or certificates cannot be used.
            VaultError: the key that was kept cannot be opened.
        """
        return (await self._reach(shell, kept)).client

    async def trouble(self, shell: str, kept: Kept) -> str:
        """Return why identities there cannot be looked at now, empty where they can; never takes long."""
        try:
            reach = await self._reach(shell, kept)
        except ConstellagentError as error:
            return f"{error.message}; {error.hint}" if error.hint else error.message
        return await reach.trouble()

    def look_again(self) -> None:
        """Let the next `trouble` ask anew, whatever was known."""
        for reach in self._clients.values():
            reach.forget()

    async def _reach(self, shell: str, kept: Kept) -> Reach:
        found = await self._key(shell, kept)
        async with self._making:
            if found.value not in self._clients:
                # Reading the system's certificates takes long.
                client = await asyncio.to_thread(
                    RaviClient, self.url, found.value, ca_bundle=self._settings.ravi_ca_bundle
                )
                self._clients[found.value] = Reach(client, self._clock)
            return self._clients[found.value]

    async def _key(self, shell: str, kept: Kept) -> HostedKey:
        secret = self._settings.ravi_api_key
        setting = "" if secret is None else secret.get_secret_value()
        given = "" if setting else shell or await kept()
        found = await asyncio.to_thread(hosted_key.find, setting, given, hosted_key.login_file())
        if found.warning and found.warning not in self._warned:
            self._warned.add(found.warning)
            _log.warning("%s", found.warning)
        return found
