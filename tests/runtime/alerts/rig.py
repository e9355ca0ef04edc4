"""A whole daemon, an owner whose mail it keeps itself, and an agent that does whatever is typed."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from constellagent.ravi.wires.answers_mail import Mail
from constellagent.runtime.daemon import Daemon
from constellagent.runtime.settings import Settings
from constellagent.runtime.store.alerts import AlertRow, AlertRows
from tests.runtime.working import Working, working

OWNER = "identities: {domain: acme.test, phone: true}\nowner: {email: boss@acme.test}\n"
SAYS = 'while IFS= read -r line; do eval "$line"; done'
"""A shell that runs each line, such as a call of the hook."""
Thing = TypeVar("Thing")


@dataclass
class House:
    """A constellation whose owner is its agent `boss`, and an agent `docs` that does what it is told.

    Attributes:
        lab: the daemon and the file.
        settings: of the daemon.
    """

    lab: Working
    settings: Settings

    async def begin(
        self, *, more: str = "", rest: str = OWNER, shell: str = SAYS, command: list[str] | None = None
    ) -> None:
        """Apply; `more` is of the declaration of `docs`, `rest` of the file; `command` instead of `shell`."""
        boss = "  boss: {command: ['true'], autostart: false}\n"
        runs = f"command: {json.dumps(command)}" if command else f"shell: {json.dumps(shell)}"
        self.lab.declare(f"  docs: {{{runs}, {more}}}\n{boss}", rest)
        result = await self.lab.apply()
        assert not result["failed"], result

    async def do(self, line: str, *, shows: str = "") -> None:
        """Type a line; with `shows`, wait until that is the agent's state or reason by its own word."""
        await self.lab.daemon._registry.send(await self.session(), f"{line}\n".encode())
        if shows:
            await self.until(shows)

    async def until(self, shows: str) -> None:
        """Wait until that is the agent's state or reason by its own word."""

        async def look() -> bool:
            view = await self.lab.agent("docs")
            return shows in {view["state"], view["reason"]} and view.get("source") == "hook"

        await eventually(look, bool)

    async def session(self) -> str:
        """Return the id of the agent's newest session."""
        view = (await self.lab.agent("docs"))["session"]
        assert view is not None
        return view["id"]

    async def inbox(self) -> list[Mail]:
        """Return the owner's mail, oldest first."""
        context = await self.lab.daemon._contexts.of_file(self.lab.file)
        binding = await context.bindings.get("boss", "local")
        assert binding is not None
        return list(await self.lab.daemon._client.of(binding.uuid).mail.messages(incoming=True))

    async def mails(self, count: int) -> list[Mail]:
        """Wait until the owner has got so many mails, and return them."""
        return await eventually(self.inbox, lambda mails: len(mails) >= count)

    async def written(self, count: int) -> list[AlertRow]:
        """Wait until so much is written down of the newest session, and return it."""
        session = await self.session()
        constellation = self.lab.daemon._contexts.id_of(self.lab.file)
        rows = AlertRows(self.lab.daemon._database)
        return await eventually(
            lambda: rows.of_session(constellation, "docs", session), lambda found: len(found) >= count
        )

    async def idle(self) -> None:
        """Wait until there is nothing more that the daemon is about to tell."""
        alerts = self.lab.daemon._alerts

        async def busy() -> bool:
            return bool(alerts._pending or alerts._sending)

        await eventually(busy, lambda found: not found)

    async def next_daemon(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        """End the daemon, and start the next one."""
        await self.lab.daemon.close()
        meanwhile()
        self.lab.daemon = Daemon(self.settings)
        await self.lab.daemon.start()


async def eventually(look: Callable[[], Awaitable[Thing]], good: Callable[[Thing], bool]) -> Thing:
    """Look until what is seen is good, and return it; fails the test after twenty seconds."""
    async with asyncio.timeout(20):
        while not good(seen := await look()):
            await asyncio.sleep(0.02)
    return seen


@asynccontextmanager
async def house(settings: Settings, repo: Path) -> AsyncIterator[House]:
    """Start a daemon, and end all of it afterwards."""
    async with working(settings, repo) as lab:
        yield House(lab, settings)
