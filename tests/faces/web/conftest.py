"""Fixtures of the web face."""

from collections.abc import AsyncIterator

import pytest

from constellagent.runtime.settings import Settings
from tests.faces.web.house import House, housing


@pytest.fixture
async def house(home: Settings) -> AsyncIterator[House]:
    """Give the running web face."""
    async with housing(home) as running:
        yield running
