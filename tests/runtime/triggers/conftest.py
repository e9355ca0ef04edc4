"""A station: provider, git, scheduler, ledger, and triggers that are not started yet."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from constellagent.runtime.settings import Settings
from tests.runtime.triggers.station import Station, station


@pytest.fixture
async def at(home: Settings, tmp_path: Path) -> AsyncIterator[Station]:
    """Give a station whose daemon is not started."""
    async with station(home, tmp_path) as made:
        yield made


@pytest.fixture
async def open_at(at: Station) -> Station:
    """Give a station whose daemon runs."""
    await at.start()
    return at
