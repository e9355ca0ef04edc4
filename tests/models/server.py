"""The server: one loopback port for all wire formats, and a memory of every request.

A wire format is a module with `ROUTES`: handlers that turn a request into a `Turn`, ask `Model.answer` what
to do, and write that down as their API streams it. It keeps no conversation: like the real ones it is told
the whole of it each time.
"""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Self

from aiohttp import web

from tests.models.orders import Answer, Turn, answer

FORMATS = ("anthropic", "responses", "chat", "gemini")
"""The modules beside this one that speak a wire format; each has `routes(model) -> list[web.RouteDef]`."""


@dataclass(slots=True)
class Model:
    """The model behind all formats.

    Attributes:
        port: where it listens.
        turns: what was asked, in order; requests for titles, summaries and the like too.
        requests: the bodies as they came, beside the path.
    """

    port: int = 0
    turns: list[Turn] = field(default_factory=list)
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    _runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Its address, without a path."""
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 << 20)
        for name in FORMATS:
            try:
                module = import_module(f"tests.models.{name}")
            except ModuleNotFoundError:
                continue
            app.add_routes(module.routes(self))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        listener = socket.socket()
        listener.bind(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        await web.SockSite(self._runner, listener).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def answer(self, path: str, body: dict[str, Any], turn: Turn) -> Answer:
        """Note a request and return what to answer; waits, and fails, where the prompt orders that."""
        self.requests.append((path, body))
        self.turns.append(turn)
        self.changed.set()
        found = answer(turn)
        if found.wait:
            await asyncio.sleep(min(found.wait, 3600.0))
        if found.status:
            raise _failure(found.status)
        return found

    async def until(self, holds: Callable[[list[Turn]], bool], patience: float = 60.0) -> None:
        """Wait until what was asked so far meets a condition."""
        async with asyncio.timeout(patience):
            while not holds(self.turns):
                self.changed.clear()
                await self.changed.wait()


def _failure(status: int) -> web.HTTPException:
    found = {429: web.HTTPTooManyRequests, 401: web.HTTPUnauthorized, 500: web.HTTPInternalServerError}
    text = '{"error": {"message": "as ordered", "type": "ordered"}}'
    return found.get(status, web.HTTPBadRequest)(text=text, content_type="application/json")
