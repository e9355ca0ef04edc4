"""A ledger, its daemon and its runs in memory, after the contract of the real one: only the time is drawn."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from constellagent.plan.fires import OPEN, Fire, State
from constellagent.plan.schedules import DesiredSchedule
from constellagent.plan.wakeups import (
    Cause,
    Change,
    Decision,
    Standing,
    admit,
    decide,
    decide_backfill,
    decide_cause,
    decide_end,
    decide_manual,
)
from constellagent.plan.wakeups.bounds import covers
from constellagent.plan.wakeups.decisions import TICK
from tests.plan.wakeups.samples import HOME, HOUR

SLOTS = 3


class Book:
    """What the daemon knows; every write asserts what must never happen."""

    def __init__(self, schedules: list[DesiredSchedule], now: datetime) -> None:
        """Begin with schedules that came into effect just now."""
        self.schedules = {schedule.key: schedule for schedule in schedules}
        self.born = self.now = now
        self.rows: dict[str, Fire] = {}
        self.upto = dict.fromkeys(self.schedules, now)
        self.failures = dict.fromkeys(self.schedules, 0)
        self.told: list[tuple[str, Cause]] = []

    def standing(self, schedule: DesiredSchedule) -> Standing:
        """Return what is known about a schedule, as the daemon puts it together."""
        mine = [
            row
            for row in self.rows.values()
            if row.state in OPEN
            and (
                row.schedule == schedule.key
                or (schedule.workspace and self.schedules[row.schedule].workspace == schedule.workspace)
            )
        ]
        key = schedule.key
        return Standing(upto=self.upto[key], failures=self.failures[key], open=tuple(mine))

    def tick(self, *, crash: str = "") -> None:
        """Decide about all schedules and start what may start; a crash loses or repeats the writing."""
        decisions = {
            key: decide(HOME, schedule, self.standing(schedule), self.now)
            for key, schedule in self.schedules.items()
        }
        for key, schedule in self.schedules.items():
            assert decide(HOME, schedule, self.standing(schedule), self.now) == decisions[key]
        if crash == "before":
            return
        for key, decision in decisions.items():
            for row in decision.fires:
                assert row.run not in self.rows, "a nominal time was decided twice"
                assert row.fire_at + self.schedules[key].delay <= self.now, "a fire came too early"
        for _ in range(2 if crash == "after" else 1):
            for key, decision in decisions.items():
                self.write(key, decision)
        self.admit()

    def write(self, key: str, decision: Decision) -> None:
        """Write a decision, unless it was written before; no row twice, no cursor back."""
        if decision.upto is not None and decision.upto <= self.upto[key]:
            return
        new = [
            row
            for row in decision.fires
            if row.run not in self.rows and not (row.event and self.events(key, row.event))
        ]
        if decision.fires and not new:
            return
        self.rows |= {row.run: row for row in new}
        self.change(decision.changes)
        self.upto[key] = max(self.upto[key], decision.upto or self.upto[key])
        if decision.failures is not None:
            self.failures[key] = decision.failures
        for run in decision.stop:
            self.end(self.rows[run], "replaced")

    def change(self, changes: Iterable[Change]) -> None:
        """Let queued rows not run."""
        for change in changes:
            row = self.rows[change.run]
            if row.state == "queued":
                self.rows[change.run] = replace(row, state=change.state, why=change.why)

    def admit(self) -> None:
        """Start what may start."""
        open_rows = [row for row in self.rows.values() if row.state in OPEN]
        admission = admit(self.schedules, open_rows, self.now, SLOTS)
        assert len(admission.start) <= SLOTS
        assert admission.again is None or admission.again > self.now, "the daemon would spin"
        self.change(admission.changes)
        for row in admission.start:
            assert self.rows[row.run].state == "queued", "a run was started twice"
            self.rows[row.run] = replace(row, state="running")
        places = Counter(self.schedules[row.schedule].workspace for row in self.running())
        assert max((count for place, count in places.items() if place), default=0) <= 1, "two in one place"

    def running(self) -> list[Fire]:
        """Return what runs, oldest first."""
        return [row for row in self.rows.values() if row.state == "running"]

    def end(self, row: Fire, state: State) -> None:
        """Let a run end, and do what follows."""
        ended = self.rows[row.run] = replace(row, state=state)
        schedule = self.schedules[row.schedule]
        self.write(row.schedule, decide_end(HOME, schedule, self.standing(schedule), ended, self.now))

    def ask(self, schedule: DesiredSchedule, what: str) -> None:
        """Do what a person or an event asks for: `run`, `tell`, or else a backfill with this `rerun`."""
        if what == "run":
            self.write(schedule.key, decide_manual(HOME, schedule, self.standing(schedule), self.now))
        elif what == "tell":
            self.tell(schedule)
        else:
            self.backfill(schedule, what)

    def tell(self, schedule: DesiredSchedule) -> None:
        """Tell a new event and the one before it once more."""
        self.told.append((schedule.key, Cause("webhook", f"e-{len(self.told)}", self.now)))
        for key, cause in self.told[-2:]:
            one, apart = self.schedules[key], cause
            while (decision := decide_cause(HOME, one, self.standing(one), apart, self.now)).fires:
                self.write(key, decision)
                if self.events(key, cause.id):
                    break
                apart = replace(apart, at=apart.at + TICK)
            assert len(self.events(key, cause.id)) == covers(one, cause.at), "an event got lost, or two runs"

    def events(self, key: str, event: str) -> list[Fire]:
        """Return the rows of an event."""
        return [row for row in self.rows.values() if (row.schedule, row.event) == (key, event)]

    def backfill(self, schedule: DesiredSchedule, rerun: str) -> None:
        """Backfill the last hours that are decided."""
        until = min(self.upto[schedule.key], self.now)
        window = (until - 3 * HOUR, until)
        known = [
            row
            for row in self.rows.values()
            if row.schedule == schedule.key and row.origin == "clock" and window[0] < row.fire_at <= window[1]
        ]
        self.write(schedule.key, decide_backfill(HOME, schedule, known, window, rerun, self.now))

    def check(self, schedule: DesiredSchedule) -> None:
        """Assert that every nominal time up to the cursor is in exactly one row of the clock."""
        assert schedule.cron is not None
        zone, upto = schedule.zone, self.upto[schedule.key]
        rows = sorted(
            (
                row
                for row in self.rows.values()
                if row.schedule == schedule.key and row.reason in {"schedule", "catchup"}
            ),
            key=lambda row: row.fire_at,
        )
        before = self.born
        for row in rows:
            first = row.first or row.fire_at
            assert before < first <= row.fire_at <= upto, "two rows stand for one time"
            assert schedule.cron.count(first - TICK, row.fire_at, zone) == row.count
            before = row.fire_at
        begin = max(self.born, (schedule.start or self.born) - TICK)
        end = min(upto, (schedule.end or upto + TICK) - TICK)
        assert sum(row.count for row in rows) == (schedule.cron.count(begin, end, zone) if begin < end else 0)
