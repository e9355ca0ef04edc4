"""A visit of a browser at a session's terminal: guarded like any request, then bytes both ways.

client, binary   what is typed; only in write mode
client, text     {"type": "resize", "rows", "columns"}; only in write mode
                 {"type": "ack", "bytes"}: so many more bytes of output were drawn
server, binary   output of the program, without what would make a second terminal answer its questions
server, text     a `TerminalMessage`
"""

import asyncio
import json
from typing import Any

from aiohttp import WSMsgType, web

from constellagent.errors import ConstellagentError, UsageError
from constellagent.faces.web.guard import PROTOCOL
from constellagent.faces.web.live.watching import PING, TRY_AGAIN, UNREAD
from constellagent.faces.web.ranges import LARGEST_SIDE
from constellagent.faces.web.routing import Call
from constellagent.faces.web.terminal.player import Ended, Player
from constellagent.faces.web.terminal.shapes import RESTARTED, TerminalMessage
from constellagent.runtime.tasks import spawn

LARGEST_MESSAGE = 1 << 20
"""Bytes of the longest message of a client."""
_OVER = 1000
_LOOKS_ONLY = "this login may only look; nothing that is typed reaches the program"


async def terminal(call: Call, request: web.Request) -> web.StreamResponse:
    """Serve a terminal's WebSocket until the client leaves or there is nothing more to see.

    Raises:
        ConstellagentError: there is no such session, or no such size.
    """
    size = _size(call.query)
    session = await call.control.session(call.file, call.path["subject"])
    socket = web.WebSocketResponse(
        heartbeat=PING, compress=False, max_msg_size=LARGEST_MESSAGE, protocols=(PROTOCOL,)
    )
    await socket.prepare(request)
    visit = _Visit(call, request, socket)
    player = Player(call.control, call.file, session, visit, writes=visit.writes, size=size)
    showing = spawn(visit.show(player), name=f"terminal of {session['id']} in a browser")
    try:
        async for message in socket:
            if message.type is WSMsgType.BINARY:
                await visit.typed(player, message.data)
            elif message.type is WSMsgType.TEXT:
                await visit.told(player, message.data)
    except (ConnectionError, TimeoutError):
        visit.drop()
    finally:
        showing.cancel()
        await asyncio.gather(showing, return_exceptions=True)
    return socket


class _Visit:
    """The client's end of one visit."""

    def __init__(self, call: Call, request: web.Request, socket: web.WebSocketResponse) -> None:
        self._call = call
        self._request = request
        self._socket = socket
        self._wants_to_write = call.query.get("mode") == "write"
        self.writes = self._wants_to_write and call.scope == "admin"

    async def say(self, message: TerminalMessage) -> None:
        """Send one text message."""
        async with asyncio.timeout(UNREAD):
            await self._socket.send_str(json.dumps(message, separators=(",", ":")))

    async def give(self, data: bytes) -> None:
        """Send output of the program."""
        async with asyncio.timeout(UNREAD):
            await self._socket.send_bytes(data)

    def drop(self) -> None:
        """End the connection to a client that does not read."""
        if self._request.transport is not None:
            self._request.transport.abort()

    async def show(self, player: Player) -> None:
        """Show the session to its end, and say how the client may go on."""
        try:
            if self._wants_to_write and not self.writes:
                await self.say(TerminalMessage(type="refused", text=_LOOKS_ONLY))
            try:
                ended = await player.play()
                code = await self._next(ended)
            except ConstellagentError as error:
                await self.say(TerminalMessage(type="gone", text=error.message))
                code = TRY_AGAIN
            await self._socket.close(code=code)
        except (ConnectionError, TimeoutError):
            self.drop()

    async def _next(self, ended: Ended) -> int:
        """Wait until the subject has another session; returns the code to close with."""
        subject = self._call.path["subject"]
        if ended.session == subject:
            return _OVER
        found = await self._call.board.another_session(self._call.file, subject, ended.session)
        return RESTARTED if found else TRY_AGAIN

    async def typed(self, player: Player, data: bytes) -> None:
        """Give the program what was typed."""
        text = player.type(data) if self.writes else _LOOKS_ONLY
        if text:
            await self.say(TerminalMessage(type="refused", text=text))

    async def told(self, player: Player, text: str) -> None:
        """Do what a text message says."""
        try:
            message = json.loads(text)
            kind = message["type"]
            if kind == "ack":
                player.drawn(_count(message["bytes"]))
            elif kind == "resize" and self.writes:
                player.resize(*_checked(message["rows"], message["columns"]))
            elif kind == "resize":
                await self.say(TerminalMessage(type="refused", text=_LOOKS_ONLY))
            else:
                text = f"a terminal knows no message {str(kind)[:50]!r}"
                await self.say(TerminalMessage(type="refused", text=text))
        except (ValueError, KeyError, TypeError, RecursionError):
            await self.say(TerminalMessage(type="refused", text="the message makes no sense"))
        except UsageError as error:
            await self.say(TerminalMessage(type="refused", text=error.message))


def _size(query: Any) -> tuple[int, int] | None:
    """Return the size that the client asks for, None where it asks for none."""
    if "rows" not in query and "columns" not in query:
        return None
    return _checked(query.get("rows"), query.get("columns"))


def _checked(rows: object, columns: object) -> tuple[int, int]:
    if not (isinstance(rows, int) and isinstance(columns, int)):
        raise UsageError("a size is rows and columns")
    if not (0 < rows <= LARGEST_SIDE and 0 < columns <= LARGEST_SIDE):
        raise UsageError(f"a terminal has 1 to {LARGEST_SIDE} rows and columns")
    return rows, columns


def _count(number: object) -> int:
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise ValueError
    return number
