"""`constellagent mcp`: a session's identity, and the fleet, as tools for a model, over stdin and stdout."""

import os
import sys
from typing import TYPE_CHECKING, Annotated

from constellagent.errors import UsageError
from constellagent.faces.cli.declare import Option
from constellagent.faces.cli.place import current
from constellagent.faces.cli.reach import daemon

if TYPE_CHECKING:
    from constellagent.faces.mcp.fleet import Fleet
    from constellagent.ravi.shim_program.login import Login

TOKEN = "CONSTELLAGENT_TOKEN"  # noqa: S105 - the name of the variable
"""The variable with a token of `constellagent token create`, which opens the fleet as far as it allows."""


def mcp(
    *,
    fleet: Annotated[
        bool,
        Option(("--fleet",), "Offer all agents of this machine, as the person who starts it."),
    ] = False,
) -> int:
    """Offer the identity of this session to a model, as an MCP server on stdin and stdout.

    Agents start it by themselves: put `constellagent mcp` into their list of MCP servers. It speaks as the
    identity of the session or worktree that it is started in, and as no other.

    With a token of scope read or admin in CONSTELLAGENT_TOKEN it also offers the fleet: list agents, read
    screens, wait, diff, and with admin send, run and stop. With --fleet a person needs no token for that; an
    agent's session always does.
    """
    import asyncio
    import logging

    if sys.stdin.isatty():
        raise UsageError(
            "an MCP server speaks to a program, and stdin is a terminal",
            hint='add {"command": "constellagent", "args": ["mcp"]} to the agent\'s MCP servers',
        )
    login, crew = _login(fleet=fleet), _fleet(fleet=fleet)
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )
    asyncio.run(_serve(login, crew))
    return 0


def _login(*, fleet: bool) -> "Login | None":
    """Return as whom to speak; a person who asks for the fleet speaks as no agent."""
    from constellagent.faces.mcp.login import find

    token = bool(os.environ.get(TOKEN, "").strip())
    return None if fleet and not token else find(os.environ, current(), needed=not token)


def _fleet(*, fleet: bool) -> "Fleet | None":
    """Return the fleet as far as the caller may have it.

    Raises:
        UsageError: an agent's session asks for it without a token, or the token is none.
    """
    from constellagent.faces.mcp.fleet import Fleet
    from constellagent.runtime.paths import locate

    if token := os.environ.get(TOKEN, "").strip():
        if not (token.isascii() and token.isprintable()):
            raise UsageError(f"{TOKEN} holds no token", hint="`constellagent token create NAME` prints one")
        return Fleet(locate().api_socket, token)
    if not fleet:
        return None
    if os.environ.get("CONSTELLAGENT_SESSION") or os.environ.get("RAVI_API_KEY"):
        raise UsageError(
            "an agent's session reaches the fleet with a token only",
            hint=f"a person makes one with `constellagent token create NAME --scope read`, for {TOKEN}",
        )
    with daemon():  # it runs now, and so does its API
        return Fleet(locate().api_socket)


async def _serve(login: "Login | None", fleet: "Fleet | None") -> None:
    from contextlib import AsyncExitStack

    from constellagent.faces.mcp.login import Fence
    from constellagent.faces.mcp.serve import Desks, serve
    from constellagent.ravi.client import RaviClient

    async with AsyncExitStack() as stack:
        fence = None
        if login is not None:
            fence = Fence(await stack.enter_async_context(RaviClient(login.url, login.key)))
        await serve(Desks(fence, fleet))
