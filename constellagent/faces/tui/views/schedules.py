"""The schedules of all constellations, when they fire next, and what became of their fires."""

from collections.abc import Sequence

from prompt_toolkit.filters import Condition
from prompt_toolkit.key_binding import KeyBindings, KeyBindingsBase
from prompt_toolkit.layout import AnyContainer, ConditionalContainer, Dimension, HSplit, Window

from constellagent.faces.tui.box import LEAVE
from constellagent.faces.tui.deck import Deck
from constellagent.faces.tui.symbols import of_locale
from constellagent.faces.tui.views.keys_to import give_keys, has_keys
from constellagent.faces.tui.views.listing import Listing
from constellagent.faces.tui.views.notes import noted
from constellagent.faces.tui.views.pager import Pager
from constellagent.faces.tui.views.runs import run_lines, run_row, schedule_row, short
from constellagent.faces.tui.views.schedule_source import Row, ScheduleSource
from constellagent.faces.tui.views.stale import Fetching
from constellagent.faces.tui.words import clean
from constellagent.faces.wording import counted
from constellagent.runtime.schedule_views import OPEN_STATES, RunView


class Schedules:
    """The view: schedules above, the ledger of the chosen one below, or one run in full."""

    name = "schedules"

    def __init__(self, deck: Deck) -> None:
        self._deck = deck
        self._source = ScheduleSource(deck)
        self._fetching = Fetching(deck, self._fetch, self.container)
        self._run: RunView | None = None
        self._list = Listing[Row](
            deck,
            lambda row, width: schedule_row(row.view, deck.now(), width, row.place),
            key=lambda row: row.key,
            text=lambda row: f"{row.place} {row.view['schedule']} {row.view['state']} {row.view['wakes']}",
            empty=self._empty,
            chosen=lambda _: give_keys(self._ledger.window),
            moved=self._moved,
        )
        self._ledger = Listing[RunView](
            deck,
            run_row,
            key=lambda run: run["run"],
            text=lambda run: f"{run['fire_at']} {run['state']} {run['reason']} {run['why']}",
            empty=lambda: ["Nothing became due yet; n runs it now."] if self._ledger.heading else [],
            chosen=lambda run: deck.spawn(self._read(run), "read a run"),
        )
        self._pager = Pager(deck)
        self._keys = self._bound()
        self._container = self._laid_out()

    @property
    def title(self) -> str:
        """What its border says."""
        if self._run is not None:
            return f"run {short(self._run['run'])} of {self._run['schedule']}"
        words = f"{len(self._list.seen)} with {self._list.words!r}" if self._list.words else ""
        return " · ".join(part for part in (counted(len(self._list.items), "schedule"), words) if part)

    def container(self) -> AnyContainer:
        """Return both lists, or the run that is read."""
        return self._container

    def bindings(self) -> KeyBindingsBase:
        """Return its keys."""
        return self._keys

    def hints(self) -> Sequence[tuple[str, str]]:
        """Return what its keys do."""
        if self._run is not None:
            return [(LEAVE, "all runs"), ("Space", "more"), ("o", "the agent's terminal")]
        above = has_keys(self._list.window)
        paused = (row := self._list.selected) is not None and row.view["state"] == "paused"
        return [
            ("n", "run now"),
            ("p", "resume" if paused else "pause"),
            ("Tab", "its runs" if above else "schedules"),
            *([] if above else [("Enter", "read")]),
            ("o", "the agent's terminal"),
            ("/", "look for"),
        ]

    async def refresh(self) -> None:
        """Fetch all schedules and the ledger of the chosen one, when the last time is long enough ago.

        Raises:
            ConstellagentError: they cannot be had.
        """
        await self._fetching.soon()

    async def _fetch(self) -> None:
        try:
            await self._source.fetch()
        finally:
            self._list.put(self._source.rows())
        await self._fetch_runs()
        run = self._run
        if run is not None and run["state"] in OPEN_STATES:
            newer = next((one for one in self._ledger.items if one["run"] == run["run"]), run)
            await self._show(newer, keep=True)

    async def _fetch_runs(self) -> None:
        row = self._list.selected
        if row is None:
            self._ledger.heading = []
            self._ledger.put([])
            return
        found = await self._source.runs(row)
        now = self._list.selected
        if now is not None and now.key == row.key:  # else the person has gone on meanwhile
            heading = f"runs of {clean(row.view['schedule'])}"
            self._ledger.heading = [("class:heading", heading), ("class:dim", "  times are UTC")]
            self._ledger.put(found)
            self._deck.redraw()

    def _moved(self) -> None:
        """Show nothing of another schedule while the runs of this one are fetched."""
        self._ledger.heading = []
        self._ledger.put([])
        self._deck.spawn(self._fetch_runs(), "fetch runs")

    async def _run_now(self) -> None:
        row = self._list.selected
        if row is None:
            return
        run = await self._source.start(row)
        why = f": {run['why']}" if run["why"] else ""
        said = f"run {short(run['run'])} of {row.view['schedule']} is {run['state']}{why}"
        self._deck.say(clean(said), "done" if run["state"] in OPEN_STATES else "warning")
        await self._fetching.now()

    async def _pause(self) -> None:
        row = self._list.selected
        if row is None:
            return
        for line in await self._source.pause(row):
            self._deck.say(clean(line), "done")
        await self._fetching.now()

    def _turn(self) -> None:
        """Go from one list to the other."""
        other = self._ledger if has_keys(self._list.window) else self._list
        give_keys(other.window)
        self._deck.redraw()

    async def _read(self, run: RunView) -> None:
        await self._show(run, keep=False)

    async def _show(self, run: RunView, *, keep: bool) -> None:
        """Show a run in full, unless the person has gone on meanwhile."""
        row, before = self._list.selected, self._run
        if row is None:
            return
        tail, problem = await self._source.output(row.file, run)
        if self._run is not before or not (keep or has_keys(self._container)):
            return
        self._run = run
        self._pager.put(run_lines(run, tail, problem), keep=keep)
        if not keep:
            give_keys(self._pager.window)

    def _close_run(self) -> None:
        self._run = None
        give_keys(self._ledger.window)
        self._deck.redraw()

    def _open_terminal(self) -> None:
        """Show the terminal of the agent whose schedule or run this is."""
        row = self._list.selected
        if row is not None:
            self._deck.close_view()
            self._deck.show(row.agent)

    def _empty(self) -> Sequence[str]:
        return self._fetching.fresh.nothing(
            "No schedule is in effect.", "Declare `schedules:` under an agent, then apply it."
        )

    def _bound(self) -> KeyBindings:
        keys, reading = KeyBindings(), Condition(lambda: self._run is not None)
        keys.add("n", filter=~reading)(lambda _: self._deck.spawn(self._run_now(), "run a schedule"))
        keys.add("p", filter=~reading)(lambda _: self._deck.spawn(self._pause(), "pause a schedule"))
        keys.add("o")(lambda _: self._open_terminal())
        keys.add("r")(lambda _: self._fetching.again())
        keys.add("tab", filter=~reading)(lambda _: self._turn())
        for back in ("q", "escape", "backspace"):
            keys.add(back, filter=reading)(lambda _: self._close_run())
        return keys

    def _laid_out(self) -> AnyContainer:
        reading = Condition(lambda: self._run is not None)
        self._list.window.height = Dimension(min=3, weight=2)
        self._ledger.window.height = Dimension(min=3, weight=3)
        line = Window(height=1, char=of_locale().line, style="class:border")
        lists = HSplit([self._list.window, line, self._ledger.window])
        body = HSplit(
            [
                ConditionalContainer(lists, filter=~reading),
                ConditionalContainer(self._pager.window, filter=reading),
            ]
        )
        return noted(lambda: self._fetching.fresh.lines(self._deck.now()), body)
