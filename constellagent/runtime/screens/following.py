"""The link between a live session's holder and its screen, made again for as long as the session lives.

The holder is asked for the output since the checkpoint, and told at once that its program's questions are
answered here. Of what was written before that, none is answered: it was put to an earlier terminal, and an
answer would come late, into whatever reads the keyboard by now.
"""

import asyncio
import logging
from pathlib import Path

from constellagent.errors import ConstellagentError, UnavailableError
from constellagent.runtime.holder import protocol
from constellagent.runtime.holder.stream import Exit, Gone, HolderStream, Reported, Resync, Sized, Typed
from constellagent.runtime.reports import Reports
from constellagent.runtime.screens.inbox import Inbox
from constellagent.runtime.screens.terminal import Terminal

_FLAGS = protocol.VIEW | protocol.EVERY | protocol.ANSWERS
_ANSWERING = 3
"""The protocol's version from which on a holder knows of ANSWERS; older ones leave answering to others."""
_NEVER = 1 << 63
_AGAIN = 0.05
_SELDOM = 2.0

_log = logging.getLogger(__name__)


class Following:
    """Keeps one terminal at what its session's program writes.

    Attributes:
        terminal: what is kept.
        go: set once a screen that must be made again may be; one that only begins waits for nothing.
        attached: set once the holder was reached for the first time.
        over: set once the holder has sent everything there will ever be.
    """

    def __init__(self, terminal: Terminal, socket: Path, reports: Reports, *, new: bool) -> None:
        """`new`: this daemon has just started the session, so nobody else has answered anything."""
        self.terminal = terminal
        self.go = asyncio.Event()
        self.attached = asyncio.Event()
        self.over = asyncio.Event()
        self._socket = socket
        self._reports = reports
        self._new = new

    async def run(self) -> None:
        """Follow until the session ends; ends sooner by being cancelled."""
        if not self._new:
            await self.go.wait()
            await self._reports.catch_up(self.terminal.row)  # first: by its time each belongs between output
            await self.terminal.resume()
        pause = _AGAIN
        while not self.over.is_set():
            try:
                stream = await HolderStream.open(self._socket, offset=None, flags=0)
            except UnavailableError as error:
                _log.debug("session %s: %s", self.terminal.row.id, error.message)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _SELDOM)
                continue
            pause = _AGAIN
            try:
                await self._follow(stream)
            except ConstellagentError as error:
                _log.warning("session %s: %s", self.terminal.row.id, error.message)
                await asyncio.sleep(_SELDOM)
            finally:
                await stream.close()

    async def _follow(self, stream: HolderStream) -> None:
        """Follow one connection to its end."""
        terminal, status = self.terminal, stream.status
        end = int(status["log_end"])
        begins = self._new and not terminal.ready.is_set()
        answers_from = 0 if begins else end
        if int(status["protocol"]) < _ANSWERING:
            answers_from = _NEVER
        await terminal.meet(end, int(status["rows"]), int(status["columns"]), answers_from=answers_from)
        inbox = Inbox(stream)
        stream.attach(terminal.offset, _FLAGS)
        self.attached.set()
        await self._reports.catch_up(self.terminal.row)
        await self._pass_on(stream, inbox)

    async def _pass_on(self, stream: HolderStream, inbox: Inbox) -> None:
        while True:
            batch = await inbox.take()
            if batch.data:
                answers = await self.terminal.take(batch.offset, batch.data)
                if answers and not stream.write(answers):
                    _log.info("session %s takes no answers", self.terminal.row.id)
            if isinstance(batch.then, Resync):
                await self.terminal.skip(batch.then.offset)
            elif isinstance(batch.then, Sized):
                await self.terminal.resize(batch.then.rows, batch.then.columns)
            elif isinstance(batch.then, Typed):
                self.terminal.typed()
            elif isinstance(batch.then, Reported):
                self._reports.take(self.terminal.row, batch.then)
            elif isinstance(batch.then, Exit):
                self.over.set()
                return
            elif isinstance(batch.then, Gone):
                return
            await asyncio.sleep(0)  # what is fed at once must not keep others from their turn
