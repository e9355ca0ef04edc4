"""Two identities with numbers."""

import pytest

from tests.ravi.local.phone.lines import Line, line
from tests.ravi.provided import Provided


@pytest.fixture
async def alice(local: Provided) -> Line:
    """An identity with a number."""
    return await line(local)


@pytest.fixture
async def bob(local: Provided) -> Line:
    """Another one."""
    return await line(local)
