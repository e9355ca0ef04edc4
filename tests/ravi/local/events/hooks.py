"""Webhooks that are subscribed, and the log of what was posted to them."""

import asyncio
from collections.abc import Callable
from typing import Any

from tests.ravi.local.events.happenings import Agent, Clock
from tests.ravi.provided import Provided

ROOT = "/api/webhook-subscriptions/"
LOG = "/api/webhook-deliveries/"
URL = "https://hooks.shop.test/in?token=canary"


async def subscribe(who: Agent | Provided, url: str = URL, **more: object) -> dict[str, Any]:
    """Create a webhook."""
    got = await who.ask("POST", ROOT, body={"url": url, **more})
    assert got.status_code == 201, got.text
    row: dict[str, Any] = got.json()
    return row


async def log(local: Provided) -> list[dict[str, Any]]:
    """Return the log of deliveries, oldest first."""
    rows: list[dict[str, Any]] = (await local.ask("GET", LOG)).json()
    return rows[::-1]


async def settled(local: Provided, done: Callable[[list[dict[str, Any]]], object]) -> list[dict[str, Any]]:
    """Wait until the log is as wanted, and return it."""
    async with asyncio.timeout(30):
        while not done(rows := await log(local)):
            await asyncio.sleep(0.01)
    return rows


def all_are(*states: str) -> Callable[[list[dict[str, Any]]], object]:
    """Whether the states of the log are these."""
    return lambda rows: [row["status"] for row in rows] == list(states)


def tried(times: int) -> Callable[[list[dict[str, Any]]], object]:
    """Whether the first of the log was tried so often."""
    return lambda rows: rows[0]["attempts"] == times


async def later(who: Agent, clock: Clock, seconds: float) -> None:
    """Let the clock go on, and wake who looks at it."""
    clock.now += seconds
    who.local.provider.office.bell.ring(who.id)
