"""A daemon with two agents that have identities, asked as a person asks it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from constellagent.ravi.client import RaviClient
from constellagent.runtime.identity_views import AuditView, IdentityRequest
from constellagent.runtime.settings import Settings
from tests.runtime.working import Working, working

AGENTS = "".join(f"  {name}: {{command: [sleep, '1000'], autostart: false}}\n" for name in ("one", "two"))
DECLARED = "identities: {provider: local, domain: a.test, phone: true}\n"


@dataclass
class Asking:
    """A person, and a daemon to ask."""

    lab: Working

    async def about(self, agent: str, action: str, **more: Any) -> Any:
        """Ask about the identity of one agent."""
        request: dict[str, Any] = {"file": self.lab.file, "agent": agent, "action": action, **more}
        return await self.lab.daemon.identity(IdentityRequest(**request))  # type: ignore[typeddict-item] # a test names real keys

    async def told(self, agent: str) -> list[tuple[str, str, str]]:
        """Return who did what, about what, with the identity of an agent, oldest first."""
        lines: list[AuditView] = await self.lab.daemon.audit(
            {"file": self.lab.file, "agent": agent, "after": {}, "limit": 1000}
        )
        return [(line["actor"], line["action"], line["about"]) for line in lines]

    async def as_agent(self, agent: str) -> RaviClient:
        """Return a client with a key of the agent's own."""
        found = await self.about(agent, "show")
        provider = self.lab.daemon._provider
        async with RaviClient(provider.url, await provider.management_key()) as managing:
            key = await managing.create_identity_key(found["uuid"], "test")
        return RaviClient(provider.url, key.key.get_secret_value())


@pytest.fixture
async def asking(home: Settings, tmp_path: Path) -> AsyncIterator[Asking]:
    """Two agents, applied and not running."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(AGENTS, DECLARED)
        result = await lab.apply()
        assert result["exit_code"] == 0, result
        yield Asking(lab)
