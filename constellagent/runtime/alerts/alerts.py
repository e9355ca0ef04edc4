"""Tells owners of their agents' states: each that lasts, once, unless somebody has the terminal anyway.

A word is written down before it is sent, so that a daemon that dies in between does not send it again; the
next one looks at what its sessions do, and at the newest ends, and tells what has not been told. How runs of
schedules end, `runtime.runs.telling` tells, and other runs have somebody who waits for them.
"""

import asyncio
import base64
import logging
from collections.abc import Awaitable, Callable, Iterable
from functools import partial

from constellagent.errors import ConstellagentError
from constellagent.ravi.client import InDoubtError
from constellagent.runtime.alerts.deciding import Moment, of_activity, of_end, works
from constellagent.runtime.alerts.post import Post
from constellagent.runtime.alerts.wording import Facts, letter
from constellagent.runtime.clock import Clock
from constellagent.runtime.contexts import Context, Contexts
from constellagent.runtime.screen_views import ScreenRequest
from constellagent.runtime.screens import Screens
from constellagent.runtime.sessions import SessionRegistry
from constellagent.runtime.store.alerts import AlertRow, AlertRows
from constellagent.runtime.store.constellations import Constellations
from constellagent.runtime.store.sessions import SessionRow
from constellagent.runtime.supervisor import Supervisor
from constellagent.runtime.tasks import spawn
from constellagent.spec.models import NotifyState
from constellagent.term.activity import Activity

MOST = 6
"""Words of one agent that are sent within `HOUR`; the last of them says that it is."""
HOUR = 3600.0
SHORTLY = 600.0
"""Seconds within which a state that is only guessed is not told again, nor an end in the same state."""
NEWS = 12 * HOUR
"""Seconds after which the next daemon does not tell an end any more; what was told is known for longer."""
TRIES = (60.0, 300.0)
"""Seconds before a word that could not be sent is tried again."""
_LOOK = 1.0
_CLOSING = 5.0
"""Seconds that words on their way get when the daemon ends."""

Sleep = Callable[[float], Awaitable[None]]
Work = Callable[[], Awaitable[None]]

_log = logging.getLogger(__name__)


class Alerts:
    """Tells owners."""

    def __init__(
        self,
        *,
        contexts: Contexts,
        constellations: Constellations,
        registry: SessionRegistry,
        supervisor: Supervisor,
        screens: Screens,
        rows: AlertRows,
        post: Post,
        clock: Clock,
        note: Callable[[str], str],
        page: Callable[[], str],
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """`note` says what a person should know of the prompt of a session, empty for nothing.

        `page` returns the address of the page, empty where it is not on.
        """
        self._contexts = contexts
        self._constellations = constellations
        self._registry = registry
        self._supervisor = supervisor
        self._screens = screens
        self._rows = rows
        self._post = post
        self._clock = clock
        self._note = note
        self._sleep = sleep
        self._worked: set[str] = set()
        self._pending: dict[str, asyncio.Task[None]] = {}
        self._sending: set[asyncio.Task[None]] = set()
        self._page = page

    async def left(self) -> list[SessionRow]:
        """Return ends that an earlier daemon may not have told; asked before anything ends under this one.

        An end from before the file was applied as it is now is not among them: who asks for words then asks
        for those of what comes.

        Raises:
            WorldError: they cannot be read.
        """
        oldest = self._clock.now() - NEWS
        return [
            row
            for constellation, since in (await self._constellations.since()).items()
            for row in await self._registry.newest(constellation, held=True)
            if _to_tell(row) and (row.ended_at or 0) > max(since, oldest)
        ]

    def resume(self, live: Iterable[SessionRow], left: Iterable[SessionRow]) -> None:
        """Look at the sessions that an earlier daemon left, and tell what it did not come to tell.

        The supervisor has resumed before: an end that a restart follows is not told.
        """
        for row in live:
            if row.role == "agent" and row.id not in self._pending:
                self._begin(row, partial(self._look_at, row))
        for row in left:
            self._begin(row, partial(self._unless_restarted, row))

    def state(self, row: SessionRow, activity: Activity) -> None:
        """Take note that a session does something else now; what it did before is over."""
        if row.role != "agent":
            return
        self._cancel(row.id)
        if works(activity):
            self._worked.add(row.id)
        moment = self._moment(row, activity)
        if moment is not None:
            self._begin(row, partial(self._once_it_lasts, row, moment))

    def prompted(self, row: SessionRow, text: str) -> None:
        """Take note that the first prompt of a session was not typed; who waits for an answer says so too."""
        if row.id not in self._pending:
            moment = Moment("waiting", text, self._clock.now(), names=frozenset({"waiting"}))
            self._begin(row, partial(self._once_unsent, row, moment))

    def paused(self, row: SessionRow, why: str) -> None:
        """Take note that a run stands still until a person lets it go on; with an empty `why` it goes on."""
        self._cancel(row.id)
        if why:
            now, names = self._clock.now(), frozenset[NotifyState]({"waiting"})
            moment = Moment("waiting", f"paused: {why}", now, names=names, paused=True)
            self._begin(row, partial(self._once_paused, row, moment))

    def ended(self, row: SessionRow) -> None:
        """Take note of the end of a session."""
        self._cancel(row.id)
        self._worked.discard(row.id)
        if row.role == "agent" and of_end(row, "") is not None:
            self._begin(row, partial(self._unless_restarted, row))

    async def close(self) -> None:
        """Tell no more; what is on its way has a moment to get there."""
        waiting, sending = list(self._pending.values()), list(self._sending)
        self._pending.clear()
        for task in waiting:
            task.cancel()
        if sending:
            await asyncio.wait(sending, timeout=_CLOSING)
        for task in sending:
            task.cancel()
        await asyncio.gather(*waiting, *sending, return_exceptions=True)

    def _begin(self, row: SessionRow, work: Work) -> None:
        self._pending[row.id] = spawn(self._try(row, work), name=f"word of {row.subject}")

    def _cancel(self, session: str) -> None:
        task = self._pending.pop(session, None)
        if task is not None:
            task.cancel()

    def _commit(self, session: str) -> None:
        """Let the word of this task go out whatever the agent does from here on."""
        task = asyncio.current_task()
        if task is not None and self._pending.get(session) is task:
            del self._pending[session]
            self._sending.add(task)

    async def _try(self, row: SessionRow, work: Work) -> None:
        """Tell something; where it could not be sent and is not over yet, some time later again."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("not in a task")
        try:
            for wait in (*TRIES, None):
                try:
                    await work()
                except ConstellagentError as error:
                    _log.warning("the owner is not told of %s: %s", row.subject, error.message)
                else:
                    return
                self._sending.discard(task)
                if wait is None or self._pending.setdefault(row.id, task) is not task:
                    return
                await self._sleep(wait)
        finally:
            self._sending.discard(task)
            if self._pending.get(row.id) is task:
                del self._pending[row.id]

    def _moment(self, row: SessionRow, activity: Activity) -> Moment | None:
        standing = self._screens.standing(row.id)
        since = self._clock.now() if standing is None else standing.since
        return of_activity(activity, since, worked=row.id in self._worked)

    async def _once_it_lasts(self, row: SessionRow, moment: Moment, *, recalled: bool = False) -> None:
        """Tell a moment; whatever ends it before that ends this too."""
        await self._sleep(moment.settle)
        standing = self._screens.standing(row.id)
        now = None if standing is None else self._moment(row, standing.activity)
        if now is None or now.state != moment.state or await self._told(row, now, recalled=recalled):
            return
        if await self._tell(row, now) and now.state in {"done", "failed"}:
            self._worked.discard(row.id)

    async def _once_unsent(self, row: SessionRow, moment: Moment) -> None:
        """Tell that a first prompt was not typed, if that is so still."""
        await self._sleep(moment.settle)
        if self._note(row.id) == moment.reason:
            await self._once(row, moment)

    async def _once_paused(self, row: SessionRow, moment: Moment) -> None:
        """Tell that a run stands still; to go on and to be paused again is told once more."""
        await self._sleep(moment.settle)
        await self._tell(row, moment)

    async def _once(self, row: SessionRow, moment: Moment) -> None:
        """Tell a moment that comes once in a session."""
        rows = await self._rows.of_session(row.constellation, _agent_of(row), row.id)
        if moment.reason not in {one.reason for one in rows}:
            await self._tell(row, moment)

    async def _look_at(self, row: SessionRow) -> None:
        """Tell what a session has come to that was there before this daemon, if the last one did not."""
        while (standing := self._screens.standing(row.id)) is None:
            await self._sleep(_LOOK)
        moment = self._moment(row, standing.activity)
        if moment is not None:
            await self._once_it_lasts(row, moment, recalled=True)

    async def _unless_restarted(self, row: SessionRow) -> None:
        """Tell an end, once it is known that the agent is not started again, or could not be."""
        while self._supervisor.waits(row):
            await self._sleep(_LOOK)
        held = await self._registry.newest(row.constellation, held=True)
        if row.id not in {one.id for one in held}:
            return
        moment = of_end(row, self._supervisor.reason(row))
        if moment is not None and not await self._told(row, moment):
            await self._tell(row, moment)

    async def _told(self, row: SessionRow, moment: Moment, *, recalled: bool = False) -> bool:
        """Say whether this very moment was told before.

        To come to the same state again is another moment, if that is sure. A guess may have flickered; one
        that is `recalled` from before this daemon does not say well since when it holds.
        """
        rows = await self._rows.of_session(row.constellation, _agent_of(row), row.id)
        same = [one for one in rows if (one.state, one.reason) == (moment.state, moment.reason)]
        if moment.ended:
            return bool(rows) and rows[-1].state == moment.state and moment.since - rows[-1].at < SHORTLY
        if not same or moment.since <= same[-1].at:
            return bool(same)
        if moment.sure:
            return False
        return (recalled and same[-1] is rows[-1]) or self._clock.now() - same[-1].at < SHORTLY

    async def _tell(self, row: SessionRow, moment: Moment) -> bool:
        """Tell it, if the file asks for it and there is somebody to tell; says whether they know now.

        Who has the terminal knows without a word.
        """
        agent = _agent_of(row)
        applied = await self._constellations.get(row.constellation)
        context = None if applied is None else await self._contexts.of_applied(applied)
        if context is None or agent not in context.desired.agents:
            return False
        if not moment.names.intersection(context.constellation.notify):
            return False
        way = await self._post.way(context, agent)
        if way is None:
            return False
        told = await self._rows.sent_since(row.constellation, agent, self._clock.now() - HOUR)
        if len(told) >= MOST:
            _log.info("%s: its owner was told %d times within an hour, and is not now", agent, MOST)
            return False
        seen = await self._registry.attached(row.id)
        facts = await self._facts(context, row, told)
        self._commit(row.id)
        about = row.constellation, agent, row.id, moment.state, moment.reason
        number = await self._rows.put(AlertRow(*about, self._clock.now(), sent=not seen))
        if seen:
            _log.debug("%s: somebody has its terminal", agent)
            return True
        try:
            await self._post.send(context, way, letter(moment, facts))
        except InDoubtError:
            _log.warning("%s: nobody knows whether its owner was told", agent)
        except ConstellagentError:
            await self._rows.drop(number)
            raise
        return True

    async def _facts(self, context: Context, row: SessionRow, told: list[float]) -> Facts:
        agent = _agent_of(row)
        record = (await context.world.records.all()).get(agent)
        return Facts(
            agent=agent,
            constellation=context.desired.name,
            file=str(context.file),
            branch=record.branch if record else "",
            path=str(record.path) if record else "",
            screen=await self._screen(context, row),
            note=self._note(row.id),
            page=self._page(),
            quiet_until=told[0] + HOUR if len(told) + 1 >= MOST and told else None,
            told=len(told) + 1,
        )

    async def _screen(self, context: Context, row: SessionRow) -> list[str]:
        request = ScreenRequest(file=str(context.file), subject=row.subject, form="text")
        try:
            view = await self._screens.screen(row, request)
        except ConstellagentError as error:
            return [f"(it cannot be looked at: {error.message})"]
        return base64.b64decode(view["data"]).decode(errors="replace").splitlines()


def _to_tell(row: SessionRow) -> bool:
    """Say whether a session's end is of those that are told."""
    return row.role == "agent" and of_end(row, "") is not None


def _agent_of(row: SessionRow) -> str:
    """Return whose session it is; that of a schedule's run is called `agent/schedule`."""
    return row.subject.partition("/")[0]
