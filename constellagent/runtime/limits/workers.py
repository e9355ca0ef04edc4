"""Who works now: agents whose program does, runs that go on, and texts that are on their way to an agent."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from constellagent.runtime.screens import Screens
from constellagent.runtime.sessions import SessionRegistry
from constellagent.runtime.store.ledger import Ledger

_WORKING = frozenset({"starting", "working"})


class Workers:
    """Counts who works. A run that is paused does not."""

    def __init__(
        self, registry: SessionRegistry, screens: Screens, ledger: Ledger, is_paused: Callable[[str], object]
    ) -> None:
        """`is_paused` says whether a run is."""
        self._registry = registry
        self._screens = screens
        self._ledger = ledger
        self._is_paused = is_paused
        self._expected: dict[tuple[str, str], int] = {}

    async def of(self, constellation: str, going: Collection[str] | None = None) -> set[str]:
        """Return who works, such as `agent docs` and `run 4711`.

        `going` are the runs of schedules that are being started or go on, where they are known.

        Raises:
            WorldError: that cannot be looked up.
        """
        if going is None:
            rows = await self._ledger.open(constellation)
            going = [row.fire.run for row in rows if row.fire.state != "queued"]
        found = {f"run {run}" for run in going if not self._is_paused(run)}
        for row in await self._registry.live():
            if row.constellation != constellation or row.role == "service":
                continue
            if row.role == "run":
                found |= set() if self._is_paused(row.id) else {f"run {row.id}"}
                continue
            standing = self._screens.standing(row.id)
            if standing is not None and standing.activity.state in _WORKING:
                found.add(f"agent {row.subject}")
        return found | {worker for key, worker in self._expected if key == constellation}

    @contextmanager
    def expect(self, constellation: str, worker: str) -> Iterator[None]:
        """Count an agent or run (as `of` says it) as one that works meanwhile: it is about to."""
        key = constellation, worker
        self._expected[key] = self._expected.get(key, 0) + 1
        try:
            yield
        finally:
            self._expected[key] -= 1
            if not self._expected[key]:
                del self._expected[key]
