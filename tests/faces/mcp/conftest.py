"""Two agents with identities at a provider that really listens, each with its own tools; and a fleet."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from constellagent.faces.mcp import serve
from constellagent.faces.mcp.fleet import Fleet
from constellagent.faces.mcp.login import Fence
from constellagent.faces.mcp.serve import Desks
from constellagent.ravi.client import RaviClient
from constellagent.ravi.vault import RootKey
from constellagent.runtime.settings import Settings
from tests.faces.fake_control import FakeControl
from tests.faces.web.house import House, housing
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
        result = await serve.call(Desks(Fence(self.client)), name, arguments)
        assert not result.is_error, result.content
        jsonschema.validate(result.structured_content, serve.TOOLS[name].output_schema())
        found: dict[str, Any] = result.structured_content
        return found

    async def fail(self, name: str, **arguments: Any) -> str:
        """Use a tool that must fail, and return what the model is told."""
        result = await serve.call(Desks(Fence(self.client)), name, arguments)
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


@dataclass(frozen=True, slots=True)
class Crew:
    """A model that uses the tools of the fleet, against a real API with a fake daemon behind it."""

    house: House
    fleet: Fleet

    @property
    def control(self) -> FakeControl:
        """The fake daemon."""
        return self.house.control

    async def use(self, name: str, **arguments: Any) -> dict[str, Any]:
        """Use a tool that must succeed, and whose result must be as its schema says."""
        result = await serve.call(Desks(fleet=self.fleet), name, arguments)
        assert not result.is_error, result.content
        jsonschema.validate(result.structured_content, serve.FLEET_TOOLS[name].output_schema())
        found: dict[str, Any] = result.structured_content
        return found

    async def fail(self, name: str, **arguments: Any) -> str:
        """Use a tool that must fail, and return what the model is told."""
        result = await serve.call(Desks(fleet=self.fleet), name, arguments)
        assert result.is_error
        return str(getattr(result.content[0], "text"))  # noqa: B009 - a block of another kind must fail the test

    def asked(self, method: str) -> list[dict[str, Any]]:
        """Return with what the daemon was asked for something."""
        return [given for name, given in self.control.asked if name == method]

    async def with_token(self, scope: str, **more: Any) -> "Crew":
        """Return a model whose server has such a token."""
        token = await self.house.token(scope, **more)
        return Crew(self.house, Fleet(self.house.settings.paths.api_socket, token))


@pytest.fixture
async def crew(home: Settings) -> AsyncIterator[Crew]:
    """A model of the person: two constellations, `acme` with docs and auth, `other` with docs."""
    async with housing(home, on=False) as house:
        yield Crew(house, Fleet(home.paths.api_socket))
