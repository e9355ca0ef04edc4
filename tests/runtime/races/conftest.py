"""A laboratory with races, over a repository of the test's own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from constellagent.ravi.vault import RootKey
from constellagent.runtime.settings import Settings
from tests.runtime.races.track import Track
from tests.runtime.runs.rig import laboratory


@pytest.fixture
async def track(home: Settings, tmp_path: Path) -> AsyncIterator[Track]:
    """One constellation without agents yet."""
    async with laboratory(home, tmp_path / "repo", RootKey(bytes(32), "a test")) as lab:
        made = Track(lab)
        try:
            yield made
        finally:
            await made.races.close()
