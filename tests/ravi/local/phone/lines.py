"""Identities with numbers, and who texts them, for tests of text messages."""

from dataclasses import dataclass
from typing import Any

import httpx

from tests.ravi.provided import Provided


@dataclass(frozen=True, slots=True)
class Line:
    """An identity with a number: its uuid, its number, its key, and the provider that it lives in."""

    local: Provided
    uuid: str
    number: str
    key: str

    async def ask(self, method: str, path: str, body: object = None) -> httpx.Response:
        """Send a request with the identity's key."""
        return await self.local.ask(method, path, key=self.key, body=body)

    async def rows(self, path: str) -> Any:
        """Return what a path answers."""
        answer = await self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def send(self, to_number: str, body: str) -> Any:
        """Send a text message and return it."""
        answer = await self.ask("POST", "/api/messages/send/", {"to_number": to_number, "body": body})
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def get_from(self, sender: str, body: str) -> httpx.Response:
        """Let a service text the identity."""
        return await hand_in(self.local, sender, self.number, body)


async def hand_in(local: Provided, sender: str, to: str, body: str, **more: str) -> httpx.Response:
    """Post to the gateway as a service does."""
    return await local.ask(
        "POST", "/gateway/sms/", key="", body={"from": sender, "to": to, "body": body, **more}
    )


async def line(local: Provided, **wanted: object) -> Line:
    """Create an identity with a number."""
    row = await local.identity(provision_phone=True, **wanted)
    return Line(local, row["uuid"], row["phone"], await local.identity_key(row["uuid"]))
