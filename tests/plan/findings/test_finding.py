"""Findings and their severities."""

import pytest

from constellagent.plan.findings.finding import RULES, SEVERITIES, Finding, Severity, reaches


def test_a_severity_reaches_itself_and_what_is_below() -> None:
    """An error reaches everything, an info only info."""
    reached: dict[Severity, list[bool]] = {
        severity: [reaches(severity, least) for least in SEVERITIES] for severity in SEVERITIES
    }
    assert reached == {
        "error": [True, True, True],
        "warning": [False, True, True],
        "info": [False, False, True],
    }


@pytest.mark.parametrize(("rule", "title"), [("CS003", "never fires"), ("", "bad file")])
def test_a_finding_has_the_title_of_its_rule(rule: str, title: str) -> None:
    """A problem that is not about schedules is one of the file."""
    assert Finding(rule, "error", "a/m", 1, 1, "words").title == title


def test_the_rules_are_those_of_the_documentation() -> None:
    """Errors first, with gaps for what may come."""
    assert list(RULES) == [f"CS{number:03}" for number in (1, 2, 3, 4, *range(10, 19))]
    assert [code for code, rule in RULES.items() if rule.severity == "error"] == [
        "CS001",
        "CS002",
        "CS003",
        "CS004",
    ]
    assert [code for code, rule in RULES.items() if rule.severity == "info"] == ["CS016"]
