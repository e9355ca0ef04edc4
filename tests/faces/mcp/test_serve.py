"""The server as agents start it: a process of its own, spoken to with the protocol's official client."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import CallToolResult, TextContent

from constellagent.faces.mcp import serve
from constellagent.faces.mcp.fleet import Fleet
from constellagent.faces.mcp.login import Fence
from constellagent.faces.mcp.serve import Desks
from constellagent.faces.mcp.tool import Arguments, Tool
from constellagent.ravi.client import RaviClient
from constellagent.runtime.paths import Paths
from tests.faces.mcp.conftest import Agent, Crew
from tests.faces.mcp.test_text_messages import text
from tests.faces.web.house import ID
from tests.ravi.provided import Provided

PROGRAM = ["-m", "constellagent", "mcp"]


@asynccontextmanager
async def speaking(local: Provided, agent: Agent, folder: Path) -> AsyncIterator[ClientSession]:
    """Start the server as a session of this agent does, and speak to it."""
    env = {"RAVI_API_URL": local.url, "RAVI_API_KEY": agent.key}
    server = StdioServerParameters(command=sys.executable, args=PROGRAM, env=env, cwd=folder)
    with (folder / "stderr").open("w") as errors:
        async with stdio_client(server, errlog=errors) as streams, ClientSession(*streams) as session:
            await session.initialize()
            yield session


def told(result: Any) -> str:
    """Return the text of a result."""
    assert isinstance(result, CallToolResult)
    block = result.content[0]
    assert isinstance(block, TextContent)
    return block.text


async def test_two_agents_at_once_each_as_itself(
    local: Provided, alice: Agent, robert: Agent, tmp_path: Path
) -> None:
    """Each server speaks as its own session: one cannot reach what the other stored, by any id."""
    async with (
        speaking(local, alice, tmp_path) as hers,
        speaking(local, robert, tmp_path) as his,
    ):
        assert {tool.name for tool in (await hers.list_tools()).tools} == serve.TOOLS.keys()
        for session, agent in ((hers, alice), (his, robert)):
            found = await session.call_tool("ravi_get_email", {})
            assert found.structured_content["email"] == agent.address
            assert json.loads(told(found)) == found.structured_content
        made = await hers.call_tool("ravi_passwords_create", {"domain": "example.com"})
        uuid, password = made.structured_content["uuid"], made.structured_content["password"]
        refused = await his.call_tool("ravi_passwords_get", {"uuid": uuid})
        assert refused.is_error
        assert password not in told(refused)
        sent = await his.call_tool(
            "ravi_email_send", {"to": alice.address, "subject": "Hi", "body": "code 482913"}
        )
        assert not sent.is_error
        code = await hers.call_tool("ravi_otp", {"wait_seconds": 10})
        assert code.structured_content["code"] == "482913"
    assert (tmp_path / "stderr").read_text() == ""


async def test_a_long_wait_holds_up_nothing_and_can_be_given_up(
    local: Provided, alice: Agent, tmp_path: Path
) -> None:
    """While one call waits others are answered; one that is given up waits no more, and the end is quick."""
    async with speaking(local, alice, tmp_path) as session:
        await session.list_tools()
        waiting = asyncio.ensure_future(session.call_tool("ravi_inbox_sms", {"wait_seconds": 600}))
        async with asyncio.timeout(20):
            assert not (await session.call_tool("ravi_get_phone", {})).is_error
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await text(local, alice.phone, "too late for that call")
        found = await session.call_tool("ravi_inbox_sms", {"wait_seconds": 600})
        assert found.structured_content["messages"][0]["text"] == "too late for that call"
        begin = time.monotonic()
        asyncio.ensure_future(session.call_tool("ravi_inbox_email", {"wait_seconds": 600})).cancel()
    assert time.monotonic() - begin < 30


async def test_what_goes_wrong_is_told_to_the_model(local: Provided, alice: Agent, tmp_path: Path) -> None:
    """Unknown tools, bad arguments, a revoked key: each is a result that says what to do."""
    async with speaking(local, alice, tmp_path) as session:
        unknown = await session.call_tool("ravi_get_rich", {})
        assert "there is no tool 'ravi_get_rich'" in told(unknown)
        assert "needs key" in told(await session.call_tool("ravi_secrets_get", {}))
        (key,) = [
            row
            for row in (await local.ask("GET", "/api/auth/keys/identity/")).json()
            if row["identity"] == alice.uuid
        ]
        await local.ask("DELETE", f"/api/auth/keys/identity/{key['uuid']}/")
        refused = await session.call_tool("ravi_get_email", {})
        assert refused.is_error
        assert "was revoked" in told(refused)
        assert alice.key not in told(refused)


async def test_a_defect_does_not_end_the_server(alice: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tool that fails in an unforeseen way is an answer without the details, which are in the log."""

    async def broken(_: RaviClient, __: Arguments) -> dict[str, Any]:
        raise ZeroDivisionError("canary")

    monkeypatch.setattr(serve, "TOOLS", {"broken": Tool("broken", "breaks", broken, gives={})})
    result = await serve.call(Desks(Fence(alice.client)), "broken", {})
    assert result.is_error
    assert "ZeroDivisionError" in told(result)
    assert "canary" not in told(result)


def run(folder: Path, *words: str, **environ: str) -> "subprocess.CompletedProcess[bytes]":
    """Start the server with nothing on stdin."""
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), **environ}
    return subprocess.run(
        [sys.executable, *PROGRAM, *words],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )


def test_without_an_identity_it_does_not_serve(tmp_path: Path) -> None:
    """Outside of any session it says on stderr what is missing; stdout stays empty."""
    ran = run(tmp_path)
    assert (ran.returncode, ran.stdout) == (64, b"")
    assert b"no identity to speak as" in ran.stderr


def test_a_management_key_does_not_serve(tmp_path: Path) -> None:
    """A key for the whole account is refused before anything is said."""
    ran = run(tmp_path, RAVI_API_URL="http://127.0.0.1:1", RAVI_API_KEY="ravi_mgmt_canary")
    assert (ran.returncode, ran.stdout) == (64, b"")
    assert b"management key" in ran.stderr
    assert b"canary" not in ran.stderr


def test_it_ends_when_its_client_does(tmp_path: Path) -> None:
    """An empty stdin is the end, in order and in silence, also where the provider is away."""
    ran = run(tmp_path, RAVI_API_URL="http://127.0.0.1:1", RAVI_API_KEY="ravi_id_canary")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, b"", b"")


async def test_the_tools_that_are_offered(alice: Agent, crew: Crew, caplog: pytest.LogCaptureFixture) -> None:
    """An identity has its own; a fleet those that its token allows; nobody is told of tools of the other."""
    reads = {name for name, tool in serve.FLEET_TOOLS.items() if tool.reads}
    fence = Fence(alice.client)

    async def names(desks: Desks) -> set[str]:
        return {tool.name for tool in await desks.listed()}

    assert await names(Desks(fence)) == serve.TOOLS.keys()
    assert await names(Desks(fleet=crew.fleet)) == serve.FLEET_TOOLS.keys()
    reader = await crew.with_token("read")
    assert await names(Desks(fence, reader.fleet)) == serve.TOOLS.keys() | reads
    one = await crew.with_token("agent", agent="auth", constellation=ID)
    assert await names(Desks(fence, one.fleet)) == serve.TOOLS.keys()
    assert "auth alone" in caplog.text
    assert await names(Desks(fleet=Fleet(crew.house.settings.paths.api_socket, "cst_wrong"))) == set()


async def test_a_daemon_that_is_away_hides_no_tools(paths: Paths) -> None:
    """The list is asked for once, and the daemon may be back when a tool is used."""
    desks = Desks(fleet=Fleet(paths.api_socket))
    assert {tool.name for tool in await desks.listed()} == serve.FLEET_TOOLS.keys()
    found = await serve.call(desks, "fleet_list_agents", {})
    assert found.is_error
    assert "no API answers" in told(found)


async def test_each_desk_has_its_own_tools_only(alice: Agent, crew: Crew) -> None:
    """A tool of the other desk does not exist, and the model is told about what it has."""
    own, fleet = Desks(Fence(alice.client)), Desks(fleet=crew.fleet)
    assert "there is no tool" in told(await serve.call(own, "fleet_list_agents", {}))
    assert "there is no tool" in told(await serve.call(fleet, "ravi_get_email", {}))
    assert "fleet_" not in own.instructions
    assert "identity" not in fleet.instructions
    assert own.instructions in Desks(Fence(alice.client), crew.fleet).instructions


def test_a_session_needs_a_token_for_the_fleet(tmp_path: Path) -> None:
    """An identity's key, or being a session, is never enough; a token that is none is said to be none."""
    for inside in ({"RAVI_API_KEY": "ravi_id_canary"}, {"CONSTELLAGENT_SESSION": "s1"}):
        ran = run(tmp_path, "--fleet", RAVI_API_URL="http://127.0.0.1:1", **inside)
        assert (ran.returncode, ran.stdout) == (64, b"")
        assert b"with a token only" in ran.stderr
    ran = run(tmp_path, CONSTELLAGENT_TOKEN="cst_\nX: canary")
    assert (ran.returncode, ran.stdout) == (64, b"")
    assert b"holds no token" in ran.stderr
    assert b"canary" not in ran.stderr


def test_with_a_token_no_identity_is_needed(tmp_path: Path, paths: Paths) -> None:
    """It serves the fleet alone, also while the daemon is away, and never starts one."""
    ran = run(tmp_path, CONSTELLAGENT_TOKEN="cst_x", CONSTELLAGENT_HOME=str(paths.home))
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, b"", b"")
    assert not paths.control_socket.exists()
