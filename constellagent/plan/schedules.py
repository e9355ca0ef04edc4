"""Schedules as declared, resolved: expression parsed, zone found, jitter drawn.

The dry-run and the daemon both start from here, so that what CI prints is what happens.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from constellagent.spec.cron import Cron, parse_cron
from constellagent.spec.models import Constellation, Overlap, Schedule
from constellagent.spec.moments import in_zone
from constellagent.spec.names import schedule_seed


@dataclass(frozen=True, slots=True)
class DesiredSchedule:
    """One schedule as declared.

    Attributes:
        agent: whose it is.
        name: its name.
        spec: its block of the file.
        cron: when the clock wakes it, None where an event does.
        timezone: the name of the zone that `cron` is read in.
        seed: what jitter and `H` are drawn from.
        delay: how long after its nominal time a fire is due; the same for all fires of the schedule.
        start: no fire before this, UTC.
        end: no fire at or after this, UTC.
    """

    agent: str
    name: str
    spec: Schedule
    cron: Cron | None
    timezone: str
    seed: str
    delay: timedelta
    start: datetime | None
    end: datetime | None

    @property
    def key(self) -> str:
        """How the schedule is called everywhere: `agent/name`."""
        return f"{self.agent}/{self.name}"

    @property
    def zone(self) -> ZoneInfo:
        """The zone that `cron` is read in."""
        return ZoneInfo(self.timezone)

    @property
    def overlap(self) -> Overlap:
        """What happens to a fire while a run is going: as declared, else what suits its cause."""
        return self.spec.overlap or ("skip" if self.cron is not None else "queue_one")

    @property
    def workspace(self) -> str:
        """What two runs cannot share; empty where every run has a place of its own (`overlap: allow`)."""
        if self.spec.workspace != "fresh":
            return self.agent
        return "" if self.overlap == "allow" else self.key


def desire_schedules(constellation: Constellation) -> dict[str, DesiredSchedule]:
    """Return every schedule of the file by its key, in the file's order."""
    found = [
        desire_schedule(key, name, spec, spec.timezone or constellation.timezone, constellation.name or "")
        for key, agent in constellation.agents.items()
        for name, spec in agent.schedules.items()
    ]
    return {schedule.key: schedule for schedule in found}


def desire_schedule(
    agent: str, name: str, spec: Schedule, timezone: str, constellation: str
) -> DesiredSchedule:
    """Return one schedule resolved; `constellation` is the declared name, empty where the file has none.

    The name that a folder gives would differ between a laptop and CI, so only a declared one counts.
    """
    seed = schedule_seed(constellation, agent, name)
    zone = ZoneInfo(timezone)
    return DesiredSchedule(
        agent=agent,
        name=name,
        spec=spec,
        cron=None if spec.cron is None else parse_cron(spec.cron, seed=seed),
        timezone=timezone,
        seed=seed,
        delay=_jitter(seed, spec.jitter),
        start=None if spec.start is None else in_zone(spec.start, zone).astimezone(UTC),
        end=None if spec.end is None else in_zone(spec.end, zone).astimezone(UTC),
    )


def in_effect(before: DesiredSchedule, now: DesiredSchedule) -> bool:
    """Say whether the same fires are due under both; where not, nothing of the past is made up for."""
    return _times(before) == _times(now)


def _times(schedule: DesiredSchedule) -> Mapping[str, object]:
    return {
        "cron": schedule.cron.resolved if schedule.cron else None,
        "timezone": schedule.timezone if schedule.cron else None,
        "on": schedule.spec.on,
        "start": schedule.start,
        "end": schedule.end,
    }


def _jitter(seed: str, longest: timedelta) -> timedelta:
    """Return a delay below `longest`, whole seconds where that is a second or more."""
    if not longest:
        return timedelta(0)
    drawn = int.from_bytes(hashlib.blake2b(f"jitter\0{seed}".encode(), digest_size=8).digest())
    unit = timedelta(seconds=1) if longest >= timedelta(seconds=1) else timedelta(microseconds=1)
    return drawn % (longest // unit) * unit
