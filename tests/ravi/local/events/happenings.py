"""Identities to which things happen, and what is then told of them."""

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from constellagent.ravi.local.events.record import record
from tests.ravi.provided import LIVES, Provided

RECEIVED = "email.message.received"
SENT = "email.message.sent"


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@dataclass(frozen=True, slots=True)
class Agent:
    """An identity: its row, its row id, its key, and the provider that it lives in."""

    local: Provided
    row: dict[str, Any]
    id: int
    key: str

    @property
    def uuid(self) -> str:
        """Its uuid."""
        return str(self.row["uuid"])

    async def ask(self, method: str, path: str, body: object = None) -> httpx.Response:
        """Send a request with the identity's key."""
        return await self.local.ask(method, path, key=self.key, body=body)

    async def happens(self, kind: str = RECEIVED, **data: object) -> None:
        """Let something happen to it."""
        office = self.local.provider.office
        await office.store.run(lambda db: record(office, db, self.id, kind, data))

    async def happens_often(self, count: int, kind: str = RECEIVED, **data: object) -> None:
        """Let the same happen to it many times at once."""
        office = self.local.provider.office

        def often(db: sqlite3.Connection) -> None:
            for _ in range(count):
                record(office, db, self.id, kind, data)

        await office.store.run(often)

    async def events(self, query: str = "") -> list[dict[str, Any]]:
        """Return the events that it reads."""
        return await events(self.local, query, key=self.key)

    async def audited(self) -> list[tuple[str, str, str, str]]:
        """Return actor, action, result and subject of its audit, without its own beginning."""
        office = self.local.provider.office
        lines = await office.store.run(lambda db: office.audit.read(db, self.uuid))
        return [
            (line.actor, line.action, line.result, line.about) for line in lines if line.action not in LIVES
        ]


async def agent(local: Provided, **wanted: object) -> Agent:
    """Create an identity and a key for it."""
    row = await local.identity(**wanted)
    number = (await local.ask("GET", f"/api/email/?identity={row['uuid']}")).json()[0]["id"]
    return Agent(local, row, number, await local.identity_key(row["uuid"]))


async def events(local: Provided, query: str = "", *, key: str | None = None) -> list[dict[str, Any]]:
    """Return the events that a key reads."""
    answer = await local.ask("GET", f"/api/events/{query}", key=key)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["events"]
    return rows


async def stopped_without_patience(local: Provided) -> None:
    """Stop the provider, which must end what it has open by itself: it is given minutes for what does not."""
    assert local.provider._runner is not None
    local.provider._runner._shutdown_timeout = 600.0
    async with asyncio.timeout(20):
        await local.provider.stop()


async def until(done: Callable[[], object], within: float = 30.0) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(within):
        while not done():
            await asyncio.sleep(0.005)
