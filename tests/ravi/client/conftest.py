"""Two identities, and our own client with the key of each."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from constellagent.ravi.client import RaviClient
from tests.ravi.provided import Provided


async def opened(local: Provided, name: str) -> tuple[dict[str, Any], RaviClient]:
    """Make an identity with a number and return its row and a client with its key."""
    row = await local.identity(name=name, email_identifier=name, provision_phone=True)
    return row, RaviClient(local.url, await local.identity_key(row["uuid"]))


@pytest.fixture
async def alice(local: Provided) -> AsyncIterator[RaviClient]:
    """A client with the key of alice@constellagent.test."""
    _, client = await opened(local, "alice")
    async with client:
        yield client


@pytest.fixture
async def robert(local: Provided) -> AsyncIterator[RaviClient]:
    """A client with the key of robert@constellagent.test."""
    _, client = await opened(local, "robert")
    async with client:
        yield client
