"""From the text of a file to its findings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.plan.findings import Bounds, examine
from tests.plan.findings.files import NOW, file, findings, one, told


@pytest.mark.parametrize(
    ("schedule", "column", "rule"),
    [
        ("cron: '61 * * * *'", 18, "CS001"),
        ("cron: '@daily', timezone: Mars/Base", 38, "CS002"),
        ("cron: '0 0 30 2 *'", 18, "CS003"),
        ("cron: '@daily', start: 2026-02-01, end: 2026-01-01", 52, "CS003"),
        ("cron: '@daily', prompt: x, command: [x]", 7, "CS004"),
        ("cron: '@daily', workspace: agent, overlap: allow", 7, "CS004"),
        ("cron: '5 * * * *', jitter: 30m", 39, "CS004"),
        ("cron: '5 22-2 * * *'", 18, "CS017"),
        ("cron: '5/20 * * * *'", 18, "CS017"),
    ],
)
def test_what_the_load_refuses_is_a_finding(schedule: str, column: int, rule: str) -> None:
    """It is an error with its rule, its place and its schedule."""
    finding = one(file(schedule))
    assert (finding.rule, finding.severity, finding.schedule) == (rule, "error", "a/s0")
    assert (finding.line, finding.column) == (8, column)


def test_the_message_of_an_expression_is_one_line() -> None:
    """The expression and its caret are apart; the path is that below the schedule."""
    finding = one(file("cron: '61 * * * *'"))
    assert finding.message == "cron: minute 61 is not in 0 to 59"
    assert finding.excerpt == "    61 * * * *\n    ^^"


def test_a_file_without_faults_has_no_findings() -> None:
    """And its schedules are given, also those of events."""
    examined = examine(file("cron: '5 9 * * *'", "on: {webhook: h}").encode(), Bounds(NOW))
    assert examined.findings == ()
    assert examined.keys == tuple(examined.schedules) == ("a/s0", "a/s1")


def test_other_problems_of_the_file_have_no_rule() -> None:
    """They are told with their whole path, and those of a schedule still belong to it."""
    text = file("cron: '5 9 * * *', timeuot: 5m", "cron: '61 9 * * *'") + "  b: {}\n"
    first, second, third = findings(text)
    assert (first.rule, first.schedule, first.message[:20]) == ("", "a/s0", "timeuot: unknown key")
    assert (second.rule, second.schedule) == ("CS001", "a/s1")
    assert (third.rule, third.schedule, third.message[:9]) == ("", "", "agents.b:")


@pytest.mark.parametrize(
    "text", ["", "- x", "\tx", "agents: [a]", "version: 1\nagents: {a: 5}", "a: &b {<<: *b}"]
)
def test_what_is_no_constellation_is_told(text: str) -> None:
    """There are problems and no schedules."""
    examined = examine(text.encode(), Bounds(NOW))
    assert examined.findings
    assert not examined.schedules
    assert all(finding.rule == "" for finding in examined.findings)


def test_a_faulty_schedule_hides_no_finding() -> None:
    """The rules look at all that is sound, and the keys name all that is written."""
    text = file("cron: nonsense", "cron: '*/5 * * * *'", "cron: '@daily', start: 2026-02-01, end: 2026-01-01")
    assert told(text) == ["8:18 CS001 a/s0", "9:18 CS014 a/s1", "10:52 CS003 a/s2"]
    assert examine(text.encode(), Bounds(NOW)).keys == ("a/s0", "a/s1", "a/s2")


def test_names_with_dots_are_told_apart() -> None:
    """A path is split where the file has its keys."""
    text = "version: 1\nagents:\n  a.b: {command: [x], schedules: {c.d: {cron: x}, c: {cron: y}}}\n"
    assert [finding.schedule for finding in findings(text)] == ["a.b/c.d", "a.b/c"]
    assert [finding.message.partition(":")[0] for finding in findings(text)] == ["cron", "cron"]


def test_findings_are_sorted_by_place_and_weight() -> None:
    """The order of the file, and what is worse first."""
    places = [(f.line, f.column) for f in findings(file(*["cron: '*/5 * * * *', missed: all"] * 4))]
    assert places == sorted(places)
    rules = [f.rule for f in findings(file(*["cron: '*/5 * * * *'"] * 4)) if f.line == 11]
    assert rules == ["CS014", "CS016"]


@given(
    st.binary(max_size=200) | st.text(max_size=100).map(lambda text: f"version: 1\nagents: {text}".encode())
)
def test_no_bytes_raise(text: bytes) -> None:
    """Whatever stands in a file, it is answered with findings."""
    examine(text, Bounds(NOW))
