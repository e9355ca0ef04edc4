"""One session shown to one viewer: its screen, then its output from there on, as fast as the viewer draws.

The screen comes from the daemon and the output from the holder, which is told by nobody to wait: a viewer
that falls too far behind is shown the screen anew.
"""

import asyncio
import base64
import binascii
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from constellagent.errors import ConstellagentError, UnavailableError
from constellagent.faces.web.terminal.shapes import TerminalMessage
from constellagent.runtime.control import Control, SessionView
from constellagent.runtime.holder import protocol
from constellagent.runtime.holder.stream import Exit, HolderStream, Output, Refused, Resync, Sized
from constellagent.runtime.screen_views import ScreenRequest, ScreenView
from constellagent.term.scanner import QueryStripper
from constellagent.term.scanner.clipboard import ClipboardGuard

HISTORY = 1000
"""Rows of scrollback that a viewer is shown first."""
WINDOW = 1 << 20
"""Bytes that may be on their way to a viewer, or not drawn yet, before the rest waits."""
MOST_AHEAD = 1 << 16
"""Bytes typed before the session is joined that are kept for it."""
_PAUSE = 0.2
"""Seconds before the screen is shown anew to who fell behind, so that this does not become all there is."""


class Viewer(Protocol):
    """Who is shown it; each raises ConnectionError where it left, TimeoutError where it does not read."""

    async def say(self, message: TerminalMessage) -> None:
        """Send one text message."""
        ...

    async def give(self, data: bytes) -> None:
        """Send output of the program."""
        ...


@dataclass(frozen=True, slots=True)
class Ended:
    """The session that was shown, to its end."""

    session: str


class Player:
    """Shows one session."""

    def __init__(
        self,
        control: Control,
        file: str,
        session: SessionView,
        viewer: Viewer,
        *,
        writes: bool,
        size: tuple[int, int] | None,
    ) -> None:
        """With `writes` the viewer's `size` decides the program's, and what it types reaches it."""
        self._control = control
        self._file = file
        self._session = session
        self._viewer = viewer
        self._writes = writes
        self._size = size if writes else None
        self._shown: tuple[int, int] | None = None
        self._stream: HolderStream | None = None
        self._ahead: bytearray | None = bytearray() if session["live"] else None
        self._undrawn = 0
        self._room = asyncio.Event()

    async def play(self) -> Ended:
        """Show the session to its end.

        Raises:
            ConstellagentError: it cannot be reached, or not any more.
        """
        session = self._session
        if not session["live"]:
            await self._still()
            return Ended(session["id"])
        while not await self._join():
            await self._viewer.say(TerminalMessage(type="resync"))
            await asyncio.sleep(_PAUSE)
        return Ended(session["id"])

    def type(self, data: bytes) -> str:
        """Give the program what was typed; returns why it was refused, "" where it was not."""
        if self._stream is not None:
            return "" if self._stream.write(data) else "the program does not read what is typed"
        if self._ahead is None:
            return "the session has ended"
        if len(self._ahead) + len(data) > MOST_AHEAD:
            return "the session is not reached yet"
        self._ahead += data
        return ""

    def resize(self, rows: int, columns: int) -> None:
        """Take the size of the viewer's window, which decides that of the program's terminal."""
        self._size = (rows, columns)
        if self._stream is not None:
            self._stream.resize(rows, columns)

    def drawn(self, count: int) -> None:
        """Take note that the viewer has drawn so many more bytes."""
        self._undrawn = max(0, self._undrawn - count)
        if self._undrawn < WINDOW:
            self._room.set()

    async def _join(self) -> bool:
        """Show the screen and what follows; False where some output was left out and it has to begin anew."""
        stream = await HolderStream.open(Path(self._session["socket"]), offset=None, flags=0)
        try:
            size = self._size
            if size is not None:
                stream.resize(*size)
            view = await self._screen(size)
            await self._begin(view, live=True)
            stream.attach(view["offset"], 0 if self._writes else protocol.VIEW)
            if self._size not in {None, size} and self._size is not None:
                stream.resize(*self._size)  # it changed while the screen was fetched
            self._stream = stream
            if self._ahead:
                stream.write(bytes(self._ahead))
            self._ahead = None
            return await self._pass_on(stream)
        finally:
            self._stream = None
            await stream.close()

    async def _pass_on(self, stream: HolderStream) -> bool:
        stripper = QueryStripper()
        guard = None if stream.status.get("clipboard") else ClipboardGuard()
        async for item in stream:
            if isinstance(item, Output):
                data = stripper.feed(item.data)
                await self._give(guard.feed(data) if guard is not None else data, stream)
            elif isinstance(item, Sized):
                await self._sized(item.rows, item.columns)
            elif isinstance(item, Refused):
                await self._viewer.say(TerminalMessage(type="refused", text=item.text))
            elif isinstance(item, Resync):
                self._ahead = bytearray()
                return False
            elif isinstance(item, Exit):
                rest = stripper.flush()
                await self._give(guard.feed(rest) + guard.flush() if guard is not None else rest, stream)
                status, signal = item.status.get("exit_status"), item.status.get("signal")
                await self._say_ended(_ending(status, signal), status, signal)
        return True

    async def _still(self) -> None:
        """Show what a session that ended showed last, as far as it is known, and how it ended."""
        try:
            await self._begin(await self._screen(None), live=False)
        except ConstellagentError as error:
            await self._viewer.say(TerminalMessage(type="refused", text=error.message))
        await self._say_ended(self._session["outcome"], self._session["exit_status"], None)

    async def _screen(self, size: tuple[int, int] | None) -> ScreenView:
        request = ScreenRequest(file=self._file, subject=self._session["id"], form="ansi", history=HISTORY)
        if size is not None:
            request["rows"], request["columns"] = size
        return await self._control.screen(request)

    async def _begin(self, view: ScreenView, *, live: bool) -> None:
        try:
            data = base64.b64decode(view["data"], validate=True)
        except binascii.Error as error:
            raise UnavailableError(
                "the daemon sent a screen that makes no sense", hint="restart it"
            ) from error
        self._shown = (view["rows"], view["columns"])
        await self._viewer.say(
            TerminalMessage(
                type="snapshot",
                session=self._session["id"],
                rows=view["rows"],
                columns=view["columns"],
                mode="write" if self._writes else "read",
                live=live,
                bytes=len(data),
            )
        )
        self._undrawn += len(data)
        await self._viewer.give(data)

    async def _sized(self, rows: int, columns: int) -> None:
        if self._shown != (rows, columns):
            self._shown = (rows, columns)
            await self._viewer.say(TerminalMessage(type="sized", rows=rows, columns=columns))

    async def _say_ended(self, text: str, status: int | None, signal: int | None) -> None:
        self._ahead = None
        await self._viewer.say(TerminalMessage(type="exit", text=text, exit_status=status, signal=signal))

    async def _give(self, data: bytes, stream: HolderStream) -> None:
        """Send output, once the viewer has drawn enough of what it got before."""
        if not data:
            return
        if self._undrawn >= WINDOW:
            stream.pause()
            while self._undrawn >= WINDOW:
                self._room.clear()
                await self._room.wait()
            stream.resume()
        self._undrawn += len(data)
        await self._viewer.give(data)


def _ending(status: int | None, signal: int | None) -> str:
    return f"killed by signal {signal}" if signal else f"exited {status or 0}"
