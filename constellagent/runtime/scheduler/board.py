"""What the ledger knows of one constellation, kept in memory so that deciding asks no database.

It follows the database and never leads it: what is here was written there first.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from constellagent.plan.fires import OPEN, Fire, State
from constellagent.plan.schedules import DesiredSchedule
from constellagent.plan.wakeups import Decision, Standing


@dataclass(eq=False, slots=True)
class Entry:
    """One schedule in effect.

    Attributes:
        constellation: id of the constellation.
        schedule: what it declares.
        declared: the text that says so.
        upto: every nominal time up to and including this is decided.
        failures: runs that failed in a row.
        paused: why it does not fire, empty where it does.
        due: when its next fire is due, None where none will be.
        look_at: epoch seconds at which to decide about it; None where there is nothing to come.
        fault: why nothing could be decided about it, empty where all is well.
    """

    constellation: str
    schedule: DesiredSchedule
    declared: str
    upto: datetime
    failures: int = 0
    paused: str = ""
    due: datetime | None = None
    look_at: float | None = None
    fault: str = ""

    def apply(self, decision: Decision) -> None:
        """Follow a decision that was written down."""
        if decision.upto is not None:
            self.upto = max(self.upto, decision.upto)
        if decision.failures is not None:
            self.failures = decision.failures
        self.paused = self.paused or decision.pause


@dataclass(eq=False, slots=True)
class Board:
    """The schedules and open fires of one constellation.

    Attributes:
        constellation: its id.
        entries: the schedules in effect, by key.
        schedules: what they declare, by key.
        odd: schedules of which this release does not understand the declaration: why, by key.
        open: the open fires by run, oldest first.
        endings: the state that a run gets when the stop that was asked for comes about.
    """

    constellation: str
    entries: dict[str, Entry] = field(default_factory=dict)
    schedules: dict[str, DesiredSchedule] = field(default_factory=dict)
    odd: dict[str, str] = field(default_factory=dict)
    open: dict[str, Fire] = field(default_factory=dict)
    endings: dict[str, State] = field(default_factory=dict)
    _places: dict[str, dict[str, None]] = field(default_factory=dict)

    def fill(self, fires: Iterable[Fire]) -> None:
        """Let these be the open fires."""
        self.open.clear()
        self._places.clear()
        for fire in fires:
            self.add(fire)
        self.endings = {run: ending for run, ending in self.endings.items() if run in self.open}

    def add(self, fire: Fire) -> None:
        """Take in a new row; only an open one is kept."""
        if fire.state in OPEN:
            self.open[fire.run] = fire
            self._places.setdefault(self._place(fire), {})[fire.run] = None

    def turn(self, run: str, state: State, why: str | None = None) -> None:
        """Let an open fire have another state; one that is not open any more is forgotten."""
        fire = self.open.get(run)
        if fire is not None and state in OPEN:
            self.open[run] = replace(fire, state=state, why=fire.why if why is None else why)
        elif fire is not None:
            del self.open[run]
            self.endings.pop(run, None)
            place = self._place(fire)
            self._places[place].pop(run)
            if not self._places[place]:
                del self._places[place]

    def standing(self, entry: Entry, *, without: str = "", last_hour: int = 0) -> Standing:
        """Return what is known of a schedule; `without` leaves one run out."""
        runs = self._places.get(place_of(entry.schedule), {})
        fires = tuple(self.open[run] for run in runs if run != without)
        return Standing(entry.upto, entry.paused, entry.failures, fires, last_hour)

    def queued(self) -> bool:
        """Whether anything waits to be started."""
        return any(fire.state == "queued" for fire in self.open.values())

    def busy(self) -> list[str]:
        """Return the runs that are being started or go on."""
        return [fire.run for fire in self.open.values() if fire.state != "queued"]

    def _place(self, fire: Fire) -> str:
        schedule = self.schedules.get(fire.schedule)
        return fire.schedule if schedule is None else place_of(schedule)


def place_of(schedule: DesiredSchedule) -> str:
    """Return under what the open fires are found that a schedule must look at."""
    return schedule.workspace or schedule.key


class Draft:
    """Decisions that are made one after another and written together: each sees what those before it did."""

    def __init__(self, board: Board) -> None:
        """Begin with what the board knows."""
        self._board = board
        self._added: dict[str, list[Fire]] = {}
        self._gone: set[str] = set()
        self.decisions: dict[str, Decision] = {}

    def standing(self, entry: Entry) -> Standing:
        """Return what will be known of a schedule once the decisions are written."""
        known = self._board.standing(entry)
        added = self._added.get(place_of(entry.schedule), ())
        if not added and not self._gone:
            return known
        fires = (*known.open, *added)
        return replace(known, open=tuple(fire for fire in fires if fire.run not in self._gone))

    def add(self, entry: Entry, decision: Decision) -> None:
        """Take in a decision."""
        self.decisions[entry.schedule.key] = decision
        place = place_of(entry.schedule)
        self._added.setdefault(place, []).extend(f for f in decision.fires if f.state in OPEN)
        self._gone.update(change.run for change in decision.changes)
