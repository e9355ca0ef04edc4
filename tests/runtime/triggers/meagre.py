"""A hosted provider that does no more than it must: it lists events that name their mail, and never waits."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web


class Meagre:
    """What it has, and what it was asked.

    Attributes:
        url: where it listens.
        events: what it lists, two at once.
        asked: from where on events were asked for.
        latest: how often it was asked where its events end, which it does not say.
    """

    def __init__(self) -> None:
        """Begin with three events of the past."""
        self.url = ""
        self.events = [self.event(seq) for seq in (3, 4, 9)]
        self.asked: list[int] = []
        self.latest = 0

    @staticmethod
    def event(seq: int) -> dict[str, Any]:
        """Return an event that names its mail and nothing more."""
        return {"id": f"e-{seq}", "seq": seq, "type": "email.message.received", "data": {"message_id": seq}}

    async def answer(self, request: web.Request) -> web.Response:
        """List events, or show the mail."""
        if "events" not in request.path:
            return web.json_response({"id": 12, "from_email": "boss@x.example", "subject": "go"})
        since = request.query["since"]
        if since == "latest":
            self.latest += 1
            return web.json_response({"events": []})
        self.asked.append(int(since))
        found = [event for event in self.events if event["seq"] > int(since)]
        return web.json_response({"events": found[:2]})


@asynccontextmanager
async def meagre() -> AsyncIterator[Meagre]:
    """Run one."""
    made = Meagre()
    app = web.Application()
    app.router.add_get("/{path:.*}", made.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield made
    finally:
        await runner.cleanup()
