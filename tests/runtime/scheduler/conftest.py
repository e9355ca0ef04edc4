"""A scheduler on a virtual clock."""

from collections.abc import AsyncIterator

import pytest

from constellagent.runtime.store.database import Database
from tests.runtime.scheduler.lab import Lab


@pytest.fixture
async def lab(database: Database) -> AsyncIterator[Lab]:
    """Give a state, and a daemon that is not started yet."""
    lab = Lab(database)
    yield lab
    await lab.scheduler.close()
