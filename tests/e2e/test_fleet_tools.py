"""The fleet as tools, over a real daemon with real agents, spoken to with the protocol's official client."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

from constellagent.faces.mcp.serve import FLEET_TOOLS, TOOLS
from tests.e2e.api.served import READER, Served
from tests.reliability.lab import git


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """Give a place with two agents that show what they are given."""
    with Served(agents=0) as place:
        place.write(f"agents:\n  docs: {READER}\n  code: {READER}\n")
        place.open()
        yield place


@asynccontextmanager
async def speaking(
    place: Served, *words: str, folder: Path | None = None, **env: str
) -> AsyncIterator[ClientSession]:
    """Start the server as a program does, and speak to it."""
    argv = ["-m", "constellagent", "mcp", *words]
    server = StdioServerParameters(
        command=sys.executable, args=argv, env=place.environment(**env), cwd=folder or place.folder
    )
    with (place.folder / "stderr").open("a") as errors:
        async with stdio_client(server, errlog=errors) as streams, ClientSession(*streams) as session:
            await session.initialize()
            yield session


async def use(speaker: ClientSession, name: str, /, **given: Any) -> dict[str, Any]:
    """Use a tool that must succeed."""
    result = await speaker.call_tool(name, given)
    assert not result.is_error, result.content
    found: dict[str, Any] = result.structured_content
    return found


async def refusal(speaker: ClientSession, name: str, /, **given: Any) -> str:
    """Use a tool that must fail, and return what is told."""
    result = await speaker.call_tool(name, given)
    assert result.is_error, result.structured_content
    return str(getattr(result.content[0], "text"))  # noqa: B009 - a block of another kind must fail the test


async def screen(speaker: ClientSession, agent: str) -> str:
    """Return what an agent's terminal shows."""
    return str((await use(speaker, "fleet_read_screen", agent=agent))["text"])


async def names(session: ClientSession) -> set[str]:
    """Return the tools that are offered."""
    return {tool.name for tool in (await session.list_tools()).tools}


async def test_a_whole_round(served: Served) -> None:
    """With a token of scope admin: list, send, see it on the screen, see a change, run, wait, stop."""
    async with speaking(served, CONSTELLAGENT_TOKEN=served.api.admin) as session:
        assert await names(session) == FLEET_TOOLS.keys()
        found = await use(session, "fleet_list_agents")
        assert sorted((one["name"], one["live"]) for one in found["agents"]) == [
            ("code", True),
            ("docs", True),
        ]
        sent = await use(session, "fleet_send", agent="docs", text="h\u00e9llo fleet")
        assert sent["sent_at"] > 0
        async with asyncio.timeout(60):
            while "got <h\u00e9llo fleet>" not in await screen(session, "docs"):
                await asyncio.sleep(0.05)
        (served.tree_of("docs") / "new.txt").write_text("a line\n")
        git(served.tree_of("docs"), "add", "new.txt")
        changed = await use(session, "fleet_diff", agent="docs", patch=True)
        assert [one["path"] for one in changed["files"]] == ["new.txt"]
        assert "+a line" in changed["patch"]
        run = await use(session, "fleet_run", agent="code", prompt="tidy up")
        assert run["live"]
        waited = await use(session, "fleet_wait", agent="code", session=run["session"], wait_seconds=0)
        assert not waited["reached"]
        await use(session, "fleet_stop", agent="code", session=run["session"])
        waited = await use(session, "fleet_wait", agent="code", session=run["session"], wait_seconds=30)
        assert (waited["reached"], waited["live"]) == (True, False)


async def test_a_token_for_looking(served: Served) -> None:
    """It lists and reads, is offered nothing that acts, and is refused by the daemon where it tries."""
    async with speaking(served, CONSTELLAGENT_TOKEN=served.api.token("read")) as session:
        assert await names(session) == {name for name, tool in FLEET_TOOLS.items() if tool.reads}
        before = await screen(session, "code")
        assert "looking only" in await refusal(session, "fleet_send", agent="code", text="rm -rf")
        assert "looking only" in await refusal(session, "fleet_run", agent="code", prompt="x")
        assert "looking only" in await refusal(session, "fleet_stop", agent="code")
        assert await screen(session, "code") == before


async def test_an_agent_has_the_fleet_by_a_token_only(served: Served) -> None:
    """Its identity's own tools are there without one; with one of its own it still has no fleet."""
    own = served.api.token("agent", agent="docs", constellation="lab")
    for env, offered in (
        ({}, TOOLS.keys()),
        ({"CONSTELLAGENT_TOKEN": own}, TOOLS.keys()),
        ({"CONSTELLAGENT_TOKEN": served.api.admin}, TOOLS.keys() | FLEET_TOOLS.keys()),
    ):
        inside = {"CONSTELLAGENT_SESSION": "s1", **env}
        async with speaking(served, folder=served.tree_of("docs"), **inside) as session:
            assert await names(session) == offered
            assert "docs" in (await use(session, "ravi_get_email"))["email"]


async def test_the_person_needs_no_token(served: Served) -> None:
    """With --fleet whoever starts it outside of a session sees and acts as themselves."""
    async with speaking(served, "--fleet") as session:
        assert await names(session) == FLEET_TOOLS.keys()
        assert len((await use(session, "fleet_list_agents", constellation="lab"))["agents"]) == 2
    refused = served.run("mcp", "--fleet", check=None, CONSTELLAGENT_SESSION="s1")
    assert refused.returncode == 64
    assert "with a token only" in refused.stderr


async def test_a_token_that_was_revoked(served: Served) -> None:
    """From then on it opens nothing, in a server that already runs too."""
    made = served.api.own("POST", "/tokens", {"name": "short", "scope": "read"}).json
    async with speaking(served, CONSTELLAGENT_TOKEN=made["token"]) as session:
        await use(session, "fleet_list_agents")
        served.api.own("DELETE", f"/tokens/{made['id']}")
        said = await refusal(session, "fleet_list_agents")
        assert "lets nobody in" in said
        assert made["token"] not in said
