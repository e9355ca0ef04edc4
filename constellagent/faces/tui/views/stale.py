"""When what a view shows was fetched, and what went wrong since: a fault never takes away what is known.

The fleet changes many times a second; a view asks the daemon anew at most once in a while because of that,
and at once where a person asks for it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from prompt_toolkit.layout import AnyContainer

from constellagent.errors import ConstellagentError, UnavailableError
from constellagent.faces.tui.deck import Deck
from constellagent.faces.tui.views.keys_to import shown
from constellagent.faces.tui.views.moments import when
from constellagent.faces.tui.words import Fragments, clean

PAUSE = 2.0
"""Seconds between two fetches that no person asked for."""


def unknown(deck: Deck) -> ConstellagentError | None:
    """Return why it is not known which constellations there are; None where that is known."""
    if deck.fleet.connected or deck.fleet.constellations:
        return None
    return UnavailableError(
        "the daemon does not answer yet", hint="it is started when it is away; wait for it"
    )


class Freshness:
    """How old what is shown is.

    Attributes:
        fault: why the last fetching failed, one line; empty where it did not.
        at: when all that is shown was fetched, epoch seconds; None before it was.
    """

    def __init__(self) -> None:
        self.fault = ""
        self.at: float | None = None
        self._hint = ""

    def fetched(self, now: float) -> None:
        """Take note that all of it is as of now."""
        self.at, self.fault = now, ""

    def failed(self, error: ConstellagentError) -> None:
        """Take note that it could not be had."""
        self.fault = clean(error.message.partition("\n")[0]) or "nobody says why"
        self._hint = clean(error.hint)

    def lines(self, now: float) -> Sequence[Fragments]:
        """Return what there is to say about it, none where all is well.

        The age is told as a time of the clock, which stays right without another frame.
        """
        if not self.fault:
            return []
        lines: list[Fragments] = [[("class:tone.error", self.fault)]]
        if self._hint:
            lines.append([("", self._hint)])
        known = f"what is shown is as of {when(self.at, now).strip()}; " if self.at is not None else ""
        return [*lines, [("class:dim", f"{known}r tries again")]]

    def nothing(self, *otherwise: str) -> Sequence[str]:
        """Return what an empty view says: `otherwise` only where it is known that there is nothing."""
        if self.at is not None:
            return otherwise
        return [] if self.fault else ["Looking\N{HORIZONTAL ELLIPSIS}"]


class Fetching:
    """Fetches for one view, never twice at once.

    Attributes:
        fresh: how old what it fetched is.
    """

    def __init__(
        self,
        deck: Deck,
        fetch: Callable[[], Awaitable[None]],
        container: Callable[[], AnyContainer],
        pause: float = PAUSE,
    ) -> None:
        """`fetch` gets all and shows it; `container` is the view's, `pause` in seconds."""
        self.fresh = Freshness()
        self._deck = deck
        self._fetch = fetch
        self._container = container
        self._pause = pause
        self._last = float("-inf")
        self._waits = False
        self._one = asyncio.Lock()

    async def now(self) -> None:
        """Fetch at once, as a person wants it.

        Raises:
            ConstellagentError: it cannot be had.
        """
        async with self._one:
            try:
                await self._fetch()
            except ConstellagentError as error:
                self.fresh.failed(error)
                raise
            else:
                self.fresh.fetched(self._deck.now())
            finally:
                self._last = asyncio.get_running_loop().time()
                self._deck.redraw()

    async def soon(self) -> None:
        """Fetch when the last time is long enough ago; whoever asks meanwhile is served by the same.

        Raises:
            ConstellagentError: it cannot be had, for another reason than the one that is shown already.
        """
        if self._waits:
            return
        if self._one.locked() or self._left() > 0:
            self._waits = True
            try:
                await self._until_then()
            finally:
                self._waits = False
            if not shown(self._container()):
                return
        known = self.fresh.fault
        try:
            await self.now()
        except ConstellagentError:
            if self.fresh.fault != known:
                raise

    async def _until_then(self) -> None:
        """Wait for the end of what is being fetched, which may have missed the change, and for the pause."""
        while self._one.locked() or self._left() > 0:
            if self._one.locked():
                async with self._one:
                    continue
            await asyncio.sleep(self._left())

    def _left(self) -> float:
        """Return the seconds until the pause is over."""
        return self._last + self._pause - asyncio.get_running_loop().time()

    def again(self) -> None:
        """Fetch at once, beside the keys."""
        self._deck.spawn(self.now(), "fetch what a view shows")
