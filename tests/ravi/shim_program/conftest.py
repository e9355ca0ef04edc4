"""The installed `ravi`, and two agents in whose sessions it runs."""

from pathlib import Path

import pytest

from tests.ravi.provided import Provided
from tests.ravi.shim_program.running import Agent, Shim, agent, installed


@pytest.fixture
def shim(tmp_path: Path) -> Shim:
    """The program, installed for this interpreter."""
    return installed(tmp_path)


@pytest.fixture
async def ada(shim: Shim, local: Provided) -> Agent:
    """An agent with an address and a number."""
    return await agent(shim, local, "ada")


@pytest.fixture
async def ben(shim: Shim, local: Provided) -> Agent:
    """Another agent."""
    return await agent(shim, local, "ben")
