"""Workflow commands."""

import re

from hypothesis import given
from hypothesis import strategies as st

from constellagent.faces.reports import github
from constellagent.faces.reports.outcome import Outcome, said
from tests.faces.reports.outcomes import EMPTY, FILE, OUTCOMES


def unescaped(text: str) -> str:
    """Return what a runner reads from an escaped text."""
    replaced = text
    for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        replaced = replaced.replace(code, character)
    return replaced


def read(line: str) -> tuple[str, dict[str, str], str]:
    """Read a command as a runner does: the name, the properties, the message."""
    found = re.fullmatch(r"::(\w+) ([^:]*)::(.*)", line, re.DOTALL)
    assert found
    properties = dict(part.split("=", 1) for part in found[2].split(","))
    return found[1], {name: unescaped(value) for name, value in properties.items()}, unescaped(found[3])


def test_each_finding_is_a_command() -> None:
    """Its severity is the command; without a place in the file only the file is named."""
    assert [*github.lines([FILE, EMPTY])] == [
        "::error file=c.yaml,line=3,col=7,title=CS003 never fires::a/m: never fires, or: not",
        "::warning file=c.yaml,line=4,col=9,title=CS014 many fires a day::a/n: 100%25 too often%0Awrite less",
        "::notice file=c.yaml,line=5,col=1,title=CS016 many at the full hour::many",
        "::error file=sub dir/d.yaml,title=bad file::the file is empty",
    ]


def test_what_would_end_a_property_is_escaped() -> None:
    """The percent sign first, so that nothing is escaped twice."""
    assert github.escape_property("a:b,c%\r\n%0A") == "a%3Ab%2Cc%25%0D%0A%250A"
    assert github.escape_data("a:b,c%\r\n") == "a:b,c%25%0D%0A"


@given(st.text())
def test_escapes_are_read_back(text: str) -> None:
    """Nothing is lost, and no escaped text has a line break, a property no separator."""
    assert unescaped(github.escape_data(text)) == text
    assert unescaped(github.escape_property(text)) == text
    assert not re.search(r"[\r\n]", github.escape_data(text))
    assert not re.search(r"[\r\n:,]", github.escape_property(text))


@given(OUTCOMES)
def test_hostile_words_stay_inside_their_command(outcomes: list[Outcome]) -> None:
    """Each command is one line with the file, the place and the message that it was given."""
    told = [(outcome, finding) for outcome in outcomes for finding in outcome.findings]
    lines = [*github.lines(outcomes)]
    assert len(lines) == len(told)
    for line, (outcome, finding) in zip(lines, told, strict=True):
        _, properties, message = read(line)
        assert properties["file"] == outcome.file
        assert properties.get("line") == (str(finding.line) if finding.line else None)
        assert message in {said(finding), f"{said(finding)}\n{finding.help}"}
