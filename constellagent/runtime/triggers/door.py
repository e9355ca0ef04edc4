"""Where signed posts come in: a small HTTP server on this machine, and nothing but `POST /hooks/<id>/<name>`.

A web page in the user's browser can reach this port too, so what does not name this machine, or comes with an
`Origin`, is refused before anything is read. What is on its way is refused in order of its cost: by name,
by how often, by size, and only then by signature.
"""

import asyncio
import json
import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import hdrs, web

from constellagent.errors import ConstellagentError, UnavailableError
from constellagent.ravi.local.guard import connection_log
from constellagent.ravi.private_files import read_private, write_private
from constellagent.runtime.triggers.hooks import Name, Post, Reply

HOST = "127.0.0.1"
_NAMES = (HOST, "localhost", "[::1]")
FILE = "hooks.json"
"""What keeps the port, below the state folder: senders know it."""

LARGEST = 1 << 20
"""Bytes of a body."""

PATIENCE = 20.0
"""Seconds in which a body must have come."""

_log = logging.getLogger(__name__)

Admit = Callable[[Name], float]
Take = Callable[[Post], Awaitable[Reply]]


class Door:
    """The server. It can be opened and closed again."""

    def __init__(self, folder: Path, port: int, admit: Admit, take: Take) -> None:
        """`port` 0 means the one of last time, which `folder` keeps, or any free one."""
        self._folder = folder
        self._wanted = port
        self._admit = admit
        self._take = take
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """Where it listens, empty where it does not."""
        return f"http://{HOST}:{self._port}" if self._runner is not None else ""

    async def open(self) -> None:
        """Listen; harmless where it does.

        Raises:
            UnavailableError: the port that the settings name is taken.
            ConstellagentError: the port cannot be kept.
        """
        if self._runner is not None:
            return
        app = web.Application(middlewares=[self._guarded], client_max_size=LARGEST)
        app.router.add_post("/hooks/{constellation}/{name}", self._post)
        app.on_response_prepare.append(_without_server)
        # The body is signed as it was sent, so nothing may unpack it.
        runner = web.AppRunner(
            app,
            access_log=None,
            logger=connection_log(__name__),
            shutdown_timeout=1.0,
            auto_decompress=False,
        )
        await runner.setup()
        try:
            self._port = await self._listen(runner)
            await self._keep(self._port)
        except BaseException:
            await runner.cleanup()
            raise
        self._runner = runner

    async def close(self) -> None:
        """Listen no more; harmless where it does not."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def _listen(self, runner: web.AppRunner) -> int:
        kept = self._wanted or await self._kept()
        try:
            await web.TCPSite(runner, HOST, kept).start()
        except OSError as error:
            if self._wanted or not kept:
                raise UnavailableError(
                    f"webhooks cannot be taken on port {kept}: {os.strerror(error.errno or 0)}",
                    hint="end what uses the port, or set CONSTELLAGENT_HOOKS_PORT to another",
                ) from error
            _log.warning("port %d for webhooks is taken; who posts to it must be told another", kept)
            await web.TCPSite(runner, HOST, 0).start()
        return int(runner.addresses[0][1])

    async def _kept(self) -> int:
        """Return the port of last time, 0 where that is not known."""
        data = await asyncio.to_thread(read_private, self._folder, FILE)
        try:
            port = json.loads(data or b"{}").get("port", 0)
        except (ValueError, RecursionError, AttributeError):
            return 0
        return port if isinstance(port, int) and 0 < port < 65536 else 0

    async def _keep(self, port: int) -> None:
        data = json.dumps({"port": port}).encode() + b"\n"
        await asyncio.to_thread(write_private, self._folder, FILE, data)

    @web.middleware
    async def _guarded(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Let nothing pass that names another host or comes from a web page; answer everything as JSON."""
        hosts = [host.lower() for host in request.headers.getall(hdrs.HOST, [])]
        if len(hosts) != 1 or hosts[0] not in {f"{name}:{self._port}" for name in _NAMES}:
            return _answer(Reply(403, {"error": f"This answers as {HOST}:{self._port} only."}))
        if hdrs.ORIGIN in request.headers:
            return _answer(Reply(403, {"error": "This does not answer web pages."}))
        try:
            return await handler(request)
        except web.HTTPException as error:
            answer = _answer(Reply(error.status, {"error": f"{error.reason}."}))
            if hdrs.ALLOW in error.headers:
                answer.headers[hdrs.ALLOW] = error.headers[hdrs.ALLOW]
            return answer
        except ConnectionError:
            raise  # the sender has left: nobody wants an answer, and it is no news
        except ConstellagentError as error:
            _log.error("a post failed: %s", error.message)
        except Exception:  # noqa: BLE001 - the sender must get an answer, whatever failed
            _log.exception("a post failed")
        return _answer(Reply(503, {"error": "This cannot be done now; see the daemon's log."}, 5.0))

    async def _post(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["constellation"], request.match_info["name"]
        wait = self._admit(name)
        if wait:
            return _answer(Reply(429, {"error": "There were too many posts; wait."}, wait))
        try:
            async with asyncio.timeout(PATIENCE):
                body = await request.read()
        except TimeoutError:
            return _answer(Reply(408, {"error": "The body did not come in time."}))
        return _answer(await self._take(Post(name, _single(request), body)))


def _single(request: web.Request) -> dict[str, str]:
    """Return the headers that came once: of one that came twice nobody could say which is meant."""
    found = {name.lower(): request.headers.getall(name) for name in request.headers}
    return {name: values[0] for name, values in found.items() if len(values) == 1}


def _answer(reply: Reply) -> web.Response:
    headers = {"Retry-After": str(int(reply.again) + 1)} if reply.again else None
    return web.json_response(dict(reply.content), status=reply.status, headers=headers)


async def _without_server(_: web.BaseRequest, response: web.StreamResponse) -> None:
    """Say nothing about the software, and let nothing be kept by a cache."""
    response.headers.pop(hdrs.SERVER, None)
    response.headers[hdrs.CACHE_CONTROL] = "no-store"
    response.headers[hdrs.X_CONTENT_TYPE_OPTIONS] = "nosniff"
