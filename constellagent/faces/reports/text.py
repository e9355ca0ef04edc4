"""Findings for a person: a line each that editors jump to, below it the line of the file, and what to do."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from constellagent.faces.reports.outcome import Outcome, said
from constellagent.plan.findings import Finding, Severity

_BEFORE, _WIDEST = 40, 100
"""Of a longer line of the file so much before the place, and so much in all, is shown."""


class Line(NamedTuple):
    """One line with the word in it that a terminal may colour. Nothing in it was cleaned for a terminal."""

    before: str
    word: str = ""
    after: str = ""
    severity: Severity = "info"


def lines(outcomes: Sequence[Outcome]) -> Iterator[Line]:
    """Yield the lines of a report."""
    for outcome in outcomes:
        for finding in outcome.findings:
            place = f"{outcome.file}:{finding.line}:{finding.column}" if finding.line else outcome.file
            word = f"{finding.severity} {finding.rule}" if finding.rule else finding.severity
            yield Line(f"{place}: ", word, f": {said(finding)}", finding.severity)
            yield from map(Line, finding.excerpt.splitlines() or _excerpt(outcome.lines, finding))
            if finding.help:
                yield Line(f"    help: {finding.help}")


def _excerpt(source: Sequence[str], finding: Finding) -> Iterator[str]:
    """Yield the line of the file and a caret under the place."""
    if not 1 <= finding.line <= len(source):
        return
    text, at = source[finding.line - 1], finding.column - 1
    first = len(text) - len(text.lstrip())
    if at - first > _BEFORE and len(text) - first > _WIDEST:
        first = at - _BEFORE
    yield f"    {text[first : first + _WIDEST].rstrip()}"
    yield f"    {' ' * (at - first)}^"
