"""What checking one file came to: what all formats of a report begin with."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from constellagent.plan.findings import SEVERITIES, Finding, Severity

SCHEMA_VERSION = 1
"""Version of the shapes of all JSON that is written here."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One checked file.

    Attributes:
        file: its path as a person standing here would write it.
        schedules: keys of the schedules that are written in it, also of faulty ones.
        findings: sorted by place.
        fires: how many fires the days ahead hold.
        lines: the lines of the file.
    """

    file: str
    schedules: tuple[str, ...]
    findings: tuple[Finding, ...]
    fires: int
    lines: tuple[str, ...]


def counts(outcomes: Iterable[Outcome]) -> dict[Severity, int]:
    """Return how many findings there are of each severity."""
    found = Counter(finding.severity for outcome in outcomes for finding in outcome.findings)
    return {severity: found[severity] for severity in SEVERITIES}


def said(finding: Finding) -> str:
    """Return whom a finding is about and what is wrong, on one line."""
    return f"{finding.schedule}: {finding.message}" if finding.schedule else finding.message
