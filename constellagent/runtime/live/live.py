"""The stream behind `Control.watch`: full views first, then what differs, and what happens."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, cast

from constellagent.runtime.clock import Clock
from constellagent.runtime.control import ConstellationView
from constellagent.runtime.live.looking import Looker, Looks, changed_agents, shape
from constellagent.runtime.live.news import News
from constellagent.runtime.live_views import LiveItem
from constellagent.runtime.tasks import spawn


@dataclass(slots=True)
class _Shared:
    """One `Looks` and how many watch it."""

    looks: Looks
    task: asyncio.Task[None] | None = None
    watchers: int = 0
    open: set[asyncio.Event] = field(default_factory=set)


class Live:
    """All watches of the daemon."""

    def __init__(self, looker: Looker, news: News, clock: Clock) -> None:
        """`looker` gives the views; it is asked only while somebody watches."""
        self._looker = looker
        self._news = news
        self._clock = clock
        self._shared: dict[str | None, _Shared] = {}

    @property
    def watched(self) -> bool:
        """Somebody watches."""
        return bool(self._shared)

    def poke(self, *, whole: bool = True) -> None:
        """Say that something changed that views show; not `whole` where memory alone can tell what."""
        for shared in self._shared.values():
            shared.looks.stale(whole=whole)

    async def watch(self, file: str | None) -> AsyncIterator[LiveItem]:
        """Yield items until the caller leaves.

        Raises:
            ConstellagentError: the first look failed, as where the file cannot be read.
        """
        shared, stirred = self._join(file), asyncio.Event()
        shared.open.add(stirred)
        reader = self._news.open(file)
        reader.stirred = stirred
        try:
            shown: list[ConstellationView] | None = None
            while True:
                await stirred.wait()
                stirred.clear()
                if shown is None and shared.looks.views is None:
                    if shared.looks.failure is not None:
                        raise shared.looks.failure
                    continue
                item, shown = _difference(shown, shared.looks.views or [])
                if item:
                    yield item
                for event in reader.take():
                    yield LiveItem(event=event)
        finally:
            self._news.close(reader)
            shared.open.discard(stirred)
            await self._leave(file, shared)

    async def close(self) -> None:
        """End all looking; watches get nothing more."""
        for file, shared in list(self._shared.items()):
            shared.watchers = 0
            await self._leave(file, shared)

    def _join(self, file: str | None) -> _Shared:
        shared = self._shared.get(file)
        if shared is None:
            shared = self._shared[file] = _Shared(Looks(file, self._looker, self._clock))

            def changed() -> None:
                for stirred in shared.open:
                    stirred.set()

            shared.task = spawn(shared.looks.run(changed), name="look for those who watch")
        shared.watchers += 1
        if shared.looks.views is not None:
            asyncio.get_running_loop().call_soon(_stir, shared)
        return shared

    async def _leave(self, file: str | None, shared: _Shared) -> None:
        shared.watchers -= 1
        if shared.watchers > 0 or shared.task is None:
            return
        if self._shared.get(file) is shared:
            del self._shared[file]
        task, shared.task = shared.task, None
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _stir(shared: _Shared) -> None:
    for stirred in shared.open:
        stirred.set()


def _difference(
    shown: list[ConstellationView] | None, now: list[ConstellationView]
) -> tuple[LiveItem, list[ConstellationView]]:
    """Return what to send to somebody who was shown the first, and what is shown then."""
    if shown is None or shape(shown) != shape(now):
        return LiveItem(views=cast("list[dict[str, Any]]", now)), now
    changed = changed_agents(shown, now)
    if not changed:
        return LiveItem(), now
    return LiveItem(agents=cast("dict[str, list[dict[str, Any]]]", changed)), now
