"""`constellagent mcp`: the identity of a session as tools for a model, over stdin and stdout."""

import os
import sys
from pathlib import Path

from constellagent.errors import UsageError


def mcp() -> int:
    """Offer the identity of this session to a model, as an MCP server on stdin and stdout.

    Agents start it by themselves: put `constellagent mcp` into their list of MCP servers. It speaks as the
    identity of the session or worktree that it is started in, and as no other.
    """
    import asyncio
    import logging

    from constellagent.faces.mcp.login import find

    if sys.stdin.isatty():
        raise UsageError(
            "an MCP server speaks to a program, and stdin is a terminal",
            hint='add {"command": "constellagent", "args": ["mcp"]} to the agent\'s MCP servers',
        )
    login = find(os.environ, Path.cwd())
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )
    asyncio.run(_serve(login.url, login.key))
    return 0


async def _serve(url: str, key: str) -> None:
    from constellagent.faces.mcp.serve import serve
    from constellagent.ravi.client import RaviClient

    async with RaviClient(url, key) as client:
        await serve(client)
