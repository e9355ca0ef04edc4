"""The screens of all sessions of this daemon, live or ended, and what the sessions do.

Live ones are followed from the moment they start, or, after a daemon's death, made again one after the other
in the background, the latest that wrote first; whoever asks for one gets it at once. Those that are quiet
are kept on disk, and take little memory.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

from constellagent.errors import ConstellagentError, UnavailableError
from constellagent.runtime.clock import Clock
from constellagent.runtime.memory import give_back
from constellagent.runtime.paths import Paths
from constellagent.runtime.reports import Reports
from constellagent.runtime.screen_views import ScreenRequest, ScreenView
from constellagent.runtime.screens.activities import Activities, OnChange, Standing
from constellagent.runtime.screens.aside import Aside
from constellagent.runtime.screens.canvas import Canvas
from constellagent.runtime.screens.following import Following
from constellagent.runtime.screens.rebuild import last_written, rebuild
from constellagent.runtime.screens.terminal import Terminal
from constellagent.runtime.screens.views import Wanted, view
from constellagent.runtime.settings import Settings
from constellagent.runtime.store.sessions import SessionRow
from constellagent.runtime.tasks import spawn
from constellagent.term.activity import Activity, Signs

_ATTACH_PATIENCE = 1.0
"""Seconds within which a session that has just started should be followed."""
_READY_PATIENCE = 10.0
"""Seconds within which the screen of a live session must be there."""
_END_PATIENCE = 1.0
"""Seconds in which the last output of a session that ended should arrive."""
_LOOK = 1.0
"""Seconds between two looks at which sessions have fallen quiet."""
_QUIET = 2.0
"""Seconds without output after which a screen is worth keeping."""
_KEEP_BYTES = 1 << 16
"""Bytes of output that make a checkpoint worth its while."""
_KEEP_ANYWAY = 30.0
"""Seconds after which the screen of a session that is never quiet is kept too."""
_IDLE = 10.0
"""Seconds without output after which scrollback is compressed."""

_log = logging.getLogger(__name__)


async def _common(row: SessionRow) -> Signs:
    """Return the signs that hold for any program."""
    del row
    return Signs()


class Screens:
    """All screens."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        on_change: OnChange,
        reports: Reports,
        signs_of: Callable[[SessionRow], Awaitable[Signs]] = _common,
    ) -> None:
        """Tell what sessions do, known by `signs_of`, by `on_change`, which may neither block nor raise.

        What their programs report goes to `reports`, which tells the trackers the states in it.
        """
        self._signs_of = signs_of
        self._paths: Paths = settings.paths
        self._clock = clock
        self._canvas = Canvas.of(settings)
        self._aside = Aside()
        self._activities = Activities(clock, self._changed)
        self._on_change = on_change
        self._reports = reports
        reports.on_state = self._activities.hook
        self._following: dict[str, Following] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._kept_at: dict[str, float] = {}
        self._over: set[str] = set()
        self._chores: list[asyncio.Task[None]] = []

    async def start(self, live: Iterable[SessionRow]) -> None:
        """Take over the sessions that an earlier daemon left, and begin to look after all."""
        self._reports.start()
        for row in live:
            signs = await self._signs(row)
            if row.id not in self._over:
                self._follow(row, signs, new=False)
        self._over.clear()
        self._chores = [
            spawn(self._restore(), name="make screens again"),
            spawn(self._look_after(), name="look after screens"),
        ]

    async def started(self, row: SessionRow) -> None:
        """Follow a session that has just started; returns once its program's questions are answered here."""
        following = self._follow(row, await self._signs(row), new=True)
        try:
            async with asyncio.timeout(_ATTACH_PATIENCE):
                await following.attached.wait()
        except TimeoutError:
            _log.warning("session %s: its holder does not answer; tried again in the background", row.id)

    async def ended(self, row: SessionRow) -> None:
        """Let go of a session that has ended, once its last output is on the screen and the screen kept."""
        following = self._following.get(row.id)
        if following is not None:
            following.go.set()
            try:
                async with asyncio.timeout(_END_PATIENCE):
                    await following.over.wait()
            except TimeoutError:
                _log.debug("session %s ended without a last word", row.id)
            await self._drop(row.id)
        elif not self._chores:  # it is not taken over yet, and need not be any more
            self._over.add(row.id)
        await self._reports.ended(row)

    def typed(self, session: str) -> None:
        """Take note that somebody gave the session input."""
        self._activities.typed(session)

    def standing(self, session: str) -> Standing | None:
        """Return what a live session does; None where that is not known (yet)."""
        following = self._following.get(session)
        if following is None or not following.terminal.ready.is_set():
            return None
        return self._activities.standing(session)

    async def screen(self, row: SessionRow, request: ScreenRequest) -> ScreenView:
        """Return what the terminal of a session shows, or showed when it ended.

        Raises:
            UnavailableError: its screen is not there yet.
            WorldError: what is kept of it cannot be read.
        """
        following = self._following.get(row.id)
        if following is None:
            return await self._aside.run(lambda: self._of_disk(row, Wanted.of(request)))
        following.go.set()
        try:
            async with asyncio.timeout(_READY_PATIENCE):
                await following.terminal.ready.wait()
        except TimeoutError as error:
            raise UnavailableError(
                f"the terminal of {row.subject} cannot be reached",
                hint="`constellagent status` says what is known of the session",
            ) from error
        return await following.terminal.view(request)

    async def close(self) -> None:
        """Keep what changed, and let go of all sessions, which go on."""
        for task in self._chores:
            task.cancel()
        await asyncio.gather(*self._chores, return_exceptions=True)
        await asyncio.gather(*(self._drop(session) for session in list(self._following)))
        self._activities.close()
        self._aside.close()
        await self._reports.close()

    async def _signs(self, row: SessionRow) -> Signs:
        try:
            return await self._signs_of(row)
        except ConstellagentError as error:  # it is followed all the same
            _log.warning("session %s: its kind of agent cannot be known: %s", row.id, error.message)
            return Signs()

    def _follow(self, row: SessionRow, signs: Signs, *, new: bool) -> Following:
        folder = self._paths.sessions / row.id
        terminal = Terminal(row, folder, self._canvas, self._aside, self._activities, self._clock)
        following = Following(terminal, self._paths.session_socket(row.id), self._reports, new=new)
        self._activities.begin(row, signs, terminal.look, new=new)
        self._following[row.id] = following
        self._tasks[row.id] = spawn(following.run(), name=f"screen of {row.id}")
        return following

    def _changed(self, row: SessionRow, activity: Activity, before: Activity) -> None:
        if before.source == "hook" != activity.source:
            self._reports.overruled(row.id)
        self._on_change(row, activity, before)

    async def _drop(self, session: str) -> None:
        following = self._following.pop(session, None)
        task = self._tasks.pop(session, None)
        self._kept_at.pop(session, None)
        if following is None or task is None:
            return
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await following.terminal.close()
        self._activities.end(session)

    async def _restore(self) -> None:
        """Make the screens of an earlier daemon's sessions again, one after the other."""
        waiting = [following for following in self._following.values() if not following.go.is_set()]
        folders = [self._paths.sessions / following.terminal.row.id for following in waiting]
        times = await self._aside.run(lambda: [last_written(folder) for folder in folders])
        for _, following in sorted(zip(times, waiting, strict=True), key=lambda each: -each[0]):
            following.go.set()
            try:
                async with asyncio.timeout(_READY_PATIENCE):
                    await following.terminal.ready.wait()
            except TimeoutError:
                continue  # it tries again by itself

    async def _look_after(self) -> None:
        """Keep and compress what has fallen quiet."""
        while True:
            await asyncio.sleep(_LOOK)
            compressed = False
            for session, following in list(self._following.items()):
                try:
                    compressed = await self._settle(session, following.terminal) or compressed
                except Exception:  # noqa: BLE001 - one screen that fails must not keep the others from being kept
                    _log.exception("the screen of session %s could not be looked after", session)
            if compressed:
                await self._aside.run(give_back)

    async def _settle(self, session: str, terminal: Terminal) -> bool:
        """Keep or compress one screen if it is time; says whether it was compressed."""
        now = self._clock.monotonic()
        quiet = now - terminal.changed_at
        kept = now - self._kept_at.get(session, 0.0)
        if terminal.fresh >= _KEEP_BYTES and (quiet >= _QUIET or kept >= _KEEP_ANYWAY):
            self._kept_at[session] = now
            await terminal.keep()
        if not terminal.loose or quiet < _IDLE:
            return False
        await terminal.compress()
        return True

    def _of_disk(self, row: SessionRow, wanted: Wanted) -> ScreenView:
        rebuilt = rebuild(self._paths.sessions / row.id, self._canvas)
        try:
            return view(rebuilt.screen, row.id, rebuilt.offset, wanted)
        finally:
            rebuilt.screen.close()
