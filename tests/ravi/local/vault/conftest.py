"""Two identities whose vaults hold something."""

from typing import Any

import pytest

from tests.ravi.local.vault.stocked import Stocked, stocked
from tests.ravi.provided import Provided


@pytest.fixture
async def pair(local: Provided) -> tuple[Stocked, Stocked]:
    """Two identities, each with five logins and five secrets, some of them changed."""
    return await stocked(local, "first"), await stocked(local, "second")


@pytest.fixture
async def docs(local: Provided) -> dict[str, Any]:
    """An identity with an empty vault, and its key."""
    row = await local.identity(name="docs", email_identifier="docs")
    return {**row, "key": await local.identity_key(row["uuid"])}
