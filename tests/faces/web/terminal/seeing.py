"""Somebody who looks at a terminal over its WebSocket, as the page does."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

import aiohttp

from constellagent.runtime.control import SessionView
from tests.faces.fake_control import session_view
from tests.faces.web.asking import BASE, ONE, Api
from tests.runtime.holder.conftest import Session


def shown(session: Session, **changes: Any) -> SessionView:
    """Return a real session as the daemon shows it."""
    return session_view(id=session.id, socket=str(session.socket), log=str(session.folder / "log"), **changes)


class Seeing:
    """One connection; `output` is all that the program wrote, `said` all text messages."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, *, acknowledges: bool = True) -> None:
        self.socket = socket
        self.output = b""
        self.said: list[dict[str, Any]] = []
        self._acknowledges = acknowledges

    async def next(self) -> bool:
        """Take one message; False where there are no more."""
        message = await self.socket.receive(timeout=30)
        if message.type is aiohttp.WSMsgType.BINARY:
            self.output += message.data
            if self._acknowledges:
                await self.socket.send_json({"type": "ack", "bytes": len(message.data)})
        elif message.type is aiohttp.WSMsgType.TEXT:
            self.said.append(json.loads(message.data))
        else:
            return False
        return True

    async def shows(self, text: bytes) -> Self:
        """Wait until the program has written this."""
        async with asyncio.timeout(30):
            while text not in self.output:
                assert await self.next(), f"closed with {self.socket.close_code}: {self.said}"
        return self

    async def hears(self, kind: str) -> dict[str, Any]:
        """Wait for a text message of this type, and return the newest."""
        async with asyncio.timeout(30):
            while not (found := [one for one in self.said if one["type"] == kind]):
                assert await self.next(), f"closed with {self.socket.close_code}: {self.said}"
        self.said = [one for one in self.said if one["type"] != kind]
        return found[-1]

    async def end(self) -> int | None:
        """Take all there is to the end, and return the close code."""
        while await self.next():
            pass
        return self.socket.close_code


@asynccontextmanager
async def seeing(
    api: Api, subject: str = "docs", *, acknowledges: bool = True, one: str = ONE, **query: Any
) -> AsyncIterator[Seeing]:
    """Look at a terminal."""
    address = f"{BASE}{one}/sessions/{subject}/terminal"
    async with api.client.ws_connect(address, params=query, max_msg_size=1 << 22) as socket:
        yield Seeing(socket, acknowledges=acknowledges)
