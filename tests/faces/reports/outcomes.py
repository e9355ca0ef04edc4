"""Outcomes for the tests of reports: findings of every kind, with names that try to break out of a format."""

import os
from datetime import UTC, datetime

from hypothesis import strategies as st

from constellagent.faces.reports.outcome import Outcome
from constellagent.plan.findings import RULES, SEVERITIES, Finding

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

ERROR = Finding("CS003", "error", "a/m", 3, 7, "never fires, or: not", excerpt="    x\n    ^")
WARNING = Finding("CS014", "warning", "a/n", 4, 9, "100% too often", "write less")
INFO = Finding("CS016", "info", "", 5, 1, "many")
BAD = Finding("", "error", "", 0, 0, "the file is empty")

FILE = Outcome("c.yaml", ("a/m", "a/n", "a/o"), (ERROR, WARNING, INFO), 21, ("one", "two", "  cron: x"))
EMPTY = Outcome("sub dir/d.yaml", (), (BAD,), 0, ())

TEXTS = st.text(max_size=30) | st.sampled_from(
    ["%", "%0A", "\r\n", "::", ",", "]]>", "<a>&\"'", "\x00\x1b[31m", "\ud800", "\ufffe", "é中😀", "--"]
)


def _is_path(text: str) -> bool:
    """Whether a file may have this name, as the system gives it."""
    try:
        return b"\0" not in os.fsencode(text) and text.strip("./") != ""
    except UnicodeEncodeError:
        return False


PATHS = TEXTS.filter(_is_path) | st.binary(min_size=1, max_size=9).map(os.fsdecode).filter(_is_path)
FINDINGS = st.builds(
    Finding,
    rule=st.sampled_from(["", *RULES]),
    severity=st.sampled_from(SEVERITIES),
    schedule=st.just("") | TEXTS,
    line=st.integers(0, 5),
    column=st.integers(1, 40),
    message=TEXTS.filter(bool),
    help=TEXTS,
    excerpt=TEXTS,
)
OUTCOMES = st.lists(
    st.builds(
        Outcome,
        file=PATHS,
        schedules=st.lists(TEXTS, max_size=3, unique=True).map(tuple),
        findings=st.lists(FINDINGS, max_size=4).map(tuple),
        fires=st.integers(0, 10),
        lines=st.lists(TEXTS, max_size=5).map(tuple),
    ),
    max_size=2,
)
"""Files, schedules and findings with any words in them."""
