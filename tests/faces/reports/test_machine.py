"""The dry-run as JSON."""

import json
from datetime import timedelta
from typing import Any

from constellagent.faces.reports import machine
from constellagent.plan import timetable
from tests.faces.reports.outcomes import EMPTY, FILE
from tests.plan.findings.files import NOW, desired


def test_findings() -> None:
    """All of them with their places, and what was counted."""
    found = machine.findings([FILE, EMPTY], NOW, 7)
    assert (found["schema_version"], found["from"], found["days"]) == (1, "2026-11-22T12:00:00Z", 7)
    assert found["files"][0] == {"file": "c.yaml", "schedules": ["a/m", "a/n", "a/o"], "fires": 21}
    assert found["findings"][1] == {
        "rule": "CS014",
        "severity": "warning",
        "file": "c.yaml",
        "line": 4,
        "column": 9,
        "schedule": "a/n",
        "message": "100% too often",
        "help": "write less",
    }
    assert found["counts"] == {"error": 2, "warning": 1, "info": 1}
    assert len(found["findings"]) == 4


def fires(*schedules: str) -> dict[str, Any]:
    """Return the fires of a day as they are read back."""
    found = {schedule.key: schedule for schedule in desired(*schedules, zone="Asia/Tokyo")}
    until = NOW + timedelta(days=1)
    pieces = machine.fires(NOW, until, timetable.timetable(found.values(), NOW, until), found)
    read: dict[str, Any] = json.loads("".join(pieces))
    return read


def test_fires_are_written_one_by_one() -> None:
    """The pieces are one document, with or without fires."""
    found = fires("cron: '30 6 * * *', timeout: 2d", "on: {email: {from: b@acme.test}}, paused: true")
    assert (found["schema_version"], found["until"]) == (1, "2026-11-23T12:00:00Z")
    assert found["schedules"][0] == {
        "schedule": "a/s0",
        "cron": "30 6 * * *",
        "resolved": "30 6 * * *",
        "timezone": "Asia/Tokyo",
        "jitter_seconds": 0.0,
        "paused": False,
        "on": None,
    }
    event = found["schedules"][1]
    assert (event["cron"], event["resolved"], event["paused"]) == (None, None, True)
    assert event["on"] == {"email": {"from": "b@acme.test"}}
    assert found["fires"] == [
        {
            "fire_at": "2026-11-22T21:30:00Z",
            "local": "2026-11-23T06:30:00+09:00",
            "schedule": "a/s0",
            "due": "2026-11-22T21:30:00Z",
            "notes": ["overlap?"],
        }
    ]
    assert fires("on: {webhook: h}")["fires"] == []


def test_next_fires() -> None:
    """Where the clock will not wake a schedule, there is no time."""
    schedules = desired("cron: '30 6 * * *', jitter: 2h", "cron: '@daily', paused: true", "on: {webhook: h}")
    found = {schedule.key: schedule for schedule in schedules}
    times = {key: timetable.next_fire(schedule, NOW) for key, schedule in found.items()}
    read = machine.next_fires(NOW, times, found)
    first, *others = read["schedules"]
    assert (first["fire_at"], first["in_seconds"]) == ("2026-11-23T06:30:00Z", 18 * 3600 + 1800)
    assert first["due"] > first["fire_at"]
    assert [other["fire_at"] for other in others] == [None, None]
    assert [other["in_seconds"] for other in others] == [None, None]
