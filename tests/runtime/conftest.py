"""A clock that stands still, and an open database and real sessions in a state folder of their own."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from constellagent.runtime.settings import Settings
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.sessions import SessionRows
from tests.runtime.sessions_rig import Rig


@dataclass
class StillClock:
    """Time that passes only when a test says so."""

    time: float = 1_700_000_000.0

    def now(self) -> float:
        """Return the wall time."""
        return self.time

    def monotonic(self) -> float:
        """Return the same: nobody sets this clock."""
        return self.time


@pytest.fixture
def clock() -> StillClock:
    """Give a clock that stands still."""
    return StillClock()


@pytest.fixture
async def database(home: Settings) -> AsyncIterator[Database]:
    """Give an open `state.db`."""
    opened = Database(home.paths.database)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def rig(home: Settings, database: Database) -> AsyncIterator[Rig]:
    """Give a registry of real sessions; all of them are stopped after the test."""
    rig = Rig(home, database, SessionRows(database))
    yield rig
    for row in await rig.rows.live():
        await rig.registry.stop(row.id)
    await rig.registry.close()
