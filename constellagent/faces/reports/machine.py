"""The dry-run as JSON, for scripts. Each document carries `schema_version`; keys are added, never changed."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from constellagent.faces.reports.outcome import SCHEMA_VERSION, Outcome, counts
from constellagent.plan.fires import shown
from constellagent.plan.schedules import DesiredSchedule
from constellagent.plan.timetable import Due, ticks


def findings(outcomes: Sequence[Outcome], after: datetime, days: int) -> dict[str, Any]:
    """Return all findings and what was counted."""
    return {
        "schema_version": SCHEMA_VERSION,
        "from": shown(after),
        "days": days,
        "files": [
            {"file": outcome.file, "schedules": list(outcome.schedules), "fires": outcome.fires}
            for outcome in outcomes
        ],
        "findings": [
            {
                "rule": finding.rule,
                "severity": finding.severity,
                "file": outcome.file,
                "line": finding.line,
                "column": finding.column,
                "schedule": finding.schedule,
                "message": finding.message,
                "help": finding.help,
            }
            for outcome in outcomes
            for finding in outcome.findings
        ],
        "counts": counts(outcomes),
    }


def fires(
    after: datetime, until: datetime | None, dues: Iterable[Due], schedules: Mapping[str, DesiredSchedule]
) -> Iterator[str]:
    """Yield the pieces of a document of fires, each of which is written on a line of its own as it comes.

    `until` is None where the fires were counted.
    """
    head = {
        "schema_version": SCHEMA_VERSION,
        "from": shown(after),
        "until": until and shown(until),
        "schedules": [_schedule(schedule) for schedule in schedules.values()],
    }
    yield json.dumps(head, indent=2).removesuffix("\n}") + ',\n  "fires": ['
    separator = "\n"
    for due in dues:
        yield f"{separator}    {json.dumps(_fire(due, schedules[due.schedule]))}"
        separator = ",\n"
    yield "\n  ]\n}\n"


def next_fires(
    after: datetime, times: Mapping[str, datetime | None], schedules: Mapping[str, DesiredSchedule]
) -> dict[str, Any]:
    """Return the next fire of each schedule; a paused one has none, nor has one that waits for an event."""
    rows = []
    for key, schedule in schedules.items():
        fire = times[key] if ticks(schedule) else None
        found: dict[str, str | int | None] = {"fire_at": None, "local": None, "due": None, "in_seconds": None}
        if fire is not None:
            found = {
                "fire_at": shown(fire),
                "local": fire.astimezone(schedule.zone).isoformat(),
                "due": shown(fire + schedule.delay),
                "in_seconds": (fire - after) // timedelta(seconds=1),
            }
        rows.append({**_schedule(schedule), **found})
    return {"schema_version": SCHEMA_VERSION, "from": shown(after), "schedules": rows}


def _schedule(found: DesiredSchedule) -> dict[str, Any]:
    """Return what is declared about when a schedule wakes."""
    on = found.spec.on
    return {
        "schedule": found.key,
        "cron": found.cron and found.cron.text,
        "resolved": found.cron and found.cron.resolved,
        "timezone": found.timezone,
        "jitter_seconds": found.delay.total_seconds(),
        "paused": found.spec.paused,
        "on": None if on is None else on.model_dump(mode="json", by_alias=True, exclude_none=True),
    }


def _fire(due: Due, found: DesiredSchedule) -> dict[str, Any]:
    return {
        "fire_at": shown(due.fire_at),
        "local": due.fire_at.astimezone(found.zone).isoformat(),
        "schedule": due.schedule,
        "due": shown(due.due),
        "notes": list(due.notes),
    }
