"""A real HTTP server to which webhooks post, and which answers as it is told to."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.ravi.local.events.happenings import until

Answer = Callable[["Post"], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Post:
    """One post as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes
    request: web.Request = field(repr=False)

    @property
    def event(self) -> dict[str, Any]:
        """What was posted."""
        event: dict[str, Any] = json.loads(self.body)
        return event

    @property
    def seq(self) -> int:
        """The number of the event."""
        return int(self.event["seq"])


async def accept(_: Post) -> web.StreamResponse:
    """Answer that all is well."""
    return web.Response(text="thanks")


def refuse(status: int, text: str = "no") -> Answer:
    """Answer with a status."""

    async def answer(_: Post) -> web.StreamResponse:
        return web.Response(status=status, text=text)

    return answer


@dataclass(slots=True)
class Receiver:
    """What came in, and how it is answered."""

    url: str = ""
    answer: Answer = accept
    posts: list[Post] = field(default_factory=list)

    async def got(self, count: int) -> list[Post]:
        """Wait until so many posts came in."""
        await until(lambda: len(self.posts) >= count)
        return self.posts

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Take a post."""
        post = Post(request.path_qs, dict(request.headers), await request.read(), request)
        self.posts.append(post)
        return await self.answer(post)


@asynccontextmanager
async def receiving(certificate: ssl.SSLContext | None = None, port: int = 0) -> AsyncIterator[Receiver]:
    """Run a receiver, over TLS where it has a certificate."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port, ssl_context=certificate).start()
        scheme = "https" if certificate else "http"
        receiver.url = f"{scheme}://127.0.0.1:{runner.addresses[0][1]}/hook"
        yield receiver
    finally:
        await runner.cleanup()
        await asyncio.sleep(0)
