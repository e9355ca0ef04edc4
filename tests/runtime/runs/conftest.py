"""A laboratory for runs, over a repository of the test's own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from constellagent.ravi.vault import RootKey
from constellagent.runtime.settings import Settings
from tests.runtime.runs.rig import Lab, laboratory


@pytest.fixture
async def lab(home: Settings, tmp_path: Path) -> AsyncIterator[Lab]:
    """One constellation without agents yet."""
    async with laboratory(home, tmp_path / "repo", RootKey(bytes(32), "a test")) as made:
        yield made
