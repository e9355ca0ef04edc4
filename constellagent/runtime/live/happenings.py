"""What becomes news: an agent that waits, ends of sessions and runs, messages, an apply, a review.

A line names the agent and what happened to it, never what a message says: news are shown in places where
private things do not belong. Whether a person is to be called is what the file's `notify` says.
"""

import asyncio
from collections.abc import Mapping

from constellagent.runtime.clock import Clock
from constellagent.runtime.contexts import load_once
from constellagent.runtime.events import Event
from constellagent.runtime.live.news import News
from constellagent.runtime.live_views import EventKind, EventView, Level
from constellagent.runtime.store.bindings import Bindings
from constellagent.runtime.store.constellations import Applied, Constellations
from constellagent.runtime.store.ledger import LedgerRow
from constellagent.runtime.store.sessions import SessionRow
from constellagent.spec.models import Constellation
from constellagent.term.activity.states import QUIET

_GOOD_ENDS = frozenset({"succeeded", "stopped", "replaced"})

_PROMPT = "idle prompt"


class Happenings:
    """Tells the news."""

    def __init__(self, news: News, constellations: Constellations, bindings: Bindings, clock: Clock) -> None:
        """`bindings` are those of all constellations."""
        self._news = news
        self._constellations = constellations
        self._bindings = bindings
        self._clock = clock

    async def state(self, row: SessionRow, state: str, reason: str) -> None:
        """Tell that an agent's session is in another state now."""
        if row.role == "service":
            return
        text = f"{state}: {reason}" if reason else state
        odd = state == "waiting" or (state == "unknown" and reason != QUIET)
        level: Level = "warning" if odd else "info"
        # A shell that shows its prompt again waits for its person, but has nothing to say to her.
        await self._tell(
            row.constellation, row.subject, "state", text, level, state if reason != _PROMPT else ""
        )

    async def prompt(self, row: SessionRow, text: str) -> None:
        """Tell that the first prompt of an agent's session was not typed, or may not have been."""
        await self._tell(row.constellation, row.subject, "state", text, "warning", "waiting")

    async def session_ended(self, row: SessionRow) -> None:
        """Tell how a session ended, if it was not the run of a schedule: of that the ledger tells."""
        if row.role == "run" and "/" in row.subject:
            return
        ended_well = row.ended_by == "stop" or (row.ended_by == "itself" and row.exit_status == 0)
        state = "done" if ended_well else "failed"
        notify = "" if row.ended_by == "stop" or row.role == "service" else state
        level: Level = "done" if ended_well else "error"
        await self._tell(row.constellation, row.subject, "session", row.outcome, level, notify)

    async def run_ended(self, row: LedgerRow) -> None:
        """Tell how a schedule's run ended."""
        good = row.fire.state in _GOOD_ENDS
        agent = row.fire.schedule.partition("/")[0]
        text = f"run of {row.fire.schedule} {row.fire.state}"
        state = "done" if good else "failed"
        await self._tell(row.constellation, agent, "run", text, "done" if good else "error", state)

    async def come(self, news: Mapping[str, tuple[int, int]]) -> None:
        """Tell of messages: by identity, how many mails and how many texts."""
        for binding in await self._bindings.of_provider("local"):
            mails, texts = news.get(binding.uuid, (0, 0))
            if mails:
                line = "a mail came" if mails == 1 else f"{mails} mails came"
                await self._tell(binding.constellation, binding.agent, "mail", line, "info", "mail")
            if texts:
                line = "a text came" if texts == 1 else f"{texts} texts came"
                await self._tell(binding.constellation, binding.agent, "text", line, "info", "text")

    def apply(self, file: str, event: Event) -> None:
        """Tell of a step of an apply."""
        self._put(file, event.subject, "apply", event.text, event.level, notify=False)

    def review(self, file: str, agent: str, text: str) -> None:
        """Tell of what a reviewer has done in an agent's worktree."""
        self._put(file, agent, "review", text, "done", notify=False)

    async def _tell(
        self, constellation: str, subject: str, kind: EventKind, text: str, level: Level, state: str
    ) -> None:
        applied = await self._constellations.get(constellation)
        if applied is None:
            return
        notify = state in (await asyncio.to_thread(_declared, applied)).notify
        self._put(str(applied.file), subject, kind, text, level, notify=notify)

    def _put(
        self, file: str, subject: str, kind: EventKind, text: str, level: Level, *, notify: bool
    ) -> None:
        self._news.tell(
            EventView(
                at=self._clock.now(),
                file=file,
                subject=subject,
                kind=kind,
                level=level,
                text=text,
                notify=notify,
            )
        )


def _declared(applied: Applied) -> Constellation:
    """Return what was applied; parsed once for each content."""
    return load_once(applied.text.encode(), str(applied.file)).constellation
