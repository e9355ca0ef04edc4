"""What a target needs that lives on an event loop: opened at its first use, and there for all inputs after.

Between two inputs the loop stands still. What fails beside the input's own task, and what is logged as an
error, is a failure of the input too: a server hides its defects there.
"""

import asyncio
import contextlib
import logging
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Rig(Generic[T]):
    """One such thing."""

    def __init__(self, opened: Callable[[Path], AbstractAsyncContextManager[T]]) -> None:
        """`opened` makes it in a private folder, whose path is short enough for sockets."""
        self._opened = opened
        self._runner: asyncio.Runner | None = None
        self._stack = AsyncExitStack()
        self._thing: T
        self._faults = _Faults()

    def run(self, use: Callable[[T], Awaitable[None]]) -> None:
        """Use it for one input.

        Raises:
            AssertionError: something failed that nobody waits for.
        """
        if self._runner is None:
            self._runner = asyncio.Runner()
            self._runner.run(self._open())
        logging.getLogger().addHandler(self._faults)
        try:
            self._runner.run(_whole(use(self._thing)))
        finally:
            logging.getLogger().removeHandler(self._faults)
        told = self._faults.take()
        assert not told, "\n".join(told)

    def close(self) -> None:
        """End it."""
        if self._runner is not None:
            self._runner.run(self._stack.aclose())
            self._runner.close()
            self._runner = None

    async def _open(self) -> None:
        folder = Path(tempfile.mkdtemp(prefix="cst-", dir="/tmp"))
        self._stack.callback(shutil.rmtree, folder)
        asyncio.get_running_loop().set_exception_handler(self._faults.of_loop)
        self._thing = await self._stack.enter_async_context(self._opened(folder))


class _Faults(logging.Handler):
    """Collects what goes wrong beside the input's own task."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Take what is logged as an error."""
        self._told.append(logging.Formatter().format(record))

    def of_loop(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Take what the loop says of a callback or a task that failed."""
        del loop
        self._told.append(f"{context.get('message')}: {context.get('exception')!r}")

    def take(self) -> list[str]:
        """Return what was collected, and begin anew."""
        told, self._told = self._told, []
        return told


async def _whole(work: Awaitable[None]) -> None:
    await work


async def converse(
    opening: Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]], data: bytes
) -> bytes:
    """Say this to a server on this same loop, wait until it has said all that it wants, and hang up.

    Returns what was heard; of a connection that the server cut off what came before.

    Raises:
        TimeoutError: it does not end the connection although we have.
    """
    reader, writer = await opening
    heard = bytearray()
    try:
        writer.write(data)
        await _settled(reader, heard)
        writer.write_eof()
        async with asyncio.timeout(10):
            while piece := await reader.read(1 << 16):
                heard += piece
    except OSError:
        return bytes(heard)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    return bytes(heard)


async def _settled(reader: asyncio.StreamReader, heard: bytearray, quiet: int = 20, most: int = 2000) -> None:
    """Read what is said until nothing has been said for so many turns of the loop, the last ones long.

    What a server does in threads may take longer; then its client leaves too early, which is a case too.
    """
    silent = 0
    for _ in range(most):
        await asyncio.sleep(0.001 if silent > quiet - 3 else 0)
        waiting = len(reader._buffer)  # type: ignore[attr-defined] # a look that does not wait
        if waiting:
            heard += await reader.read(waiting)
            silent = 0
        elif reader.at_eof() or silent >= quiet:
            return
        else:
            silent += 1
