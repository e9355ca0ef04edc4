"""What is doubtful about the schedules of a file, told before anything runs: the rules CS001 to CS018.

Pure: the text of the file, the tz database and a moment decide, so CI and a laptop are told the same.
"""

from constellagent.plan.findings.examine import Examined, examine
from constellagent.plan.findings.finding import (
    MOST_PER_DAY,
    RULES,
    SEVERITIES,
    Bounds,
    Finding,
    Rule,
    Severity,
    reaches,
)

__all__ = [
    "MOST_PER_DAY",
    "RULES",
    "SEVERITIES",
    "Bounds",
    "Examined",
    "Finding",
    "Rule",
    "Severity",
    "examine",
    "reaches",
]
