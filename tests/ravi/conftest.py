"""A provider that really listens, and who may speak to it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from constellagent.ravi.client import RaviClient
from constellagent.ravi.vault import RootKey
from tests.ravi.provided import Provided, provided


@pytest.fixture
def root_key() -> RootKey:
    """A root key that is the same in every test."""
    return RootKey(bytes(range(32)), "a test")


@pytest.fixture
async def local(tmp_path: Path, root_key: RootKey) -> AsyncIterator[Provided]:
    """A local provider that listens on a free port."""
    async with provided(tmp_path, root_key) as running:
        yield running


@pytest.fixture
async def client(local: Provided) -> AsyncIterator[RaviClient]:
    """Our own client with the management key."""
    async with RaviClient(local.url, local.key) as opened:
        yield opened
