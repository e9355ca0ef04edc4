"""An identity that writes to the rest of the world, under a clock that tests move."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from constellagent.ravi.local.mail import delivery, outgoing
from constellagent.ravi.local.mail.kept import Kept
from constellagent.ravi.local.options import Options, Relay
from constellagent.ravi.vault import RootKey
from tests.ravi.local.mail.letters import Owner, letter, owner
from tests.ravi.local.mail.world import World, until
from tests.ravi.provided import provided

AWAY = "friend@world.example"
"""Who is written to where it does not matter."""


@dataclass
class Sender:
    """An identity of a provider whose clock is in the test's hands."""

    docs: Owner
    clock: list[float] = field(default_factory=list)

    async def send(self, *to: str, **parts: Any) -> Kept:
        """Send a mail."""
        office, mail = self.docs.office, letter(from_email=self.docs.address, to=to or (AWAY,), **parts)
        return await office.store.run(lambda db: delivery.send(office, db, self.docs.id, mail, actor="test"))

    async def pass_time(self, seconds: float) -> None:
        """Let the clock go on, and the relay look at it."""
        self.clock[0] += seconds
        self.docs.office.bell.ring(outgoing.BELL)

    async def rows(self) -> list[dict[str, Any]]:
        """Return the outbox, oldest first."""
        rows: list[dict[str, Any]] = await self.docs.get("/api/outbox/")
        return rows[::-1]

    async def states(self) -> list[str]:
        """Return the states in the outbox, oldest first."""
        return [row["state"] for row in await self.rows()]

    async def until(self, *states: str) -> list[dict[str, Any]]:
        """Wait for these states of the outbox, and return it."""

        async def reached() -> bool:
            return await self.states() == list(states)

        await until(reached)
        return await self.rows()

    async def until_tried(self, attempts: int) -> dict[str, Any]:
        """Wait until the only row was tried this often, and return it."""

        async def reached() -> bool:
            (row,) = await self.rows()
            return bool(row["attempts"] == attempts and row["state"] != "sending")

        await until(reached)
        return (await self.rows())[0]

    async def notices(self) -> list[dict[str, Any]]:
        """Return the notices in the identity's own inbox."""
        rows: list[dict[str, Any]] = await self.docs.get("/api/email-messages/?direction=incoming")
        return rows


@asynccontextmanager
async def sender(folder: Path, root_key: RootKey, relay: Relay | None) -> AsyncIterator[Sender]:
    """Run a provider with this relay, with one identity."""
    clock = [1_800_000_000.0]
    async with provided(folder, root_key, options=Options(relay=relay), now=lambda: clock[0]) as local:
        yield Sender(await owner(local), clock)


@asynccontextmanager
async def again(folder: Path, root_key: RootKey, relay: Relay | None, first: Sender) -> AsyncIterator[Sender]:
    """Run the provider once more, after it was stopped."""
    clock = first.clock
    async with provided(folder, root_key, options=Options(relay=relay), now=lambda: clock[0]) as local:
        yield Sender(replace(first.docs, local=local), clock)


def plain(there: World) -> Relay:
    """Return a relay on this machine, without protection."""
    return Relay("127.0.0.1", there.port, "none")


def async_of(done: Callable[[], bool]) -> Callable[[], Awaitable[bool]]:
    """Return a condition as `until` asks for it."""

    async def asked() -> bool:
        return done()

    return asked
