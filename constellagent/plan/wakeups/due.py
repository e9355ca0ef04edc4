"""The fires of the clock: which are due, which were missed, and which of those are made up for.

The cost does not depend on how many were missed: the newest are found backwards from now, the others are
counted and never walked.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from constellagent.plan.fires import Fire, Reason, run_id
from constellagent.plan.schedules import DesiredSchedule
from constellagent.plan.wakeups.bounds import covers, is_paused, within
from constellagent.plan.wakeups.decisions import LATE, TICK, Decision, Standing
from constellagent.plan.wakeups.overlapping import judge
from constellagent.spec.cron import Cron
from constellagent.spec.durations import format_duration
from constellagent.spec.models import Overlap


def due_at(schedule: DesiredSchedule, standing: Standing) -> datetime | None:
    """Return when the next fire is due (jitter included), None where none will be."""
    if schedule.cron is None or is_paused(schedule, standing):
        return None
    after, _ = within(schedule, standing.upto, standing.upto)
    fire = schedule.cron.next(after, schedule.zone)
    return None if fire is None or not covers(schedule, fire) else fire + schedule.delay


def decide(constellation: str, schedule: DesiredSchedule, standing: Standing, now: datetime) -> Decision:
    """Return what becomes of every fire of a schedule that is due by `now`; `constellation` is its id.

    A fire that is late by less than `LATE` runs, by the rule for overlaps. The older ones were missed: what
    `missed` does not make up for becomes one row, whose count the first run after it carries. A fire that is
    made up for is never skipped: with `missed: latest` it waits and takes the place of one that waits; with
    `missed: all` each waits for its turn, and a fire on time comes after them.
    """
    stretch = _undecided(schedule, standing, now)
    if stretch is None:
        return Decision()
    on_time = now - (stretch.newest + schedule.delay) < LATE
    caught_up = _caught_up(schedule, stretch, now, on_time=on_time)
    running = [*caught_up, stretch.newest] if on_time else caught_up
    rest = stretch.count - len(running)
    decisions = []
    if rest:
        decisions.append(Decision(fires=(_missed(constellation, schedule, stretch, running, rest),)))
    for place, fire_at in enumerate(running):
        late = place < len(caught_up)
        fire = Fire(
            run=run_id(constellation, schedule.key, "clock", fire_at, 1),
            schedule=schedule.key,
            origin="clock",
            fire_at=fire_at,
            attempt=1,
            reason="catchup" if late else "schedule",
            state="queued",
            not_before=now if caught_up else fire_at + schedule.delay,
            missed=0 if place else rest,
        )
        overlap = _overlap(schedule, fire.reason)
        decisions.append(judge(schedule, standing, fire, overlap, ahead=place))
    return replace(_together(decisions), upto=stretch.newest)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The fires that are due and not decided: those after `after` up to `newest`, at least one."""

    cron: Cron
    zone: ZoneInfo
    after: datetime
    newest: datetime
    count: int

    def backwards(self) -> Iterator[datetime]:
        """Yield the fires, newest first."""
        fire: datetime | None = self.newest
        while fire is not None and fire > self.after:
            yield fire
            fire = self.cron.previous(fire, self.zone)


def _undecided(schedule: DesiredSchedule, standing: Standing, now: datetime) -> _Stretch | None:
    """Return the fires to decide about; None where there are none, as after a clock that was set back."""
    if schedule.cron is None or is_paused(schedule, standing):
        return None
    after, until = within(schedule, standing.upto, now - schedule.delay)
    zone = schedule.zone
    newest = schedule.cron.previous(until + TICK, zone)
    if newest is None or newest <= after:
        return None
    return _Stretch(schedule.cron, zone, after, newest, schedule.cron.count(after, newest, zone))


def _caught_up(
    schedule: DesiredSchedule, stretch: _Stretch, now: datetime, *, on_time: bool
) -> list[datetime]:
    """Return the missed fires that are made up for, oldest first; `on_time` says the newest is not missed."""
    spec = schedule.spec
    most = {"skip": 0, "latest": 0 if on_time else 1, "all": spec.max_catch_up}[spec.missed]
    missed = islice(stretch.backwards(), int(on_time), int(on_time) + most)
    recent = takewhile(lambda fire: now - (fire + schedule.delay) <= spec.catch_up_window, missed)
    return sorted(recent)


def _missed(
    constellation: str, schedule: DesiredSchedule, stretch: _Stretch, running: list[datetime], count: int
) -> Fire:
    """Return the one row of the fires that are not run: all of the stretch before those that are."""
    newest = stretch.cron.previous(running[0], stretch.zone) if running else stretch.newest
    assert newest is not None
    return Fire(
        run=run_id(constellation, schedule.key, "clock", newest, 1),
        schedule=schedule.key,
        origin="clock",
        fire_at=newest,
        attempt=1,
        reason="schedule",
        state="missed",
        not_before=newest + schedule.delay,
        why=f"the daemon did not run, or the machine slept; {_made_up(schedule)}",
        first=stretch.cron.next(stretch.after, stretch.zone),
        count=count,
    )


def _made_up(schedule: DesiredSchedule) -> str:
    spec = schedule.spec
    if spec.missed == "skip":
        return "missed: skip makes up for none"
    window = format_duration(spec.catch_up_window)
    if spec.missed == "latest":
        return f"missed: latest makes up for the newest only, and for none older than {window}"
    return f"missed: all makes up for {spec.max_catch_up} at most, and for none older than {window}"


def _overlap(schedule: DesiredSchedule, reason: Reason) -> Overlap:
    """Return the rule for a fire; what is made up for would otherwise be eaten by the run before it."""
    if reason == "schedule":
        return schedule.overlap
    if schedule.spec.missed == "all":
        return "queue_all"
    return "queue_one" if schedule.overlap == "skip" else schedule.overlap


def _together(decisions: list[Decision]) -> Decision:
    return Decision(
        fires=tuple(fire for decision in decisions for fire in decision.fires),
        changes=tuple(change for decision in decisions for change in decision.changes),
        stop=tuple(run for decision in decisions for run in decision.stop),
    )
