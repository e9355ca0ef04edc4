"""Requests that wait for news, and how a provider that stops lets them go at once."""

import asyncio

from aiohttp import web

from constellagent.ravi.local.bell import Bell


class Waits:
    """Everything that waits on behalf of a request; made on the event loop that waits.

    Attributes:
        over: the provider stops, so nothing waits any more.
    """

    def __init__(self) -> None:
        self.over = False
        self._deadlines: set[asyncio.Timeout] = set()

    async def hear(self, bell: Bell, identity: int | None, count: int, seconds: float) -> bool:
        """Wait as `bell.after` does; False also where the provider stops first."""
        if self.over:
            return False
        try:
            async with asyncio.timeout(None) as deadline:
                self._deadlines.add(deadline)
                return await bell.after(identity, count, seconds)
        except TimeoutError:
            return False
        finally:
            self._deadlines.discard(deadline)

    def end(self) -> None:
        """Let everything go that waits now, or comes to wait later."""
        self.over = True
        for deadline in self._deadlines:
            deadline.reschedule(asyncio.get_running_loop().time())


WAITS: web.AppKey[Waits] = web.AppKey("waits", Waits)


def attach(app: web.Application) -> None:
    """Let requests of this application wait until it shuts down."""
    app[WAITS] = Waits()
    app.on_shutdown.append(_end)


async def _end(app: web.Application) -> None:
    app[WAITS].end()
