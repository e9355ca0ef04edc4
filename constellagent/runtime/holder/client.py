"""Talking to a holder from an event loop.

Questions go over one connection, one at a time. Output and waiting have connections of their own, so a slow
reader of output keeps nobody from stopping the session.
"""

import asyncio
from pathlib import Path
from typing import Any, Self

from constellagent.errors import BusyError, UnavailableError, WorldError
from constellagent.runtime import processes
from constellagent.runtime.holder import launch, protocol
from constellagent.runtime.holder.stream import HolderStream

_CHUNK = 1 << 16
_ANSWER = 10.0
_UPGRADE = "upgrade constellagent; the session goes on meanwhile"
_STOP = 30.0
"""Seconds beyond the grace within which a stop must be over."""


class _Connection:
    """One greeted connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._decoder = protocol.Decoder()
        self._frames: list[tuple[int, bytes]] = []
        self.status: dict[str, Any] = {}

    @classmethod
    async def open(cls, socket: Path) -> Self:
        try:
            async with asyncio.timeout(_ANSWER):
                connection = cls(*await asyncio.open_unix_connection(socket))
        except (OSError, TimeoutError) as error:
            raise _gone(socket) from error
        try:
            await connection.send(protocol.hello())
            async with asyncio.timeout(_ANSWER):
                connection.status = await connection.answer(protocol.WELCOME)
            connection.check()
        except TimeoutError as error:
            await connection.close()
            raise UnavailableError(f"the holder at {socket} does not answer") from error
        except BaseException:
            await connection.close()
            raise
        return connection

    def check(self) -> None:
        """Make sure that a holder that greets so can be spoken with.

        Raises:
            UnavailableError: it is of a newer release, and does not speak our version any more.
        """
        if reason := protocol.refusal(self.status):
            raise UnavailableError(reason, hint=_UPGRADE)

    async def send(self, frame: bytes) -> None:
        try:
            self._writer.write(frame)
            await self._writer.drain()
        except OSError as error:
            raise _gone() from error

    async def receive(self) -> tuple[int, bytes]:
        """Return the next frame.

        Raises:
            UnavailableError: the holder is gone, or sent what is no frame.
        """
        while not self._frames:
            try:
                data = await self._reader.read(_CHUNK)
                self._frames = self._decoder.feed(data)[::-1]
            except (OSError, protocol.ProtocolError) as error:
                raise _gone() from error
            if not data:
                raise _gone()
        return self._frames.pop()

    async def answer(self, kind: int) -> dict[str, Any]:
        """Return the next report of that kind.

        Raises:
            BusyError: the holder refused what was asked before.
            UnavailableError: the holder is gone, or refused to speak with us at all.
        """
        refused = ""
        while True:
            try:
                got, payload = await self.receive()
            except UnavailableError as error:
                if not refused:
                    raise
                raise UnavailableError(refused, hint=_UPGRADE) from error
            if got == protocol.ERROR:
                refused = payload.decode(errors="replace")
            elif got == kind:
                if refused:
                    raise BusyError(refused)
                try:
                    return protocol.parse_report(payload)
                except protocol.ProtocolError as error:
                    raise _gone() from error

    def abandon(self) -> None:
        """Close it at once, whatever is still to be sent."""
        self._writer.transport.abort()

    async def close(self) -> None:
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except OSError:
            return  # it was gone already


class HolderClient:
    """The holder of one session."""

    def __init__(self, socket: Path, connection: _Connection) -> None:
        self._stale = False
        self._socket = socket
        self._connection = connection
        self._turn = asyncio.Lock()

    @classmethod
    async def connect(cls, socket: Path) -> Self:
        """Connect to the holder that listens there.

        Raises:
            UnavailableError: there is none.
        """
        return cls(socket, await _Connection.open(socket))

    @property
    def protocol(self) -> int:
        """Which version of the protocol the holder speaks."""
        return int(self._connection.status.get("protocol", 1))

    async def status(self) -> dict[str, Any]:
        """Return the session's status now; the keys are those of `launch.read_status`."""
        async with self._turn:
            return await self._ask(b"")

    async def send(self, data: bytes) -> None:
        """Give input to the program, as if typed.

        Raises:
            BusyError: the program does not read, and too much input waits already; the rest was dropped.
            UnavailableError: the holder is gone.
        """
        async with self._turn:
            for at in range(0, len(data), _CHUNK):
                await self._ask(protocol.frame(protocol.INPUT, data[at : at + _CHUNK]))

    async def resize(self, rows: int, columns: int) -> None:
        """Make this client the one that decides the pty's size, and give it this one."""
        async with self._turn:
            await self._ask(protocol.resize(rows, columns))

    async def signal(self, number: int) -> None:
        """Send a signal to the program's process group."""
        async with self._turn:
            await self._ask(protocol.signal(number))

    async def stop(self, grace: float) -> dict[str, Any]:
        """End the session's processes: SIGTERM, `grace` seconds, SIGKILL; returns the final status.

        Raises:
            WorldError: it did not end in time; the holder goes on trying.
        """
        async with self._turn:
            try:
                async with asyncio.timeout(grace + _STOP):
                    try:
                        await self._renew()
                        await self._connection.send(protocol.stop(grace))
                        return await self._connection.answer(protocol.EXIT)
                    except UnavailableError:
                        return await self.wait()
            except TimeoutError as error:
                raise WorldError("the session's processes do not end", delay=grace + _STOP) from error

    async def stream(self, offset: int, flags: int) -> HolderStream:
        """Open a connection of its own for output from `offset` of the log on; the caller closes it.

        Raises:
            UnavailableError: the holder is gone.
        """
        return await HolderStream.open(self._socket, offset=offset, flags=flags)

    async def wait(self) -> dict[str, Any]:
        """Wait for the end of the session and return its final status.

        `ended_by` is `lost` where the holder was killed and nobody knows how the program ended.
        """
        known = self._connection.status
        pause = 0.05
        while True:
            try:
                connection = await _Connection.open(self._socket)
                try:
                    return await connection.answer(protocol.EXIT)
                finally:
                    await connection.close()
            except UnavailableError:
                last = await asyncio.to_thread(_last, known)
                holder = (known["holder_pid"], known["holder_start"])
                if last["ended_by"] != "lost" or not await asyncio.to_thread(processes.alive, *holder):
                    return last
            await asyncio.sleep(pause)  # a broken connection says nothing about a holder that lives
            pause = min(pause * 2, 1.0)

    async def close(self) -> None:
        """Close the connection; the session goes on."""
        await self._connection.close()

    async def _renew(self) -> None:
        """Have a connection on which no answer is outstanding."""
        if self._stale:
            self._connection = await _Connection.open(self._socket)
            self._stale = False

    async def _ask(self, frame: bytes) -> dict[str, Any]:
        """Send a request with a question behind it, so that its refusal comes before the answer.

        A question that was given up may be answered later, and that answer must not pass for the next one's:
        the next goes over another connection.
        """
        await self._renew()
        self._stale = True
        try:
            async with asyncio.timeout(_ANSWER):
                await self._connection.send(frame + protocol.frame(protocol.STATUS))
                said = await self._connection.answer(protocol.STATUS)
        except BusyError:
            self._stale = False  # it was answered
            raise
        except TimeoutError as error:
            self._connection.abandon()
            hint = "look at its terminal: what was sent may still arrive" if frame else ""
            raise UnavailableError("the holder does not answer", hint=hint) from error
        except BaseException:
            self._connection.abandon()
            raise
        self._stale = False
        return said


def _last(known: dict[str, Any]) -> dict[str, Any]:
    """Return how a session ended whose holder is gone: as it wrote itself, or `lost`."""
    found = launch.read_status(Path(known["folder"])) or known
    return found if found.get("ended_at") is not None else found | {"ended_by": "lost"}


def _gone(socket: Path | None = None) -> UnavailableError:
    where = f" at {socket}" if socket else ""
    return UnavailableError(
        f"the holder{where} is gone", hint="see `constellagent status` for how the session ended"
    )
