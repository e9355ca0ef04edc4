"""A daemon in this process, over a real repository: what the tests of the composition work with."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

from constellagent.runtime.control import AgentView, ApplyRequest, ApplyResult, PlanReply, PlanRequest
from constellagent.runtime.daemon import Daemon
from constellagent.runtime.settings import Settings


class Working:
    """A daemon and one constellation file in a repository with one commit."""

    def __init__(self, daemon: Daemon, repo: Path) -> None:
        """Use a started daemon."""
        self.daemon = daemon
        self.repo = repo
        self.events: list[dict[str, Any]] = []

    @property
    def file(self) -> str:
        """The constellation's file."""
        return str(self.repo / "constellation.yaml")

    def declare(self, agents: str, rest: str = "") -> None:
        """Write the file: the block below `agents:`, and whatever else."""
        Path(self.file).write_text(f"version: 1\nname: test\n{rest}agents:\n{agents}")

    async def plan(self, **options: Any) -> PlanReply:
        """Plan."""
        request = cast("PlanRequest", {"file": self.file, "env_names": ["PATH"], **options})
        return await self.daemon.plan(request)

    async def apply(self, **options: Any) -> ApplyResult:
        """Approve what the file says now, and apply it."""
        reply = await self.plan()
        env = {"PATH": "/usr/local/bin:/usr/bin:/bin", **options.pop("env", {})}
        request = {"file": self.file, "approved": reply["content_hash"], "env": env, **options}
        return await self.raw_apply(cast("ApplyRequest", request))

    async def raw_apply(self, request: ApplyRequest) -> ApplyResult:
        """Apply exactly this, collecting the events."""
        self.events = []
        async for item in self.daemon.apply(request):
            if "event" in item:
                self.events.append(item["event"])
            else:
                return cast("ApplyResult", item["result"])
        raise AssertionError("the stream ended without a result")

    async def agent(self, name: str) -> AgentView:
        """Return one agent's row of the status."""
        (view,) = await self.daemon.status(self.file)
        return next(agent for agent in view["agents"] if agent["name"] == name)

    async def until(self, name: str, state: str) -> AgentView:
        """Wait until the agent is in that state; the registry's own watchers bring it about."""
        async with asyncio.timeout(30):
            while (agent := await self.agent(name))["state"] != state:
                await asyncio.sleep(0.02)
        return agent

    def git(self, *args: str, cwd: Path | None = None) -> str:
        """Run git in the repository."""
        done = subprocess.run(
            ["git", *args], cwd=cwd or self.repo, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()


@asynccontextmanager
async def working(settings: Settings, repo: Path) -> AsyncIterator[Working]:
    """Start a daemon over `repo` (made here where it is not there), and end all its sessions afterwards."""
    if not repo.exists():
        repo.mkdir()
        for args in (
            ["init", "-q", "-b", "main"],
            ["config", "user.name", "Test"],
            ["config", "user.email", "test@example.com"],
            ["commit", "-q", "--allow-empty", "-m", "first"],
        ):
            subprocess.run(["git", *args], cwd=repo, check=True)
    lab = Working(Daemon(settings), repo)
    try:
        await lab.daemon.start()
        try:
            yield lab
        finally:
            await lab.daemon.shutdown(stop_sessions=True)
    finally:
        await lab.daemon.close()
