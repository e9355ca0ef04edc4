"""What the provider says about itself."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from constellagent.ravi.local.office import Office
from constellagent.ravi.local.provider import all_routes
from constellagent.ravi.vault import RootKey
from tests.ravi.provided import Provided, provided


@pytest.fixture
def local_routes() -> set[tuple[str, str]]:
    """Every method and path that the provider takes."""
    return {(route.method, route.path) for route in all_routes()}


@pytest.fixture
def office(local: Provided) -> Office:
    """What the parts of a running provider work with."""
    return local.provider.office


@pytest.fixture
async def other(tmp_path: Path) -> AsyncIterator[Provided]:
    """Another provider, under another root key, that has nothing yet."""
    folder = tmp_path / "other"
    folder.mkdir(mode=0o700)
    async with provided(folder, RootKey(bytes(32), "another test")) as running:
        yield running
