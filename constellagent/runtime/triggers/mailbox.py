"""The events of one agent's identity, followed one after another, so that none is lost and none told twice.

An event is told to the scheduler, which writes it down, and only then the mark moves past it. Dying in
between tells it again, which the ledger knows. Nothing of a message goes into the log.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from constellagent.errors import ConstellagentError, WorldError
from constellagent.plan.wakeups import Cause
from constellagent.ravi.client import MissingError
from constellagent.ravi.client.audit import AuditLines
from constellagent.ravi.client.belongings import Belongings
from constellagent.ravi.client.events import Events
from constellagent.ravi.wires.answers_events import Event
from constellagent.runtime.clock import Clock
from constellagent.runtime.contexts import Contexts
from constellagent.runtime.store.bindings import Binding
from constellagent.runtime.store.constellations import Constellations
from constellagent.runtime.store.watermarks import Watermarks
from constellagent.runtime.triggers.arrivals import MAIL, TEXT, Arrival, read
from constellagent.runtime.triggers.origins import Origins, is_from, is_word_to_owner
from constellagent.runtime.triggers.patience import Patience, Sleep
from constellagent.runtime.triggers.patterns import meets
from constellagent.runtime.triggers.scheduling import Scheduling, Waking

POLL = 10.0
"""Seconds between two looks at a provider that answers at once instead of waiting for news."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Post:
    """What all mailboxes work with.

    Attributes:
        contexts: how a constellation reaches its provider.
        constellations: the applied ones.
        scheduling: what is in effect.
        waking: who is told.
        watermarks: up to where each mailbox is decided.
        origins: who sent a message.
        audit: where accesses are told of that the hosted provider does not write down for us.
        clock: the time.
        sleep: waits.
        places: how many requests may wait for news at once.
        wait: how long each of them may, in seconds; fewer where there are more mailboxes than places.
    """

    contexts: Contexts
    constellations: Constellations
    scheduling: Scheduling
    waking: Waking
    watermarks: Watermarks
    origins: Origins
    audit: AuditLines
    clock: Clock
    sleep: Sleep
    places: asyncio.Semaphore
    wait: Callable[[], float]


@dataclass(frozen=True, slots=True)
class _Reached:
    """A mailbox as it is reached now: whose it is, and how its belongings are asked for."""

    provider: str
    binding: Binding
    belongings: Belongings


class Mailbox:
    """Follows what comes for one agent."""

    def __init__(self, post: Post, constellation: str, agent: str) -> None:
        """Name the agent; nothing happens before `follow`."""
        self._post = post
        self._constellation = constellation
        self._agent = agent

    async def follow(self) -> None:
        """Tell the scheduler of everything that comes, until cancelled.

        Returns where there is nobody to follow: the constellation is gone, or the agent has no identity. A
        provider that is away is asked again and again; the mark has not moved meanwhile.
        """
        patience = Patience(self._post.sleep)
        while True:
            try:
                reached = await self._reach()
                if reached is None:
                    return
                mark = await self._begin(reached)
                while True:
                    mark = await self._step(reached, mark)
                    if patience.failing:
                        _log.info("mail and texts for %s are followed again", self._agent)
                    patience.worked()
            except ConstellagentError as error:
                if not patience.failing:
                    _log.warning("mail and texts for %s cannot be followed: %s", self._agent, error.message)
                await patience.rest((error.delay or 0.0) if isinstance(error, WorldError) else 0.0)

    async def _reach(self) -> _Reached | None:
        applied = await self._post.constellations.get(self._constellation)
        if applied is None:
            return None
        context = await self._post.contexts.of_applied(applied)
        provider = context.desired.provider
        binding = await context.bindings.get(self._agent, provider)
        if binding is None or binding.archived:
            _log.info("no mail or text can wake %s: it has no identity", self._agent)
            return None
        client = await context.provider.connect()
        return _Reached(provider, binding, client.of(binding.uuid))

    async def _begin(self, reached: _Reached) -> int:
        """Return the mark from which on events are told; the first time that is now."""
        events, identity = reached.belongings.events, reached.binding.uuid
        known = await self._post.watermarks.get(self._constellation, identity)
        try:
            newest = await events.latest()
        except MissingError:
            if known is not None:
                return known
            newest = await _last(events)
        if known is not None and known <= newest:
            return known
        # Beyond the newest there was never an event that is still to be told: the provider's memory is older
        # than ours, as after a restored backup.
        await self._post.watermarks.put(self._constellation, identity, newest)
        return newest

    async def _step(self, reached: _Reached, mark: int) -> int:
        """Wait for news and tell of it; returns the new mark."""
        post = self._post
        async with post.places:
            begin, wait = post.clock.monotonic(), post.wait()
            news = await reached.belongings.events.since(mark, wait=wait, types=(MAIL, TEXT))
            asked = post.clock.monotonic() - begin
        if news and reached.provider != "local":
            await post.audit.note(reached.binding.uuid, "events.read", about=f"{len(news)} events")
        for event in news:
            await self._take(reached, event)
            mark = event.seq
            await post.watermarks.put(self._constellation, reached.binding.uuid, mark)
        if not news and asked < min(wait, POLL) / 2:
            await post.sleep(POLL)
        return mark

    async def _take(self, reached: _Reached, event: Event) -> None:
        async def tell(action: str, about: str) -> None:
            if reached.provider != "local":  # which does it itself
                await self._post.audit.note(reached.binding.uuid, action, about=about)

        post = self._post
        arrival = await read(event, reached.belongings, tell, post.clock.now())
        if arrival is None or arrival.automatic or is_from(arrival, reached.binding):
            return
        keys, depth = self._woken(arrival), 0
        if not keys:
            return
        sender = await post.origins.sender(arrival, reached.provider)
        if sender is not None:
            if is_word_to_owner(arrival, sender):
                return
            depth = await post.origins.depth(arrival, sender)
        cause = Cause(arrival.kind, event.id, arrival.at, depth)
        await post.waking.tell(self._constellation, keys, cause)

    def _woken(self, arrival: Arrival) -> list[str]:
        """Return the schedules that such a message wakes."""
        found = []
        for key, schedule in self._post.scheduling.schedules(self._constellation).items():
            on = schedule.spec.on
            if on is None or schedule.agent != self._agent:
                continue
            wanted = on.email if arrival.kind == "email" else on.sms
            if wanted is not None and meets(wanted, arrival.sender, arrival.subject, arrival.text):
                found.append(key)
        return found


async def _last(events: Events) -> int:
    """Return the number of the newest event, at a provider that only lists them."""
    newest = 0
    while news := await events.since(newest):
        newest = news[-1].seq
    return newest
