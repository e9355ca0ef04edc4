"""Tells what live conversations have used, which no hook says: their transcripts do, once a turn has ended.

It is told as if a hook had said it. A program may finish its transcript a little after its hook, so that each
is looked at again a moment later, and for the last time when its session ends.
"""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from constellagent.agents.kind import Report, State, Usage
from constellagent.errors import WorldError
from constellagent.runtime.paths import Paths
from constellagent.runtime.reports.heard import KIND_OF, Heard
from constellagent.runtime.reports.reports import OnHeard
from constellagent.runtime.reports.transcript import Transcript
from constellagent.runtime.store.sessions import SessionRow
from constellagent.runtime.tasks import spawn

PAUSE = 1.0
"""Seconds between looks at the transcripts of one session."""
_LOOKS = 2
"""Looks after a turn has ended."""
_MOST = 8
"""Conversations of one session that are known; one that comes back later is read from its beginning."""
_BUSY = frozenset({"starting", "working"})

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Conversation:
    """One conversation.

    Attributes:
        heard: what its program told last.
        transcript: of it.
        told: what we told of it last.
    """

    heard: Heard
    transcript: Transcript
    told: Usage | None = None


@dataclass(slots=True)
class _Session:
    """What is known of one session.

    Attributes:
        row: the session.
        conversations: that it is or was in, by the path of the transcript; the newest last.
        looks: how many are due.
        looking: the task that does them.
        over: set when it has to end.
    """

    row: SessionRow
    conversations: dict[str, _Conversation] = field(default_factory=dict)
    looks: int = 0
    looking: asyncio.Task[None] | None = None
    over: asyncio.Event = field(default_factory=asyncio.Event)


class Metering:
    """Reads the transcripts of live sessions."""

    def __init__(self, tell: OnHeard, paths: Paths, home: Path | None = None) -> None:
        """`tell` is told what a conversation has used so far; `home` is the person's."""
        self._tell = tell
        self._paths = paths
        self._home = home or Path.home()
        self._sessions: dict[str, _Session] = {}

    async def close(self) -> None:
        """End what goes on."""
        for session in self._sessions.values():
            await self._settle(session)

    def hear(self, row: SessionRow, heard: Heard) -> None:
        """Take what a hook has told. Never blocks, never raises."""
        kind = KIND_OF.get(heard.event)
        if kind is None or kind.meter is None:
            return
        path = heard.report.transcript
        if path and heard.report.conversation:
            session = self._sessions.setdefault(row.id, _Session(row))
            known = session.conversations.pop(path, None)
            transcript = known.transcript if known else Transcript(path, kind, self._folders(row))
            session.conversations[path] = _Conversation(heard, transcript, known.told if known else None)
            if len(session.conversations) > _MOST:
                del session.conversations[next(iter(session.conversations))]
        if heard.report.state is not None:
            self.state_changed(row, heard.report.state)

    def state_changed(self, row: SessionRow, state: State) -> None:
        """Take the state that a session is in now, whoever told it. Never blocks, never raises."""
        session = self._sessions.get(row.id)
        if session is None or state in _BUSY or session.over.is_set():
            return
        session.looks = _LOOKS
        if session.looking is None or session.looking.done():
            session.looking = spawn(self._look_on(session), name=f"read what {row.subject} uses")

    async def ended(self, row: SessionRow) -> None:
        """Tell what a session has used in all, and let go of it."""
        session = self._sessions.get(row.id)
        if session is None:
            return
        await self._settle(session)
        while await self._look(session):
            pass
        self._sessions.pop(row.id, None)

    def _folders(self, row: SessionRow) -> Sequence[Path]:
        """Return below which folders the transcripts of a session may lie."""
        profile = self._paths.profiles / row.constellation / row.subject.partition("/")[0]
        return self._home, profile

    async def _settle(self, session: _Session) -> None:
        session.over.set()
        if session.looking is not None:
            await asyncio.gather(session.looking, return_exceptions=True)

    async def _look_on(self, session: _Session) -> None:
        while session.looks and not session.over.is_set():
            session.looks -= 1
            if await self._look(session):
                session.looks = max(session.looks, 1)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(session.over.wait(), PAUSE)

    async def _look(self, session: _Session) -> bool:
        """Look at each transcript, and tell what is new; says whether there is more to read at once."""
        more = False
        for one in list(session.conversations.values()):
            try:
                more |= await asyncio.to_thread(one.transcript.look)
            except WorldError as error:
                _log.debug("what %s uses is not known: %s", session.row.subject, error.message)
                continue
            used = one.transcript.used()
            if used is not None and used != one.told:
                one.told = used
                report = Report(conversation=one.heard.report.conversation, usage=used)
                self._tell(session.row, replace(one.heard, report=report))
        return more
