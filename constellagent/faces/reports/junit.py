"""Findings as JUnit XML, the form of test results that most CI services read: one test case a schedule."""

import html
import re
from collections.abc import Iterator, Sequence

from constellagent.faces.reports.outcome import Outcome
from constellagent.plan.findings import Finding, Severity, reaches

WHOLE_FILE = "(file)"
"""The test case of findings that are not about one schedule."""

_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold in any form."""


def lines(outcomes: Sequence[Outcome], fail_on: Severity) -> Iterator[str]:
    """Yield the lines of the document; findings below `fail_on` do not fail their test case."""
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    cases = [(outcome, _cases(outcome)) for outcome in outcomes]
    total = sum(len(found) for _, found in cases)
    failed = sum(_failures(found, fail_on) for _, found in cases)
    yield f'<testsuites name="schedules" tests="{total}" failures="{failed}" errors="0">'
    for outcome, found in cases:
        counts = f'tests="{len(found)}" failures="{_failures(found, fail_on)}" errors="0"'
        yield f"  <testsuite name={quoted(outcome.file)} {counts}>"
        for name, findings in found.items():
            yield from _case(outcome, name, findings, fail_on)
        yield "  </testsuite>"
    yield "</testsuites>"


def escaped(text: str) -> str:
    """Return text as XML holds it; what it cannot hold is replaced."""
    return html.escape(_UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text))


def quoted(text: str) -> str:
    """Return text as the value of an attribute, with its line breaks."""
    value = escaped(text).replace("\t", "&#9;").replace("\n", "&#10;").replace("\r", "&#13;")
    return f'"{value}"'


def _cases(outcome: Outcome) -> dict[str, list[Finding]]:
    """Return the findings by test case; one for the whole file only where something is to be said in it."""
    cases: dict[str, list[Finding]] = {key: [] for key in outcome.schedules}
    for finding in outcome.findings:
        cases.setdefault(finding.schedule or WHOLE_FILE, []).append(finding)
    return cases


def _failures(cases: dict[str, list[Finding]], fail_on: Severity) -> int:
    return sum(any(reaches(f.severity, fail_on) for f in findings) for findings in cases.values())


def _case(outcome: Outcome, name: str, findings: list[Finding], fail_on: Severity) -> Iterator[str]:
    case = f"    <testcase classname={quoted(outcome.file)} name={quoted(name)}"
    if not findings:
        yield f"{case}/>"
        return
    yield f"{case}>"
    for finding in findings:
        if reaches(finding.severity, fail_on):
            kind = f"{finding.rule} {finding.title}".strip()
            head = f"<failure type={quoted(kind)} message={quoted(finding.message)}>"
            yield f"      {head}{escaped(_text(outcome, finding))}</failure>"
    told = [_text(outcome, finding) for finding in findings if not reaches(finding.severity, fail_on)]
    if told:
        yield f"      <system-out>{escaped(chr(10).join(told))}</system-out>"
    yield "    </testcase>"


def _text(outcome: Outcome, finding: Finding) -> str:
    place = f"{outcome.file}:{finding.line}:{finding.column}" if finding.line else outcome.file
    word = f"{finding.severity} {finding.rule}".strip()
    parts = (f"{place}: {word}: {finding.message}", finding.excerpt, finding.help)
    return "\n".join(part for part in parts if part)
