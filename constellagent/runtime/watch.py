"""One live session as this daemon sees it: its holder found, reached, and missed when it is gone.

A holder that does not answer is not a dead one. Nothing here concludes that a session is over before the
holder has said so on disk, or is known to run no more.
"""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from constellagent.errors import ConstellagentError, WorldError
from constellagent.runtime import processes
from constellagent.runtime.holder import protocol
from constellagent.runtime.holder.client import HolderClient
from constellagent.runtime.holder.launch import read_status
from constellagent.runtime.store.sessions import SessionRow, SessionRows

_log = logging.getLogger(__name__)

PATIENCE = 5.0
"""Seconds that a holder gets to show itself before it counts as one that does not answer."""
_MOMENT = 1.0
"""Seconds that who looks waits for what is about to be known, as after a program that ended at once."""
_LOOK_AGAIN = 0.02
_AGAIN = 0.05
_SELDOM = 1.0

Status = Mapping[str, Any]

_STARTING, _ENDING, _HUNG_UP = "it is starting", "it is ending", "its holder has hung up"
_PASSING = {_STARTING, _ENDING, _HUNG_UP}
"""What nobody knows for a moment only."""


class Watch:
    """The link to one session's holder.

    Attributes:
        row: the session as it was when the watch began.
        client: the open connection, None while there is none.
        pid: of the session's program, None while it is unknown.
        known: set once the holder was reached, or the session's end is recorded.
        tried: set once the end is recorded, and whenever that failed.
        task: what keeps the watch.
    """

    def __init__(self, row: SessionRow, rows: SessionRows, folder: Path, socket: Path) -> None:
        """`folder` and `socket` are the session's own."""
        self.row = row
        self.client: HolderClient | None = None
        self.pid: int | None = None
        self.known = asyncio.Event()
        self.tried = asyncio.Event()
        self.task: asyncio.Task[None] | None = None
        self._started: asyncio.Future[None] | None = None
        self._rows = rows
        self._folder = folder
        self._socket = socket
        self._holder: tuple[int, str] | None = None
        if row.holder_pid is not None and row.holder_start is not None:
            self._holder = row.holder_pid, row.holder_start
        self._trouble = _STARTING if self._holder is None else "its holder does not answer"

    @property
    def trouble(self) -> str:
        """Why nothing certain can be said of the session now, empty where all is well."""
        return "" if self.client is not None else self._trouble

    @property
    def passing(self) -> bool:
        """Whether nothing certain can be said for a moment only: it is just starting or ending."""
        return self.trouble in _PASSING

    def starts(self) -> "asyncio.Future[None]":
        """Take note that it is about to be started; the future is to be done when it is, or failed."""
        self._started = asyncio.get_running_loop().create_future()
        return self._started

    async def settled(self) -> None:
        """Wait until more is known of a session that is just starting or ending, a moment at most."""
        until = asyncio.get_running_loop().time() + _MOMENT
        while self.passing and asyncio.get_running_loop().time() < until:
            if self.task is not None and self.task.done():
                return
            await asyncio.sleep(_LOOK_AGAIN)

    def fail(self, why: str) -> None:
        """Take note that the session is over and its end could not be recorded."""
        self._trouble = why
        self.tried.set()

    def finish(self) -> None:
        """Take note that there is nothing more to watch."""
        self.known.set()
        self.tried.set()

    async def found(self, status: Status) -> None:
        """Take note of who holds the session, in the database too where it can be written."""
        self.pid = status["pid"]
        holder = status["holder_pid"], status["holder_start"]
        if holder != self._holder:
            self._holder = holder
            try:
                await self._rows.set_holder(self.row.id, *holder)
            except WorldError as error:
                _log.warning("session %s: %s", self.row.id, error.message)

    async def until_over(self) -> Status | None:
        """Return the last word of the holder once the session is over.

        It is None, or has no `ended_at`, where the holder is dead and left none.
        """
        pause = _AGAIN
        while True:
            try:
                status = await self._status()
                if _over(status) or not await self._is_held():
                    self._trouble = _ENDING
                    # The holder may have written the end between the two looks.
                    return await self._status()
                if await self._follow():
                    pause = _AGAIN
            except OSError as error:
                self._trouble = f"processes cannot be looked at: {error.strerror}"
            except ConstellagentError as error:
                self._trouble = error.message
            await asyncio.sleep(pause)
            pause = min(pause * 2, _SELDOM)

    async def stop(self, grace: float) -> None:
        """Have the session ended; it is over when the watch is.

        A holder that does not answer is killed, and what it held is swept by the watch.

        Raises:
            WorldError: not all of its processes could be ended in time; the holder goes on trying.
        """
        await self.reached()
        client = self.client
        if client is not None and _over(await client.stop(grace)):
            return
        if not _over(await self._status()):
            await self._end_holder()

    async def reached(self) -> None:
        """Wait until the holder was reached or the end is recorded, but no longer than `PATIENCE`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self.known.wait()

    async def close(self) -> None:
        """Let go of the session without ending it.

        A start under way is waited for: cut short it would end the program, which may have begun its work.
        """
        if self._started is not None:
            await asyncio.wait({self._started}, timeout=2 * PATIENCE)
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)

    async def _status(self) -> Status | None:
        try:
            status = await asyncio.to_thread(read_status, self._folder)
        except WorldError as error:
            _log.warning("session %s: %s", self.row.id, error.message)
            return None
        if status is not None:
            await self.found(status)
        return status

    async def _is_held(self) -> bool:
        """Say whether a holder of this session runs.

        Raises:
            OSError: processes cannot be looked at; nothing is known.
        """
        if await asyncio.to_thread(processes.boot_id) != self.row.boot_id:
            return False
        if self._holder is not None:
            return await asyncio.to_thread(processes.alive, *self._holder)
        if await asyncio.to_thread(processes.holders_of, self.row.id):
            return True
        # A look can fall into the moment in which a starting holder changes from one process to another.
        await asyncio.sleep(_AGAIN)
        return bool(await asyncio.to_thread(processes.holders_of, self.row.id))

    async def _follow(self) -> bool:
        """Stay connected until the end or a loss of the connection; says whether there was one.

        Raises:
            UnavailableError: the holder does not answer.
        """
        if self._holder is None:
            return False  # it listens before it has anything to say
        client = await HolderClient.connect(self._socket)
        self.client = client
        try:
            self.known.set()
            for lack in protocol.lacking(client.protocol):
                _log.info("session %s is held by an older release, which cannot %s", self.row.id, lack)
            await client.wait()
        finally:
            self.client, self._trouble = None, _HUNG_UP
            await client.close()
        return True

    async def _end_holder(self) -> None:
        try:
            holders = await asyncio.to_thread(processes.holders_of, self.row.id)
            if self._holder is not None:
                holders = {**holders, self._holder[0]: self._holder[1]}
            for pid, start in holders.items():
                await asyncio.to_thread(processes.send, pid, start, signal.SIGKILL)
        except OSError as error:
            raise WorldError(f"the holder of session {self.row.id} cannot be ended: {error}") from error


def _over(status: Status | None) -> bool:
    return status is not None and status.get("ended_at") is not None
