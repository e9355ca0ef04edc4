"""Where the diff view has its text from: the list of files, and their patches as they come into sight."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

from constellagent.errors import ConstellagentError, UsageError
from constellagent.faces.tui.deck import AgentId, Deck
from constellagent.faces.tui.views import diff_syntax
from constellagent.faces.tui.views.diff_document import Document, Entry
from constellagent.faces.tui.views.diff_patch import Hunk, parse
from constellagent.faces.tui.views.diff_syntax import Syntax
from constellagent.faces.tui.words import clean
from constellagent.runtime.diff_views import DiffRequest, DiffView

_NOT_BEFORE = 2.0
_OPEN_FILES = 30
_OPEN_LINES = 3_000
_AT_ONCE = 2


class Source:
    """Fetches what one agent changed.

    Attributes:
        agent: whose changes; None where nobody is chosen, who has none.
        document: what was fetched.
        syntax: what was read of it.
        view: the newest list, None before the first.
        against: what it is compared with.
        ignore_space: changes of white space are left out.
        problem: why the last list could not be had; empty where it could.
    """

    def __init__(
        self,
        deck: Deck,
        agent: AgentId | None,
        document: Document,
        keeping: Callable[[], AbstractContextManager[None]],
    ) -> None:
        """`document` is filled; `keeping` surrounds each change of it."""
        self.agent = agent
        self.document = document
        self.syntax = Syntax()
        self.view: DiffView | None = None
        self.against = "base"
        self.ignore_space = False
        self.problem = ""
        self._deck = deck
        self._keeping = keeping
        self._asked_at = float("-inf")
        self._round = 0
        self._fetching: set[str] = set()
        self._reading: set[Hunk] = set()

    async def fetch(self, *, again: bool) -> None:
        """Fetch the list, unless it was asked for a moment ago; with `again` in any case.

        Raises:
            ConstellagentError: it cannot be had; what is there is kept.
        """
        now = self._deck.now()
        if self.agent is None:
            return
        if not again and 0 <= now - self._asked_at < _NOT_BEFORE:
            return
        self._asked_at = now
        self._round += 1
        ours = self._round
        try:
            view = await self._deck.control.diff(self._request(self.agent))
        except ConstellagentError as error:
            self.problem = error.message
            raise
        if ours != self._round:
            return  # something else was asked for meanwhile
        self.problem = ""
        with self._keeping():
            first, self.view = self.view is None, view
            self.document.fill(view["files"])
            if first:
                self._open_some(view)
                self.document.changed()
        self._deck.redraw()

    async def compare(self, *, against: str | None = None, ignore_space: bool | None = None) -> None:
        """Compare with something else, or differently.

        Raises:
            ConstellagentError: that cannot be done; it stays as it was.
        """
        before = (self.against, self.ignore_space)
        self.against = before[0] if against is None else against
        self.ignore_space = before[1] if ignore_space is None else ignore_space
        try:
            await self.fetch(again=True)
        except ConstellagentError:
            self.against, self.ignore_space = before
            self.problem = ""
            raise

    def want(self, entries: Iterable[Entry]) -> None:
        """Fetch the patches of open files that are not there or old, a few at a time."""
        for entry in entries:
            path = entry.change["path"]
            if len(self._fetching) >= _AT_ONCE:
                return
            if entry.open and entry.stale and path not in self._fetching:
                self._fetching.add(path)
                self._deck.spawn(self._fetch_patch(entry, path), "diff of a file")

    def want_colours(self, path: str, hunk: Hunk) -> None:
        """Read a hunk for its colours, if that was not done."""
        if hunk not in self._reading and self.syntax.of(hunk) is None:
            self._reading.add(hunk)
            self._deck.spawn(self._read(path, hunk), "colours of a diff")

    def _request(self, agent: AgentId) -> DiffRequest:
        request = DiffRequest(file=agent.file, agent=agent.name, against=self.against)
        if self.ignore_space:
            request["ignore_space"] = True
        return request

    async def _fetch_patch(self, entry: Entry, path: str) -> None:
        assert self.agent is not None
        ours = self._round
        patch, problem, cut, mark = None, "", False, 0
        try:
            view = await self._deck.control.diff({**self._request(self.agent), "path": path})
            text = view["patch"] or ""
            cut = view["truncated"] and not (self.view and self.view["truncated"])
            patch = entry.patch if entry.mark == hash(text) else await asyncio.to_thread(parse, text)
            mark = hash(text)
        except UsageError:
            problem = "is no change any more; r looks again"
        except ConstellagentError as error:
            problem = f"cannot be fetched: {clean(error.message)}"
        finally:
            self._fetching.discard(path)
        if ours == self._round:
            with self._keeping():
                entry.patch, entry.problem, entry.cut, entry.mark = patch, problem, cut, mark
                entry.stale = False
                self.document.changed()
        self._deck.redraw()

    async def _read(self, path: str, hunk: Hunk) -> None:
        try:
            self.syntax.keep(hunk, await asyncio.to_thread(diff_syntax.read, path, hunk))
        finally:
            self._reading.discard(hunk)
        self._deck.redraw()

    def _open_some(self, view: DiffView) -> None:
        """Open all files where they are few; else the first."""
        few = len(view["files"]) <= _OPEN_FILES and view["added"] + view["removed"] <= _OPEN_LINES
        for number, entry in enumerate(self.document.entries):
            entry.open = few or number == 0
