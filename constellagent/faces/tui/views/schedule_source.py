"""What the view of schedules asks the daemon for.

Where one constellation cannot say, what it said before stays, and the others are asked all the same.
"""

from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass

from constellagent.errors import ConstellagentError
from constellagent.faces.tui.deck import AgentId, Deck
from constellagent.faces.tui.views.stale import unknown
from constellagent.runtime.schedule_views import ChangedView, RunView, ScheduleRequest, ScheduleView
from constellagent.runtime.screen_views import ScreenRequest

_RUNS = 200
"""Rows of the ledger that are fetched of one schedule."""
_TAIL = 40
"""Lines of a run's output that are shown with it."""


@dataclass(frozen=True, slots=True)
class Row:
    """A schedule, the file that declares it, and the constellation's name where several are shown."""

    file: str
    place: str
    view: ScheduleView

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from other schedules."""
        return self.file, self.view["schedule"]

    @property
    def agent(self) -> AgentId:
        """The agent that it wakes."""
        return AgentId(self.file, self.view["agent"])


class ScheduleSource:
    """Asks, and remembers what each constellation answered last."""

    def __init__(self, deck: Deck) -> None:
        self._deck = deck
        self._known: dict[str, Sequence[ScheduleView]] = {}

    async def fetch(self) -> None:
        """Ask every constellation for its schedules.

        Raises:
            ConstellagentError: one cannot say; what it said before stays, and the others were asked.
        """
        shown_now, first = self._deck.fleet.constellations, unknown(self._deck)
        for shown in shown_now:
            try:
                request = ScheduleRequest(file=shown["file"], action="list")
                self._known[shown["file"]] = await self._deck.control.schedule(request)
            except ConstellagentError as error:
                first = first or error
        if first is not None:
            raise first

    def rows(self) -> list[Row]:
        """Return all that is known, by constellation."""
        shown = self._deck.fleet.constellations
        return [
            Row(one["file"], one["name"] if len(shown) > 1 else "", view)
            for one in shown
            for view in self._known.get(one["file"], ())
        ]

    async def runs(self, row: Row) -> list[RunView]:
        """Return the newest rows of a schedule's ledger, newest first."""
        request = ScheduleRequest(
            file=row.file, action="history", schedules=[row.view["schedule"]], limit=_RUNS
        )
        found: list[RunView] = await self._deck.control.schedule(request)
        return found

    async def output(self, file: str, run: RunView) -> tuple[list[str], str]:
        """Return the last lines that a run wrote, and why there are none where they cannot be had."""
        if not run["log"]:
            return [], ""
        request = ScreenRequest(file=file, subject=run["run"], form="text", history=_TAIL)
        try:
            view = await self._deck.control.screen(request)
        except ConstellagentError as error:  # what is known of the run is worth showing alone
            return [], error.message.partition("\n")[0]
        return b64decode(view["data"]).decode(errors="replace").rstrip().splitlines()[-_TAIL:], ""

    async def start(self, row: Row) -> RunView:
        """Run a schedule now; returns the run as it was begun."""
        request = ScheduleRequest(file=row.file, action="run", schedule=row.view["schedule"])
        run: RunView = await self._deck.control.schedule(request)
        return run

    async def pause(self, row: Row) -> Sequence[str]:
        """Pause a schedule, or resume one that is paused; returns what was done, in words."""
        action = "resume" if row.view["state"] == "paused" else "pause"
        request = ScheduleRequest(file=row.file, action=action, schedules=[row.view["schedule"]])  # type: ignore[typeddict-item] # one of both
        changed: ChangedView = await self._deck.control.schedule(request)
        return changed["done"]
