"""The canonical text of a schedule."""

from typing import Any

import pytest

from constellagent.plan.declared import declared, resolve
from constellagent.plan.schedules import desire_schedules
from constellagent.spec.models import Constellation

SPECS: list[dict[str, Any]] = [
    {"cron": "0 9 * * 1-5"},
    {"cron": "H 3 * * *", "timezone": "Asia/Kolkata", "jitter": "10m", "prompt": "grüße"},
    {"cron": "@daily", "start": "2026-01-01", "end": "2027-01-01T09:00:00+02:00", "command": ["true", "x y"]},
    {"on": {"email": {"from": "*@example.com", "subject": "deploy*"}}, "max_per_hour": 3},
    {"on": {"agent": "other", "state": "failed"}, "overlap": "replace", "timeout": "1h30m"},
    {
        "cron": "*/5 * * * *",
        "retries": {"max": 2, "backoff": "90s", "on": ["lost"]},
        "keep_runs": {"succeeded": 0},
        "workspace": "resident",
        "prompt": "Go on.",
        "paused": True,
        "catch_up_window": "1d",
        "missed": "all",
    },
]


def file(spec: dict[str, Any], **top: Any) -> Constellation:
    """Return a constellation with one schedule."""
    agents = {"triage": {"command": ["true"], "schedules": {"morning": spec}}}
    return Constellation.model_validate({"version": 1, "agents": agents, **top})


@pytest.mark.parametrize("spec", SPECS)
def test_what_is_kept_resolves_to_what_the_file_declares(spec: dict[str, Any]) -> None:
    """The daemon runs from the kept text what the dry-run reads from the file."""
    constellation = file(spec, name="acme", timezone="Europe/London")
    text = declared(constellation.agents["triage"].schedules["morning"], constellation)
    assert resolve("triage", "morning", text) == desire_schedules(constellation)["triage/morning"]


def test_the_same_schedule_has_the_same_text() -> None:
    """Writing out a default changes nothing, and neither does the order of keys."""
    short = file({"cron": "0 9 * * *"})
    long = file({"missed": "latest", "cron": "0 9 * * *", "jitter": "0s"})
    texts = {declared(c.agents["triage"].schedules["morning"], c) for c in (short, long)}
    assert len(texts) == 1


def test_the_zone_of_the_file_is_part_of_its_schedules() -> None:
    """Where the file changes its zone, all schedules without their own change."""
    texts = {
        declared(c.agents["triage"].schedules["morning"], c)
        for c in (file(SPECS[0]), file(SPECS[0], timezone="Asia/Kolkata"), file(SPECS[0], name="acme"))
    }
    assert len(texts) == 3


def test_a_text_of_another_release_is_refused() -> None:
    """A key that this release does not know is an error and never half a schedule."""
    with pytest.raises(ValueError, match="later"):
        resolve("a", "b", '{"constellation": "", "timezone": "UTC", "spec": {"cron": "@daily", "later": 1}}')
