"""Findings as SARIF 2.1.0, the form that code scanning services read."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

import constellagent
from constellagent.faces.reports.outcome import Outcome, said
from constellagent.plan.findings import RULES, Finding, Rule, Severity

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

_LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}
_CODES = list(RULES)


def document(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the whole log: one run of one tool, which knows all the rules."""
    driver = {
        "name": "constellagent",
        "version": constellagent.__version__,
        "rules": [_rule(code, rule) for code, rule in RULES.items()],
    }
    results = [result for outcome in outcomes for result in _results(outcome)]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def uri(file: str) -> str:
    """Return the URI of a file: relative, where its path is."""
    path = PurePath(file)
    return path.as_uri() if path.is_absolute() else quote(os.fsencode(path.as_posix()))


def _rule(code: str, rule: Rule) -> dict[str, Any]:
    return {
        "id": code,
        "name": rule.title.title().replace(" ", ""),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.about},
        "help": {"text": rule.about},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _results(outcome: Outcome) -> Iterator[dict[str, Any]]:
    seen: Counter[str] = Counter()
    for finding in outcome.findings:
        about = f"{finding.rule} {finding.schedule or finding.message}"
        seen[about] += 1
        yield _result(outcome, finding, f"{about} {seen[about]}")


def _result(outcome: Outcome, finding: Finding, fingerprint: str) -> dict[str, Any]:
    """Return a finding; its fingerprint stays wherever its line moves to and whatever date it names."""
    place: dict[str, Any] = {"artifactLocation": {"uri": uri(outcome.file)}}
    if finding.line:
        place["region"] = {"startLine": finding.line, "startColumn": finding.column}
    rule = {"ruleId": finding.rule, "ruleIndex": _CODES.index(finding.rule)} if finding.rule else {}
    return {
        **rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": "\n".join(part for part in (said(finding), finding.help) if part)},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {
            "schedule/v1": hashlib.sha256(fingerprint.encode("utf-8", "replace")).hexdigest()[:32]
        },
    }
