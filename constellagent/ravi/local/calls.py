"""Calls and voice agents, which the local provider does not offer: every route says so, to who may ask."""

from typing import NoReturn

from aiohttp import web

from constellagent.ravi.local.answers import ApiError
from constellagent.ravi.local.fences import narrow, scoped


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    agent = "/api/identities/{uuid}/voice-agent/"
    return [
        web.get("/api/calls/", refuse, allow_head=False),
        web.post("/api/calls/start/", refuse),
        web.post("/api/calls/{id}/hangup/", refuse),
        web.get("/api/calls/{id}/transcript/", refuse, allow_head=False),
        web.get(agent, refuse_agent, allow_head=False),
        web.put(agent, refuse_agent),
    ]


async def refuse(request: web.Request) -> NoReturn:
    """Refuse a call.

    Raises:
        ApiError: 501, or why the key may not ask.
    """
    await scoped(request)
    raise _not_offered()


async def refuse_agent(request: web.Request) -> NoReturn:
    """Refuse the voice agent of an identity.

    Raises:
        ApiError: 501, or why the key may not ask.
    """
    await narrow(request, await scoped(request), request.match_info["uuid"])
    raise _not_offered()


def _not_offered() -> ApiError:
    return ApiError(501, "calls.not_offered", "Calls are not offered by the local provider.")
