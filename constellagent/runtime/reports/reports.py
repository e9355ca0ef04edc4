"""Takes what the programs of sessions report, lets each kind of agent read it, and tells who wants to know.

A report comes from the holder at once, and from the holder's disk where no daemon listened. Each has a
number, so that it counts once, in its order, however it comes. What daemons have dealt with is written down
behind it: the next one goes on there. Some who listen only take note of a report and write down later what
follows from it; until then it counts as not dealt with.
"""

import asyncio
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from constellagent.agents.kind import Report, State
from constellagent.errors import ConstellagentError
from constellagent.runtime.holder.stream import Reported
from constellagent.runtime.paths import Paths
from constellagent.runtime.reports import kept
from constellagent.runtime.reports.heard import Heard, read
from constellagent.runtime.reports.kept import Progress, Told
from constellagent.runtime.store.conversations import ConversationRows
from constellagent.runtime.store.sessions import SessionRow
from constellagent.runtime.tasks import spawn

_AGAIN = 2.0
"""Seconds between tries to write down what was heard, as where the disk is full."""
_MESSAGE = 2000
"""Characters of a message that are told."""

OnState = Callable[[str, float, State, str, str], None]
"""Called with the session, epoch seconds, state, reason and message."""
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
"""What a conversation's id may be: it becomes a word of a command, and a part of a path."""

OnHeard = Callable[[SessionRow, Heard], None]
OnKept = Callable[[str], None]

_log = logging.getLogger(__name__)


class Keeper(Protocol):
    """Who listens, and writes down only later what follows from a report.

    Attributes:
        on_kept: to be told of a session of which something was written down.
    """

    on_kept: OnKept

    def hear(self, row: SessionRow, heard: Heard, /) -> None:
        """Take note of a report; one that is told again changes nothing. Never blocks, never raises."""
        ...

    def unkept(self, session: str, /) -> int | None:
        """Return the lowest number of a session's reports of which something is still to be written down."""
        ...


@dataclass(slots=True)
class _Session:
    """What is known of one session.

    Attributes:
        row: the session.
        taken: the number of the last report that this daemon took, or need not take.
        progress: how far its reports were dealt with; None before that was looked up.
        written: the same, as it is written down.
        conversations: what programs called their conversations last, by the kind of program.
        learned: the same, as it is written down.
    """

    row: SessionRow
    taken: int = 0
    progress: Progress | None = None
    written: Progress = field(default_factory=Progress)
    conversations: dict[str, str] = field(default_factory=dict)
    learned: dict[str, str] = field(default_factory=dict)


class Reports:
    """The reports of all sessions.

    Attributes:
        on_state: is told each state; set by who keeps the trackers.
        listeners: are told each report, after `on_state`, in order. They must neither block nor raise. One
            that came while there was no daemon is told late, and one that a daemon heard shortly before its
            end may be told again: its session and number say which it is.
    """

    def __init__(self, paths: Paths, conversations: ConversationRows) -> None:
        """Nothing is written before `start`."""
        self._paths = paths
        self._conversations = conversations
        self._sessions: dict[str, _Session] = {}
        self._due: set[str] = set()
        self._stirred = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._writing = asyncio.Lock()
        self.on_state: OnState = _ignore
        self.listeners: list[OnHeard] = []
        self._keepers: list[Keeper] = []

    def attend(self, keeper: Keeper) -> None:
        """Tell each report, as to `listeners`, to one who writes down later what follows from it.

        What it has not written down by the end of this daemon, however that comes, the next one tells again.
        """
        keeper.on_kept = self._put_off
        self._keepers.append(keeper)
        self.listeners.append(keeper.hear)

    def start(self) -> None:
        """Begin to write down what is heard."""
        self._writer = spawn(self._write_on(), name="write down what is heard")

    async def close(self) -> None:
        """Write down the rest."""
        if self._writer is not None:
            async with self._writing:  # cut short, the thread that writes would go on, and might come last
                self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)
        for session in list(self._due):
            await self._write(session)

    async def catch_up(self, row: SessionRow) -> None:
        """Take what a session reported while nobody listened, which may be nothing."""
        session = self._session(row)
        folder = self._paths.sessions / row.id
        try:
            if session.progress is None:
                progress = await asyncio.to_thread(kept.read_progress, folder)
                if session.progress is None:
                    session.progress = session.written = progress
                    session.taken = progress.number - progress.lag
                    self._recall(session, progress.told)
            missed = await asyncio.to_thread(kept.after, folder, session.taken)
        except OSError as error:
            _log.warning("what session %s reported cannot be read: %s", row.id, error.strerror)
            return
        for reported in missed:
            self.take(row, reported)

    def take(self, row: SessionRow, reported: Reported) -> None:
        """Take a report, unless it was taken before."""
        session = self._session(row)
        if reported.number <= session.taken:
            return
        session.taken = reported.number
        heard = read(reported)
        progress = session.progress or Progress()
        if reported.number > progress.number:  # else only who listens is told again: its state is history
            told = progress.told if heard is None else self._state(session, heard, progress.told)
            session.progress = Progress(reported.number, told)
        self._put_off(row.id)
        if heard is None:
            return
        if _ID.fullmatch(heard.report.conversation):
            session.conversations[heard.event] = heard.report.conversation
        for listener in self.listeners:
            listener(row, heard)

    def overruled(self, session: str) -> None:
        """Take note that what hooks told of a session's state does not count any more."""
        known = self._sessions.get(session)
        if known is not None and known.progress is not None and known.progress.told is not None:
            known.progress = Progress(known.progress.number)
            self._put_off(session)

    async def ended(self, row: SessionRow) -> None:
        """Take the last reports of a session that has ended, and let go of it."""
        await self.catch_up(row)
        await self._write(row.id)
        self._sessions.pop(row.id, None)
        self._due.discard(row.id)

    def _session(self, row: SessionRow) -> _Session:
        return self._sessions.setdefault(row.id, _Session(row))

    def _recall(self, session: _Session, told: Told | None) -> None:
        """Tell the state that an earlier daemon was told last."""
        if told is None:
            return
        if told.since < told.at:
            self.on_state(session.row.id, told.since, told.state, told.reason, told.message)
        self.on_state(session.row.id, told.at, told.state, told.reason, told.message)

    def _state(self, session: _Session, heard: Heard, before: Told | None) -> Told | None:
        """Tell the state that a report says, if any; returns which one counts now."""
        report: Report = heard.report
        if report.state is None:
            return before
        message = report.message[:_MESSAGE]
        self.on_state(session.row.id, heard.at, report.state, report.reason, message)
        if report.state == "unknown":
            return None
        same = before is not None and before.state == report.state
        since = before.since if before is not None and same else heard.at
        return Told(heard.at, since, report.state, report.reason, message)

    def _put_off(self, session: str) -> None:
        self._due.add(session)
        self._stirred.set()

    async def _write_on(self) -> None:
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            for session in list(self._due):
                if not await self._write(session):
                    await asyncio.sleep(_AGAIN)
                    self._stirred.set()

    async def _write(self, session: str) -> bool:
        """Write down what was heard of a session; says whether that could be done."""
        async with self._writing:
            known = self._sessions.get(session)
            if known is None or known.progress is None:
                self._due.discard(session)
                return True
            try:
                await self._learn(known)
                await self._keep(known)
            except (OSError, ConstellagentError) as error:
                _log.warning("what session %s reported is not written down: %s", session, error)
                return False
            if self._standing(known) == known.written:
                self._due.discard(session)
            return True

    def _standing(self, session: _Session) -> Progress | None:
        """Return how far reports of a session were dealt with, as it should be written down now."""
        if session.progress is None:
            return None
        number = session.progress.number
        unkept = [keeper.unkept(session.row.id) for keeper in self._keepers]
        dealt = [first - 1 for first in unkept if first is not None]
        # What an earlier daemon left lags until it is told again.
        return replace(session.progress, lag=number - min([number, session.taken, *dealt]))

    async def _learn(self, session: _Session) -> None:
        """Remember what the session's own program, and no other kind, calls its conversation."""
        told = dict(session.conversations)
        if told == session.learned:
            return
        row = await self._conversations.of(session.row.id)
        if row is not None and row.kind in told:
            await self._conversations.learn(session.row.id, told[row.kind])
        session.learned = told

    async def _keep(self, session: _Session) -> None:
        progress = self._standing(session)
        if progress is None or progress == session.written:
            return
        try:
            await asyncio.to_thread(kept.write_progress, self._paths.sessions / session.row.id, progress)
        except FileNotFoundError:
            _log.debug("session %s is not kept any more", session.row.id)
        session.written = progress


def _ignore(_session: str, _at: float, _state: State, _reason: str, _message: str) -> None:
    """Take a state before anybody wants to know it."""
