"""An audit beside a real database, as the provider keeps it."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from constellagent.errors import ConstellagentError
from constellagent.ravi.audit import Audit, AuditError
from constellagent.ravi.local.store import Store
from constellagent.ravi.vault import RootKey

KEY = RootKey(bytes(range(32)), "a test")
NOW = 1_790_000_000.0


def uuid(number: int) -> str:
    """Return the uuid of an identity of a test."""
    return f"00000000-0000-4000-8000-{number:012x}"


@dataclass(frozen=True)
class Kept:
    """A running audit and its store."""

    audit: Audit
    store: Store
    folder: Path

    def file(self, identity: str) -> Path:
        """Return where the lines of an identity are."""
        return self.folder / "audit" / f"{identity}.jsonl"

    async def note(self, *identities: str, about: str = "", value: str = "") -> None:
        """Tell of one access to each of these identities, in one transaction."""

        def told(_: sqlite3.Connection) -> None:
            for identity in identities:
                self.audit.note(NOW, identity, "a test", "secrets.get", about=about, value=value)

        await self.store.run(told)

    async def lines(self, identity: str) -> int:
        """Return how many lines of an identity hold.

        Raises:
            AuditError: one does not.
        """
        return self.audit.verify(await self.store.run(lambda db: self.audit.snapshot(db, identity)))

    async def problems(self) -> list[AuditError]:
        """Return everything that is wrong, as `audit verify` finds it."""
        found = []
        try:
            await self.store.run(self.audit.check_heads)
        except AuditError as error:
            found.append(error)
        for identity in await self.store.run(self.audit.identities):
            try:
                await self.lines(identity)
            except AuditError as error:
                found.append(error)
        return found


@asynccontextmanager
async def keeping(folder: Path, key: RootKey = KEY) -> AsyncIterator[Kept]:
    """Run an audit in a folder for a while."""
    audit = Audit(folder / "audit", key)
    store = Store(folder / "provider.db", audit)
    await store.open()
    try:
        await store.run(audit.begin)
        yield Kept(audit, store, folder)
    finally:
        await store.close()


async def problems_after_start(folder: Path) -> list[ConstellagentError]:
    """Start on what lies in a folder and return everything that is wrong."""
    try:
        async with keeping(folder) as kept:
            return list(await kept.problems())
    except AuditError as error:
        return [error]
