"""Events that happen at will, a clock that goes when it is told to, and receivers of webhooks."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from constellagent.ravi.vault import RootKey
from tests.ravi.local.events.happenings import Agent, Clock, agent
from tests.ravi.local.events.receiver import Receiver, receiving
from tests.ravi.provided import Provided, provided


@pytest.fixture
def clock() -> Clock:
    """The clock of `timed`."""
    return Clock()


@pytest.fixture
async def timed(tmp_path: Path, root_key: RootKey, clock: Clock) -> AsyncIterator[Provided]:
    """A provider that goes by `clock`."""
    async with provided(tmp_path, root_key, now=clock) as running:
        yield running


@pytest.fixture
async def alice(local: Provided) -> Agent:
    """An identity."""
    return await agent(local)


@pytest.fixture
async def bob(local: Provided) -> Agent:
    """Another identity."""
    return await agent(local)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A real HTTP server that takes what is posted to it."""
    async with receiving() as running:
        yield running
