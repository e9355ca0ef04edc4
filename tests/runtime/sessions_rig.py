"""Real sessions in a state folder of their own, and a registry to lose as a killed daemon loses it."""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from constellagent.runtime import processes
from constellagent.runtime.clock import SystemClock
from constellagent.runtime.holder.log import LogReader
from constellagent.runtime.ports import Launch
from constellagent.runtime.sessions import SessionRegistry
from constellagent.runtime.settings import Settings
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.sessions import SessionRow, SessionRows
from tests.fake_keys import FakeSessionKeys

FOREVER = ("/bin/sleep", "1000")


async def until(done: Callable[[], object], what: str) -> None:
    """Poll until `done` is true; fails the test after half a minute."""
    deadline = time.monotonic() + 30
    while not done():
        assert time.monotonic() < deadline, f"{what} did not come"
        await asyncio.sleep(0.002)


def members(session: str) -> dict[int, str]:
    """Return every process of a session, its holder included."""
    return processes.with_marker(session) | processes.holders_of(session)


@dataclass
class Rig:
    """A registry over real holders.

    Attributes:
        ends: the rows that the registry told of, in order.
        keys: what gives sessions their keys.
    """

    settings: Settings
    database: Database
    rows: SessionRows
    ends: list[SessionRow] = field(default_factory=list)
    keys: FakeSessionKeys = field(default_factory=FakeSessionKeys)
    registry: SessionRegistry = field(init=False)

    def __post_init__(self) -> None:
        """Begin with a registry."""
        self.registry = self.new_registry()

    def new_registry(self) -> SessionRegistry:
        """Return another registry over the same state, as the next daemon has it."""

        async def on_end(row: SessionRow) -> None:
            self.ends.append(row)

        return SessionRegistry(self.rows, self.settings, SystemClock(), self.keys, on_end)

    async def next_daemon(self) -> None:
        """Drop the registry without a word to the sessions, and let another one adopt them."""
        await self.registry.close()
        self.registry = self.new_registry()
        await self.registry.adopt()

    def launch(self, *argv: str, **changes: Any) -> Launch:
        """Return how to start `argv` as the agent `docs`."""
        values: dict[str, Any] = {
            "subject": "docs",
            "role": "agent",
            "argv": argv or FOREVER,
            "cwd": self.settings.paths.home,
            "env": {"PATH": os.environ["PATH"]},
            "fingerprint": "print",
            "grace": timedelta(seconds=2),
        }
        return Launch(**{**values, **changes})

    async def start(self, *argv: str, **changes: Any) -> SessionRow:
        """Start a session."""
        return await self.registry.start("c", self.launch(*argv, **changes))

    async def row(self, session: str) -> SessionRow:
        """Return a row that must be there."""
        row = await self.rows.get(session)
        assert row is not None
        return row

    def output(self, session: str) -> bytes:
        """Return all output that is kept of a session."""
        return LogReader(self.registry.log(session)).tail(1 << 30)[1]

    def folder(self, session: str) -> Path:
        """Return a session's folder."""
        return self.registry.folder(session)

    async def until_written_down(self) -> SessionRow:
        """Wait until a session that is being started has its row; returns it."""
        while True:
            for row in await self.rows.live():
                return row

    async def until_ended(self, session: str) -> SessionRow:
        """Wait until the registry told of a session's end; returns its row."""
        await until(lambda: any(row.id == session for row in self.ends), "the end")
        return await self.row(session)


def row_of_this_boot() -> SessionRow:
    """Return a row of this boot."""
    return SessionRow("s", "c", "agent", "docs", "print", 1.0, 10.0, processes.boot_id())
