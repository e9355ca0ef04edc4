"""JUnit XML."""

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from constellagent.faces.reports import junit
from constellagent.faces.reports.outcome import Outcome
from constellagent.plan.findings import SEVERITIES, Severity, reaches
from tests.faces.reports.outcomes import EMPTY, FILE, OUTCOMES


def read(outcomes: list[Outcome], fail_on: Severity = "error") -> ET.Element:
    """Return the document as a parser reads its bytes."""
    return ET.fromstring("\n".join(junit.lines(outcomes, fail_on)).encode("utf-8"))


def test_each_schedule_is_a_test_case() -> None:
    """One that is fine passes; findings of none have a case of their own."""
    suites = read([FILE, EMPTY])
    assert suites.attrib == {"name": "schedules", "tests": "5", "failures": "2", "errors": "0"}
    names = [(case.get("classname"), case.get("name")) for case in suites.iter("testcase")]
    assert names == [
        ("c.yaml", "a/m"),
        ("c.yaml", "a/n"),
        ("c.yaml", "a/o"),
        ("c.yaml", "(file)"),
        ("sub dir/d.yaml", "(file)"),
    ]
    failures = [*suites.iter("failure")]
    assert [failure.get("type") for failure in failures] == ["CS003 never fires", "bad file"]
    assert failures[0].get("message") == "never fires, or: not"
    assert failures[0].text == "c.yaml:3:7: error CS003: never fires, or: not\n    x\n    ^"


def test_the_threshold_decides_what_fails() -> None:
    """What is below it is told as output."""
    assert [len([*read([FILE], least).iter("failure")]) for least in SEVERITIES] == [1, 2, 3]
    (told, _) = read([FILE]).iter("system-out")
    assert told.text == "c.yaml:4:9: warning CS014: 100% too often\nwrite less"


def test_what_xml_cannot_hold_is_replaced() -> None:
    """Control characters, half surrogates and the noncharacters; line breaks of an attribute are kept."""
    assert junit.escaped("a\x00\x1b\ud800\ufffe<&>\"'") == (
        "a\ufffd\ufffd\ufffd\ufffd&lt;&amp;&gt;&quot;&#x27;"
    )
    assert junit.quoted("a\n\t\r") == '"a&#10;&#9;&#13;"'


@given(OUTCOMES, st.sampled_from(SEVERITIES))
def test_hostile_words_make_no_other_document(outcomes: list[Outcome], fail_on: Severity) -> None:
    """A parser finds the suites, the failures and the messages that were written."""
    suites = read(outcomes, fail_on)
    assert len(suites) == len(outcomes)
    findings = [f for outcome in outcomes for f in outcome.findings if reaches(f.severity, fail_on)]
    assert len([*suites.iter("failure")]) == len(findings)
    for suite, outcome in zip(suites, outcomes, strict=True):
        assert suite.get("name") == junit._UNWRITABLE.sub("\ufffd", outcome.file)
        assert int(suite.get("tests", "")) == len([*suite.iter("testcase")]) >= len(outcome.schedules)
        failed = [case for case in suite.iter("testcase") if case.find("failure") is not None]
        assert int(suite.get("failures", "")) == len(failed)
