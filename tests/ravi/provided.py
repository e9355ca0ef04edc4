"""A local provider that really listens, for tests of all that speaks to it."""

import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from constellagent.ravi.local import LocalProvider
from constellagent.ravi.local.options import Options
from constellagent.ravi.vault import RootKey

LIVES = frozenset(
    {"identity.created", "identity.archived", "identity.restored", "key.issued", "key.withdrawn"}
)
"""Lines of the audit about an identity itself and its keys, which tests of other things pass over."""


@dataclass(frozen=True, slots=True)
class Provided:
    """A running provider: its folder, its address, its management key, and a bare client without a key."""

    provider: LocalProvider
    folder: Path
    url: str
    key: str
    http: httpx.AsyncClient

    async def ask(
        self,
        method: str,
        path: str,
        *,
        key: str | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> httpx.Response:
        """Send one bare request; `key` "" sends none, None the management key."""
        sent = dict(headers or {})
        chosen = self.key if key is None else key
        if chosen:
            sent["Authorization"] = f"Bearer {chosen}"
        if content is not None:
            return await self.http.request(method, path, content=content, headers=sent)
        return await self.http.request(method, path, json=body, headers=sent)

    async def identity(self, **body: object) -> dict[str, Any]:
        """Create an identity and return its row."""
        answer = await self.ask("POST", "/api/identities/", body=body)
        assert answer.status_code == 201, answer.text
        row: dict[str, Any] = answer.json()
        return row

    async def identity_key(self, uuid: str) -> str:
        """Mint a key for an identity."""
        answer = await self.ask(
            "POST", "/api/auth/keys/identity/", body={"label": "t", "identity_uuid": uuid}
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["key"])


@asynccontextmanager
async def provided(
    folder: Path,
    root_key: RootKey,
    *,
    options: Options = Options(),  # noqa: B008 - Options is a frozen value
    now: Callable[[], float] = time.time,
) -> AsyncIterator[Provided]:
    """Run a provider in `folder` for a while."""
    provider = LocalProvider(folder, root_key, options=options, now=now)
    url = await provider.start()
    try:
        plain = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        async with httpx.AsyncClient(base_url=url, trust_env=False, verify=plain, timeout=30) as http:
            yield Provided(provider, folder, url, await provider.management_key(), http)
    finally:
        await provider.stop()
