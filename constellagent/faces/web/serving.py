"""The web face of a daemon as one thing that is opened and closed: all its parts, made and bound together."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from aiohttp import web

from constellagent.faces.web.access import ROUTES, Access
from constellagent.faces.web.admission import Admission
from constellagent.faces.web.dispatch import Desk
from constellagent.faces.web.entrances import unix_entrance
from constellagent.faces.web.face import TcpFace
from constellagent.faces.web.guard import Entrance
from constellagent.faces.web.limits import Failures
from constellagent.faces.web.live.board import Board
from constellagent.faces.web.logins import Logins
from constellagent.faces.web.openapi import document
from constellagent.faces.web.page import PageFiles
from constellagent.faces.web.routes import HELD, TABLE
from constellagent.faces.web.routing import Held, Route
from constellagent.faces.web.tokens import Tokens
from constellagent.runtime.clock import Clock, SystemClock
from constellagent.runtime.control import Control
from constellagent.runtime.settings import Settings

OPERATIONS: tuple[Route | Held, ...] = (*TABLE, *HELD)
"""All operations but those about access itself, which are bound to one daemon's tokens and logins."""


@cache
def description() -> dict[str, Any]:
    """Return the OpenAPI document of the whole API; nothing is opened for it."""
    return document((*ROUTES, *OPERATIONS))


@asynccontextmanager
async def serving(
    control: Control,
    settings: Settings,
    *,
    operations: Sequence[Route | Held] = OPERATIONS,
    clock: Clock | None = None,
    page: PageFiles | None = None,
) -> AsyncIterator[TcpFace]:
    """Serve the API at `Paths.api_socket`, and at a port too where the page is on, while the body runs.

    The caller holds the lock of the one daemon. On the way out no request is taken, and what is open ends.

    Raises:
        UnavailableError: the unix socket cannot be had. That the port cannot be is only said by the face.
    """
    clock, page = clock or SystemClock(), page or PageFiles()
    tokens, logins = Tokens(settings.paths.web, clock), Logins(settings.paths.web, clock)
    await tokens.load()
    await logins.load()
    board = Board(control)

    async def answer(entrance: Entrance, request: web.Request) -> web.StreamResponse:
        return await desk.answer(entrance, request)

    face = TcpFace(settings, answer)
    access = Access(face, page, tokens, logins, description, settings.paths.web)
    admission = Admission(tokens, logins, Failures(clock), clock)
    desk = Desk(control, board, admission, page, (*access.routes(), *operations))
    access.doorkeeper = desk
    try:
        async with unix_entrance(answer, settings.paths.api_socket):
            await face.start()
            try:
                yield face
            finally:
                await desk.close()
                await board.close()
                await face.close()
    finally:
        await board.close()
