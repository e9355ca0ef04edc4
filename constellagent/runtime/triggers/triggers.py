"""Everything that wakes agents beside the clock, as one thing to start, to refresh and to close.

What is listened to follows what is in effect: an apply that adds the first schedule for mail opens a mailbox,
one that removes the last webhook closes the port.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from constellagent.errors import ConstellagentError
from constellagent.ravi.client.audit import AuditLines
from constellagent.ravi.vault import RootKey
from constellagent.runtime.clock import Clock
from constellagent.runtime.contexts import Contexts
from constellagent.runtime.schedule_views import HookView
from constellagent.runtime.sessions import SessionRegistry
from constellagent.runtime.settings import Settings
from constellagent.runtime.store.bindings import Bindings
from constellagent.runtime.store.constellations import Constellations
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.hooks import HookRows
from constellagent.runtime.store.ledger import Ledger
from constellagent.runtime.store.schedules import ScheduleRows
from constellagent.runtime.store.sessions import SessionRow
from constellagent.runtime.store.waiting import WaitingRows
from constellagent.runtime.store.watermarks import Watermarks
from constellagent.runtime.triggers.door import Door
from constellagent.runtime.triggers.ends import Ends
from constellagent.runtime.triggers.hooks import Hooks
from constellagent.runtime.triggers.mailbox import Mailbox, Post
from constellagent.runtime.triggers.mailboxes import Mailboxes, is_woken_by_messages
from constellagent.runtime.triggers.origins import Origins
from constellagent.runtime.triggers.patience import Sleep
from constellagent.runtime.triggers.scheduling import Scheduling, Waking
from constellagent.runtime.triggers.turns import TurnEnds

Found = TypeVar("Found")

_PROVIDERS = ("local", "ravi")
_log = logging.getLogger(__name__)


class Triggers:
    """Mail, texts, ends of agents and webhooks of all constellations."""

    def __init__(
        self,
        *,
        scheduling: Scheduling,
        ledger: Ledger,
        contexts: Contexts,
        constellations: Constellations,
        registry: SessionRegistry,
        database: Database,
        key: RootKey,
        audit: AuditLines,
        settings: Settings,
        clock: Clock,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """`audit` is told of accesses in the daemon's name. Nothing is listened to before `start`."""
        self._scheduling = scheduling
        self._constellations = constellations
        self._schedules = ScheduleRows(database)
        self._watermarks = Watermarks(database)
        self._bindings = Bindings(database, "")
        sessions = settings.paths.sessions
        waking = Waking(scheduling, ledger)
        waiting = WaitingRows(database)
        self._ends = Ends(scheduling, waking, registry, self._schedules, clock, sleep, waiting.turns)
        self.turns = TurnEnds(waiting, registry, self._ends.turn_ended, sleep)
        """Hears of turns; set up by who hears the hooks of programs."""
        self._hooks = Hooks(scheduling, waking, ledger, HookRows(database), key, sessions, clock)
        self._door = Door(settings.paths.home, settings.hooks_port, self._hooks.admit, self._hooks.take)
        self._mailboxes = Mailboxes(self._follow, sleep)
        self._post = Post(
            contexts,
            constellations,
            scheduling,
            waking,
            self._watermarks,
            Origins(self._bindings, ledger, scheduling),
            audit,
            clock,
            sleep,
            self._mailboxes.places,
            self._mailboxes.wait,
        )
        self._changing = asyncio.Lock()
        scheduling.on_end.append(self._ends.run_ended)

    async def start(self) -> None:
        """Listen to all that is in effect; call it when sessions are adopted and the scheduler has started.

        One constellation or port that cannot be listened to is logged and keeps nothing else from it.
        """
        self._ends.start()
        self.turns.start()
        await self._try(self._hooks.load, "the secrets of webhooks cannot be read")
        await self._try(self._hooks.sweep, "what was posted for runs that never began is not removed")
        known = await self._try(self._constellations.all, "no mail, text or post wakes anybody") or []
        for applied in known:
            await self.refresh(applied.id)
            await self._try(partial(self._ends.recover, applied.id), "ends cannot be looked up")

    async def close(self) -> None:
        """Listen to nothing any more; what came meanwhile is found by the next daemon."""
        async with self._changing:
            await self._door.close()
            await self._mailboxes.close()
            await self.turns.close()
            await self._ends.close()

    async def refresh(self, constellation: str) -> None:
        """Listen to what is in effect now; call it after each apply and destroy. Failures are logged."""
        async with self._changing:
            schedules = self._scheduling.schedules(constellation)
            agents = {s.agent for s in schedules.values() if is_woken_by_messages(s)}
            await self._try(partial(self._forget, constellation, agents), "old marks stay for now")
            await self._mailboxes.watch(constellation, agents)
            await self._open_or_close()

    async def session_ended(self, row: SessionRow) -> None:
        """Take note of the end of a session, of whatever role; returns at once."""
        await self._ends.session_ended(row)

    async def hook(self, constellation: str, name: str, *, renew: bool = False) -> HookView:
        """Return where a webhook takes posts, and its secret where that was made just now.

        A secret is made by the first call, and with `renew`, after which the one before opens nothing.

        Raises:
            UsageError: no schedule in effect names such a webhook.
            UnavailableError: posts cannot be taken now.
        """
        async with self._changing:
            schedules = self._hooks.woken(constellation, name)
            await self._door.open()  # first: a secret that is not shown now would never be
            secret = await self._hooks.secret(constellation, name, renew=renew)
        url = f"{self._door.url}/hooks/{constellation}/{name}"
        return HookView(name=name, url=url, secret=secret, schedules=schedules)

    async def _follow(self, constellation: str, agent: str) -> None:
        await Mailbox(self._post, constellation, agent).follow()

    async def _forget(self, constellation: str, agents: set[str]) -> None:
        """Forget marks and secrets that nothing in effect needs, unless some of that cannot be read."""
        rows = await self._schedules.all(constellation)
        if any(row.key not in self._scheduling.schedules(constellation) for row in rows):
            return
        bound = [b for name in _PROVIDERS for b in await self._bindings.of_provider(name)]
        kept = {b.uuid for b in bound if b.constellation == constellation and b.agent in agents}
        await self._watermarks.keep(constellation, kept)
        await self._hooks.keep(constellation)

    async def _open_or_close(self) -> None:
        """Take posts while some schedule wants them."""
        known = await self._try(self._constellations.all, "whether webhooks are wanted is not known")
        if known is None:
            return
        if any(self._hooks.names(applied.id) for applied in known):
            await self._try(self._door.open, "webhooks are not taken")
        else:
            await self._door.close()

    async def _try(self, do: Callable[[], Awaitable[Found]], otherwise: str) -> Found | None:
        try:
            return await do()
        except ConstellagentError as error:
            hint = f"; {error.hint}" if error.hint else ""
            _log.error("%s: %s%s", otherwise, error.message, hint)
            return None
