"""A clock that stands still, and an open database in a state folder of its own."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from constellagent.runtime.settings import Settings
from constellagent.runtime.store.database import Database


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
