"""Two agents with identities at a provider that really listens, each with its own tools."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from constellagent.faces.mcp import serve
from constellagent.faces.mcp.login import Fence
from constellagent.ravi.client import RaviClient
from constellagent.ravi.vault import RootKey
from tests.ravi.provided import Provided, provided


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent that uses tools in this process."""

    uuid: str
    address: str
    phone: str
    key: str = field(repr=False)
    client: RaviClient

    async def use(self, name: str, **arguments: Any) -> dict[str, Any]:
        """Use a tool that must succeed, and whose result must be as its schema says."""
        result = await serve.call(Fence(self.client), name, arguments)
        assert not result.is_error, result.content
        jsonschema.validate(result.structured_content, serve.TOOLS[name].output_schema())
        found: dict[str, Any] = result.structured_content
        return found

    async def fail(self, name: str, **arguments: Any) -> str:
        """Use a tool that must fail, and return what the model is told."""
        result = await serve.call(Fence(self.client), name, arguments)
        assert result.is_error
        assert result.structured_content is None
        return str(getattr(result.content[0], "text"))  # noqa: B009 - a block of another kind must fail the test


@pytest.fixture
async def local(tmp_path: Path) -> AsyncIterator[Provided]:
    """A local provider that listens on a free port."""
    async with provided(tmp_path, RootKey(bytes(range(32)), "a test")) as running:
        yield running


async def hired(local: Provided, name: str, *, phone: bool = True) -> Agent:
    """Make an identity and give it to an agent."""
    row = await local.identity(name=name, email_identifier=name, provision_phone=phone)
    key = await local.identity_key(row["uuid"])
    return Agent(row["uuid"], row["inbox"], row["phone"] or "", key, RaviClient(local.url, key))


@pytest.fixture
async def alice(local: Provided) -> AsyncIterator[Agent]:
    """One agent."""
    agent = await hired(local, "alice")
    yield agent
    await agent.client.close()


@pytest.fixture
async def robert(local: Provided) -> AsyncIterator[Agent]:
    """The other agent, without a number."""
    agent = await hired(local, "robert", phone=False)
    yield agent
    await agent.client.close()
