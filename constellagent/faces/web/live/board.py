"""The newest look at everything, kept while anybody needs it: one watch of the daemon for all who ask.

Requests are answered from here, encoded once for all who ask the same, and those who stay are told of each
change. Nothing is looked at for nobody: some time after the last one has left the watch ends.
"""

import asyncio
import hashlib
import logging
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from typing import Any, cast

from constellagent.errors import ConstellagentError, UnavailableError
from constellagent.faces.web.live.frames import ConstellationRow, Frame, Marks, encode
from constellagent.faces.web.live.listeners import Audience, Listener
from constellagent.faces.web.live.rows import changed, find, only, row_of, session_of
from constellagent.faces.web.problems import UnknownError
from constellagent.runtime.control import ConstellationView, Control
from constellagent.runtime.live_views import LiveItem
from constellagent.runtime.tasks import spawn

GRACE = 60.0
"""Seconds that the watch goes on when nobody needs it any more."""
FIRST_LOOK = 30.0
"""Seconds that the first look may take, before whoever waits for it is told so."""
MOST_EVENTS = 500
"""Events of before that a newcomer is told."""

_log = logging.getLogger(__name__)


class Board:
    """All constellations as they are now.

    Each method that looks raises the daemon's error where that cannot look, and UnavailableError where it
    takes too long.
    """

    def __init__(self, control: Control, *, grace: float = GRACE) -> None:
        """Nothing is asked of `control` before somebody asks here."""
        self._control = control
        self._grace = grace
        self._marks = Marks()
        self._rows: list[ConstellationRow] | None = None
        self._events: deque[Frame] = deque(maxlen=MOST_EVENTS)
        self._listeners: set[Listener] = set()
        self._watch: asyncio.Task[None] | None = None
        self._warm: asyncio.Future[None] | None = None
        self._ending: asyncio.TimerHandle | None = None
        self._cache: dict[tuple[str, ...], tuple[int, bytes]] = {}
        self._changed_at: dict[str, int] = {}
        self._shape_at = 0
        self._closed = False

    async def rows(self) -> list[ConstellationRow]:
        """Return all constellations; they are shared by all, and not to be changed."""
        self._need()
        if self._rows is None:
            await self._first_look()
        if self._rows is None:
            raise _ending()
        return self._rows

    async def row(self, name: str) -> ConstellationRow:
        """Return the constellation with this id, or this name.

        Raises:
            UnknownError: there is none.
            UsageError: several have the name.
        """
        rows = await self.rows()
        try:
            return find(rows, name)
        except UnknownError:
            # It may have been applied since the last look.
            fresh = [row_of(view) for view in await self._control.status(None)]
            return find(fresh, name)

    async def encoded(self, file: str, what: tuple[str, ...], make: Callable[[], bytes]) -> tuple[bytes, str]:
        """Return what `make` encodes, and its mark; it is made anew only after a change in `file`.

        An empty `file` stands for all constellations together. What is not known here is made every time.
        """
        rows = await self.rows()
        if file and not any(row["file"] == file for row in rows):
            made = make()
            return made, hashlib.blake2b(made, digest_size=12).hexdigest()
        of_agents = self._changed_at
        version = max(self._shape_at, of_agents.get(file, 0) if file else max(of_agents.values(), default=0))
        key = (file, *what)
        known = self._cache.get(key)
        if known is None or known[0] != version:
            known = self._cache[key] = (version, make())
        return known[1], self._marks.mark(version)

    async def listen(self, audience: Audience, since: str = "") -> Listener:
        """Begin to watch, from a mark on where that is known here, else anew; end it with `leave`."""
        await self.rows()
        kept = self._marks.since(since) if since else None
        first = self._anew(audience) if kept is None else self._seen(kept, audience)
        listener = Listener(audience, first, self._select)
        self._listeners.add(listener)
        self._need()
        return listener

    def leave(self, listener: Listener) -> None:
        """End a watch; harmless if done twice."""
        self._listeners.discard(listener)
        if self._watch is not None:
            self._need()

    async def another_session(self, file: str, subject: str, session: str) -> bool:
        """Wait until a subject has a live session other than this one; False where nobody can tell."""
        listener = await self.listen(Audience())
        try:
            while not listener.over:
                found = session_of(self._rows or [], file, subject)
                if found is not None and found["live"] and found["id"] != session:
                    return True
                await listener.wait(self._grace)
                listener.take()
                listener.stale = False
        finally:
            self.leave(listener)
        return False

    def caught_up(self, listener: Listener) -> Frame:
        """Return one full view for a listener for which frames were left out."""
        listener.stale = False
        rows = self._visible(listener.audience)
        return self._marks.frame("views", rows, self._marks.number, stale=True)

    def mark(self, frame: Frame) -> str:
        """Return the mark of a frame, to come back with."""
        return self._marks.mark(frame.number)

    @property
    def watching(self) -> bool:
        """The daemon is being watched."""
        return self._watch is not None

    async def close(self) -> None:
        """End the watch, and all who listen; there is none afterwards."""
        self._closed = True
        if self._ending is not None:
            self._ending.cancel()
        for listener in self._listeners:
            listener.end()
        watch = self._let_go()
        if watch is not None:
            await asyncio.gather(watch, return_exceptions=True)

    def _need(self) -> None:
        """Keep the watch for a while; with nobody left it ends then."""
        if self._closed:
            raise _ending()
        if self._watch is None:
            self._marks = Marks()  # a new watch tells anew what is old, too
            self._changed_at.clear()
            self._events.clear()
            self._warm = asyncio.get_running_loop().create_future()
            self._watch = spawn(self._follow(self._warm), name="watch for the web")
        if self._ending is not None:
            self._ending.cancel()
        self._ending = asyncio.get_running_loop().call_later(self._grace, self._unneeded)

    def _unneeded(self) -> None:
        self._ending = None
        if not self._listeners:
            self._let_go()

    def _let_go(self) -> asyncio.Task[None] | None:
        """End the watch, and return it while it still has to clean up."""
        watch, self._watch = self._watch, None
        self._rows = None
        self._cache.clear()
        if watch is not None:
            watch.cancel()
        return watch

    async def _first_look(self) -> None:
        warm = self._warm
        if warm is None:
            return
        try:
            async with asyncio.timeout(FIRST_LOOK):
                await asyncio.shield(warm)
        except TimeoutError as error:
            raise UnavailableError(
                "the first look at all agents takes too long", hint="ask again; the daemon goes on looking"
            ) from error

    async def _follow(self, warm: asyncio.Future[None]) -> None:
        """Take what the daemon tells, until cancelled or the daemon ends."""
        failure: ConstellagentError = _ending()
        try:
            items = cast("AsyncGenerator[LiveItem, None]", self._control.watch(None))
            async with aclosing(items) as open_items:
                async for item in open_items:
                    self._take(item)
                    if self._rows is not None and not warm.done():
                        warm.set_result(None)
        except ConstellagentError as error:
            failure = error
            _log.info("watching for the web ended: %s", error.message)
        finally:
            if not warm.done():
                warm.set_exception(failure)
                warm.exception()  # whoever waits is told; where nobody does, that is no fault
            self._ended()

    def _ended(self) -> None:
        """Take note that nothing more comes of the present watch; whoever stays has to come again."""
        if asyncio.current_task() is not self._watch:
            return
        self._watch = None
        self._rows = None
        listeners, self._listeners = self._listeners, set()
        for listener in listeners:
            listener.end()

    def _take(self, item: LiveItem) -> None:
        if "views" in item:
            self._rows = [row_of(cast("ConstellationView", view)) for view in item["views"]]
            self._cache.clear()
            frame = self._marks.add("views", self._rows)
            self._shape_at = frame.number
        elif "agents" in item:
            self._rows = changed(self._rows or [], item["agents"])
            frame = self._marks.add("agents", item["agents"])
            self._changed_at |= dict.fromkeys(item["agents"], frame.number)
        else:
            event = item["event"]
            self._events.append(Frame(0, "event", event, encode({"event": event})))
            frame = self._marks.add("event", item["event"])
        for listener in self._listeners:
            listener.put(frame)

    def _anew(self, audience: Audience) -> list[Frame]:
        first = self._marks.frame("views", self._visible(audience), self._marks.number, fresh=True)
        return [first, *self._seen(self._events, audience)]

    def _seen(self, frames: Iterable[Frame], audience: Audience) -> list[Frame]:
        return [seen for frame in frames if (seen := self._select(frame, audience)) is not None]

    def _visible(self, audience: Audience) -> list[ConstellationRow]:
        rows = self._rows or []
        return only(rows, audience) if audience.agent else rows

    def _select(self, frame: Frame, audience: Audience) -> Frame | None:
        """Return what an audience may see of a frame; None for nothing."""
        if not audience.agent:
            return frame
        seen: Any = frame.value
        if frame.kind == "event":
            return frame if audience.sees(seen["file"], seen["subject"]) else None
        if frame.kind == "views":
            seen = only(seen, audience)
        else:
            mine = [row for row in seen.get(audience.file, ()) if row["name"] == audience.agent]
            if not mine:
                return None
            seen = {audience.file: mine}
        return self._marks.frame(frame.kind, seen, frame.number)


def _ending() -> UnavailableError:
    return UnavailableError("the daemon is about to end", hint="ask again in a moment")
