"""A house in which states need not last long to be told."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from constellagent.runtime.alerts import deciding
from constellagent.runtime.settings import Settings
from tests.runtime.alerts.rig import House, house

SETTLE = 0.3


@pytest.fixture
async def here(home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """Give one that has not applied anything yet."""
    monkeypatch.setattr(deciding, "SETTLE", SETTLE)
    monkeypatch.setattr(deciding, "SETTLE_GUESSED", SETTLE)
    async with house(home, tmp_path / "repo") as made:
        yield made
