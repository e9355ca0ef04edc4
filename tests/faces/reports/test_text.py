"""Findings for a person."""

from hypothesis import given

from constellagent.faces.reports import text
from constellagent.faces.reports.outcome import Outcome
from constellagent.plan.findings import Finding
from tests.faces.reports.outcomes import EMPTY, ERROR, FILE, OUTCOMES, WARNING


def told(*outcomes: Outcome) -> list[str]:
    """Return the lines in one piece each."""
    return [f"{line.before}{line.word}{line.after}" for line in text.lines(outcomes)]


def test_a_finding_is_told_with_its_place_and_what_stands_there() -> None:
    """An expression has its own caret, all else the line of the file; a place outside of it has none."""
    assert told(FILE) == [
        "c.yaml:3:7: error CS003: a/m: never fires, or: not",
        "    x",
        "    ^",
        "c.yaml:4:9: warning CS014: a/n: 100% too often",
        "    help: write less",
        "c.yaml:5:1: info CS016: many",
    ]
    assert told(EMPTY) == ["sub dir/d.yaml: error: the file is empty"]


def test_the_line_of_the_file_is_shown_from_its_first_word() -> None:
    """The caret stands under the column, which counts from the beginning of the line."""
    finding = Finding("CS014", "warning", "a/m", 1, 9, "words")
    assert told(Outcome("f", (), (finding,), 0, ("  cron: x",)))[1:] == ["    cron: x", "          ^"]


def test_a_long_line_is_cut_around_the_place() -> None:
    """What is far to the right is still shown."""
    finding = Finding("CS014", "warning", "a/m", 1, 301, "words")
    _, shown, caret = told(Outcome("f", (), (finding,), 0, ("a" * 300 + "b" * 300,)))
    assert len(shown) == 104
    assert shown[caret.index("^")] == "b"
    assert shown[caret.index("^") - 1] == "a"


def test_the_word_is_what_may_be_coloured() -> None:
    """It stands alone, with its severity."""
    lines = [line for line in text.lines([FILE]) if line.word]
    assert [(line.word, line.severity) for line in lines] == [
        ("error CS003", ERROR.severity),
        ("warning CS014", WARNING.severity),
        ("info CS016", "info"),
    ]


@given(OUTCOMES)
def test_any_words_are_told(outcomes: list[Outcome]) -> None:
    """Each finding has its line."""
    lines = [line for line in text.lines(outcomes) if line.word]
    assert len(lines) == sum(len(outcome.findings) for outcome in outcomes)
