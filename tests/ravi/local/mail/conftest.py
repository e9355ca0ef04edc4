"""Two identities that can have mail, and a bare connection over which it comes."""

from collections.abc import AsyncIterator

import pytest

from tests.ravi.local.mail.letters import Owner, owner
from tests.ravi.local.mail.talking import Talk, smtp_port, talk
from tests.ravi.provided import Provided


@pytest.fixture
async def docs(local: Provided) -> Owner:
    """The identity that most tests are about."""
    return await owner(local, "docs")


@pytest.fixture
async def other(local: Provided) -> Owner:
    """An identity that must see nothing of the first one."""
    return await owner(local, "other")


@pytest.fixture
async def line(docs: Owner) -> AsyncIterator[Talk]:
    """A bare connection to the provider."""
    async with talk(await smtp_port(docs.office)) as opened:
        yield opened
