"""SMTP connections: few at once, none for ever, and telling programs why where the library does not.

The library's `smtp_*` and `handle_*` names are its way to find what answers a command.
"""

import asyncio
import re
from collections import defaultdict
from dataclasses import dataclass

from aiosmtpd.smtp import SMTP

from constellagent.connections import most
from constellagent.ravi.local.addresses import DEFAULT_DOMAIN

LARGEST = 10 << 20
"""Bytes of one mail."""

_LONGEST_LINE = 1 << 20
"""Bytes of one line; programs that write HTML do not keep to the 998 that the standard allows."""

_LONGEST_COMMAND = 2048
_MOST_UNANSWERED = 4 * LARGEST
"""Bytes that a client may send without an answer: the library would keep an endless line in memory."""

_TOO_LARGE = "552 5.3.4 The mail is larger than 10 MiB."
_REPHRASED = {"552": _TOO_LARGE, "500 Line too long": "554 5.6.0 A line of the mail is longer than 1 MiB."}
"""What the library says without the code that tells programs why, by how it begins."""
_ODD = re.compile(r"[^ -~]")
"""What no line of an answer may hold; the library repeats commands that it does not know."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How much may be asked of the server.

    Attributes:
        connections: open at once, and fewer where this process may open few files.
        idle: seconds without a command, or for the whole of a mail, until a connection is closed.
    """

    connections: int = 64
    idle: float = 300.0


class Doors:
    """The open connections; `open` makes what speaks to a new client."""

    def __init__(self, desk: object, patience: Patience) -> None:
        """Name who decides about mail, with the library's hooks."""
        self._desk = desk
        self._patience = patience
        self.inside: set[_Door] = set()

    def open(self) -> asyncio.BaseProtocol:
        """Return what speaks to a new client."""
        if len(self.inside) >= min(self._patience.connections, most()):
            return _Full()
        return _Door(self.inside, self._desk, self._patience.idle)

    async def close(self) -> None:
        """End all connections and wait until they are gone; what was not answered was not promised."""
        tasks = [door.leave("421 4.3.2 The server stops; try again later.") for door in list(self.inside)]
        if tasks:
            await asyncio.wait(tasks)


class _Full(asyncio.Protocol):
    """Tells a client that too many others are here."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(b"421 4.3.2 Too many connections; try again later.\r\n")
        transport.close()


class _Door(SMTP):
    """One connection."""

    line_length_limit = _LONGEST_LINE

    def __init__(self, inside: "set[_Door]", desk: object, idle: float) -> None:
        super().__init__(
            desk,
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            hostname=DEFAULT_DOMAIN,
            ident="ESMTP",
            timeout=idle,
            loop=asyncio.get_running_loop(),
        )
        # The library keeps the limits of all connections in one place, and empties it for each new one.
        self.command_size_limits = defaultdict(lambda: _LONGEST_COMMAND)
        self._inside = inside
        self._unanswered = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._inside.add(self)
        super().connection_made(transport)
        assert self._handler_coroutine is not None
        self._handler_coroutine.add_done_callback(_forget)

    def connection_lost(self, error: Exception | None) -> None:
        self._inside.discard(self)
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        self._unanswered += len(data)
        if self._unanswered > _MOST_UNANSWERED:
            self.leave(_TOO_LARGE)
        else:
            super().data_received(data)

    async def push(self, status: str | bytes) -> None:
        said = status if isinstance(status, str) else status.decode()
        for beginning, better in _REPHRASED.items():
            if said.startswith(beginning):
                said = better
        self._unanswered = 0
        await super().push(_ODD.sub("?", said))

    async def smtp_EXPN(self, arg: str) -> None:  # noqa: N802 - the library's name
        del arg
        await self.push("502 5.5.1 Nobody's lists are told here.")

    def leave(self, words: str) -> "asyncio.Task[None]":
        """Say goodbye and close; returns the task that ends with the connection."""
        assert self._handler_coroutine is not None
        transport = self.transport
        if isinstance(transport, asyncio.WriteTransport) and not transport.is_closing():
            transport.write(f"{words}\r\n".encode())
            # Who does not read what is said would keep the connection open.
            if transport.get_write_buffer_size():
                transport.abort()
            else:
                transport.close()
        self._handler_coroutine.cancel()
        return self._handler_coroutine

    def _timeout_cb(self) -> None:
        self.leave("421 4.4.2 Nothing came for too long.")


def _forget(task: "asyncio.Task[None]") -> None:
    """Take note of how a connection ended: a client that vanished is no news."""
    if not task.cancelled():
        task.exception()
