"""Senders of webhooks: real HTTP posts to the daemon's port."""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

import httpx

from constellagent.ravi.local.events.signing import signed
from constellagent.runtime.schedule_views import HookView
from constellagent.runtime.triggers.signatures import sign
from tests.runtime.triggers.station import Station

BODY = b'{"ref": "main"}'


@dataclass(frozen=True, slots=True)
class Sender:
    """Who knows a webhook's address, and mostly its secret."""

    at: Station
    view: HookView

    @property
    def path(self) -> str:
        """The path of the webhook."""
        return httpx.URL(self.view["url"]).path

    async def send(
        self, body: bytes = BODY, *, path: str = "", headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """Post a body with our own signature, unless other headers are given."""
        chosen = {"Constellagent-Signature": self.ours(body)} if headers is None else headers
        base = self.view["url"].removesuffix(self.path)
        async with httpx.AsyncClient(base_url=base, timeout=30, trust_env=False) as http:
            return await http.post(path or self.path, content=body, headers=chosen)

    def ours(self, body: bytes = BODY, *, late: float = 0.0) -> str:
        """Return our own signature, made some seconds ago."""
        return sign(self.view["secret"], int(self.at.clock.now() - late), body)

    def ravi(self, body: bytes, event: str) -> dict[str, str]:
        """Return what Ravi sends along."""
        return signed(self.view["secret"], int(self.at.clock.now()), body, event)

    def github(self, body: bytes, delivery: str) -> dict[str, str]:
        """Return what GitHub sends along."""
        digest = hmac.digest(self.view["secret"].encode(), body, hashlib.sha256).hex()
        return {"X-Hub-Signature-256": f"sha256={digest}", "X-GitHub-Delivery": delivery}


async def sender(at: Station, key: str = "docs/hook", **spec: Any) -> Sender:
    """Put a schedule into effect that a webhook `deploy` wakes, and ask for its secret."""
    await at.declare(key, on={"webhook": "deploy"}, **({"overlap": "queue_all"} | spec))
    return Sender(at, await at.triggers.hook(at.id, "deploy"))


def only(answer: httpx.Response, status: int = 202) -> dict[str, Any]:
    """Return what became of the one schedule that a post was for."""
    assert answer.status_code == status, answer.text
    (run,) = answer.json()["runs"]
    found: dict[str, Any] = run
    return found
