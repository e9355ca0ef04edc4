"""The loop over the wall clock: what is due is decided, what may start is started, then it waits.

It never ends by itself. Where the world fails (a full disk) nothing starts and no cursor moves; it says so
once and tries again, ever more seldom.
"""

import logging
from datetime import timedelta

from constellagent.errors import ConstellagentError
from constellagent.runtime.clock import Clock
from constellagent.runtime.scheduler.alarm import LONGEST, Alarm
from constellagent.runtime.scheduler.books import Books
from constellagent.runtime.scheduler.clockwork import Clockwork, Doubt
from constellagent.runtime.scheduler.deciding import Deciding
from constellagent.runtime.scheduler.going import Going
from constellagent.runtime.scheduler.outlook import is_behind
from constellagent.runtime.scheduler.pace import Pace
from constellagent.runtime.scheduler.recovery import Recovery
from constellagent.runtime.scheduler.starts import Starts

_log = logging.getLogger(__name__)

KEPT = timedelta(days=400)
"""How long the rows of the ledger are kept."""
KEPT_ALWAYS = 100
"""Rows of each schedule that are kept however old they are."""
_DAY = 86400.0
_SOON = 60.0
"""Seconds after the start at which old rows are dropped first."""


class Loop:
    """One step after another, each as soon as there is something to do."""

    def __init__(
        self,
        books: Books,
        starts: Starts,
        going: Going,
        recovery: Recovery,
        pace: Pace,
        clock: Clock,
        alarm: Alarm,
    ) -> None:
        """Nothing runs before `run`."""
        self.doubt = Doubt(clock)
        self._books = books
        self._starts = starts
        self._going = going
        self._recovery = recovery
        self._pace = pace
        self._clock = clock
        self._alarm = alarm
        self._deciding = Deciding(books, clock)
        self._clockwork = Clockwork(clock)
        self._trim_at = clock.monotonic() + _SOON
        self._failures = 0
        self._said_behind = False

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            await self._alarm.until(await self.step())

    async def step(self) -> float | None:
        """Do what is to be done now; return when to look again, None where nothing is known to come."""
        try:
            if self._clockwork.look().slept:
                self._pace.woke()
            await self._going.expire()
            parked = self.doubt.wait()
            if parked:
                return self._clock.now() + parked
            await self._work()
        except Exception as error:  # noqa: BLE001 - whatever it was, the loop goes on
            return self._clock.now() + self._failed(error)
        if self._failures:
            _log.info("the scheduler goes on")
            self._failures = 0
        return self._next()

    async def admit(self) -> None:
        """Start what may start already, so that what is decided next finds it started and not waiting.

        Raises:
            WorldError: a claim could not be written down.
        """
        if not self.doubt.wait():
            await self._starts.admit()

    async def _work(self) -> None:
        await self._going.settle()
        await self._recovery.look()
        for run in await self._deciding.due():
            self._starts.replace(run)
        await self._starts.admit()
        self._say_behind()
        if self._clock.monotonic() >= self._trim_at:
            self._trim_at = self._clock.monotonic() + _DAY
            self._going.chores.add(self._trim(), name="drop old rows of the ledger")

    def _next(self) -> float | None:
        """Return the first time at which there is something to do, by the wall clock."""
        lead = self._clock.now() - self._clock.monotonic()
        spans = (self._going.limits.next(), self._recovery.again)
        times = [span + lead for span in spans if span is not None]
        times += [time for time in (self._books.dues.next(), self._starts.again) if time is not None]
        return min(times, default=None)

    def _failed(self, error: Exception) -> float:
        """Say what failed, once a stretch; return the seconds until the next try."""
        if not self._failures:
            if isinstance(error, ConstellagentError):
                _log.error("nothing is started: %s", error.message)
            else:
                _log.error("nothing is started", exc_info=error)
        self._failures += 1
        return float(min(2.0 ** min(self._failures - 1, 5), LONGEST))

    def _say_behind(self) -> None:
        """Say once that the clock was set back by far."""
        newest = self._books.newest
        behind = newest is not None and is_behind(newest, self._books.now())
        if behind and not self._said_behind:
            _log.warning(
                "the clock is far behind what is decided already; what is due again is not run twice: "
                "`constellagent schedule reset` begins anew from now"
            )
        self._said_behind = behind

    async def _trim(self) -> None:
        dropped = await self._books.ledger.trim(self._books.now() - KEPT, KEPT_ALWAYS)
        if dropped:
            _log.info("dropped %d old rows of the ledger", dropped)
