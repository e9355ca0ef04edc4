"""Small files with schedules, and what the rules say about them."""

from datetime import UTC, datetime

from constellagent.plan.findings import Bounds, Finding, examine
from constellagent.plan.schedules import DesiredSchedule, desire_schedules
from constellagent.spec.load import load

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
"""A Sunday."""


def file(*schedules: str, zone: str = "UTC") -> str:
    """Return a file with one agent `a`; its first schedule stands in line 8, its settings from column 12."""
    rows = "".join(f"      s{number}: {{{text}}}\n" for number, text in enumerate(schedules))
    head = f"version: 1\nname: acme\ntimezone: {zone}\nagents:\n  a:\n    command: [x]\n"
    return f"{head}    schedules:\n{rows}"


def desired(*schedules: str, zone: str = "UTC") -> list[DesiredSchedule]:
    """Return the schedules of such a file."""
    return [*desire_schedules(load(file(*schedules, zone=zone).encode(), "f").constellation).values()]


def findings(text: str, *, most_per_day: int = 96, max_parallel: int = 8) -> list[Finding]:
    """Return all findings of a file, seen from `NOW`."""
    return [*examine(text.encode(), Bounds(NOW, most_per_day, max_parallel)).findings]


def told(text: str, *, most_per_day: int = 96, max_parallel: int = 8) -> list[str]:
    """Return the findings of a file as `line:column rule schedule`."""
    found = findings(text, most_per_day=most_per_day, max_parallel=max_parallel)
    return [f"{f.line}:{f.column} {f.rule} {f.schedule}" for f in found]


def one(text: str, *, most_per_day: int = 96, max_parallel: int = 8) -> Finding:
    """Return the only finding of a file."""
    (finding,) = findings(text, most_per_day=most_per_day, max_parallel=max_parallel)
    return finding
