"""Every operation of the API that asks `Control`, one module per area; each hands its questions on."""

from constellagent.faces.web.live.frames import LiveFrame
from constellagent.faces.web.live.watching import SinceQuery, events, live
from constellagent.faces.web.routes import (
    applying,
    auditing,
    belonging,
    commenting,
    fleet,
    reviewing,
    scheduling,
    sessions,
    working,
)
from constellagent.faces.web.routing import Held, Route
from constellagent.faces.web.terminal.shapes import TerminalMessage, TerminalQuery
from constellagent.faces.web.terminal.visit import terminal

TABLE: tuple[Route, ...] = (
    *fleet.ROUTES,
    *applying.ROUTES,
    *sessions.ROUTES,
    *reviewing.ROUTES,
    *working.ROUTES,
    *commenting.ROUTES,
    *scheduling.ROUTES,
    *belonging.ROUTES,
    *auditing.ROUTES,
)
"""The operations that answer once."""

HELD: tuple[Held, ...] = (
    Held(
        "/events",
        "events",
        events,
        "Follow what changes, as a stream of events",
        LiveFrame,
        SinceQuery,
        own=True,
    ),
    Held(
        "/live", "websocket", live, "Follow what changes, over a WebSocket", LiveFrame, SinceQuery, own=True
    ),
    Held(
        "/constellations/{constellation}/sessions/{subject}/terminal",
        "websocket",
        terminal,
        "Look at a terminal, and type into it",
        TerminalMessage,
        TerminalQuery,
    ),
)
"""The operations whose connection stays open."""
