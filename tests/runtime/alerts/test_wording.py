"""What an owner reads."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.runtime.alerts.deciding import Moment
from constellagent.runtime.alerts.wording import SCREEN_LINES, Facts, clean, headline, letter
from constellagent.spec.models import NotifyState

MOMENT = Moment("waiting", "permission", 1_795_338_000.0, "May I push?\nTo main.")
FACTS = Facts("docs", "acme", "/src/acme/constellation.yaml")


@pytest.mark.parametrize(
    ("state", "reason", "message", "said"),
    [
        ("waiting", "permission", "May I?", "docs is waiting (permission): May I?"),
        ("waiting", "permission", "", "docs is waiting: permission"),
        ("waiting", "", "", "docs is waiting"),
        ("waiting", "", "Well,\n  may I?", "docs is waiting: Well, may I?"),
        ("done", "", "I have done all of it.", "docs is done"),
        ("failed", "exit status 3", "", "docs has failed: exit status 3"),
        ("failed", "", "no credit", "docs has failed: no credit"),
        ("working", "", "", "docs is working"),
        ("exited", "", "", "docs has ended"),
        ("failed", "x" * 500, "", f"docs has failed: {'x' * 182}\N{HORIZONTAL ELLIPSIS}"),
    ],
)
def test_the_headline_says_what_it_is_about(state: NotifyState, reason: str, message: str, said: str) -> None:
    """One line of at most two hundred characters, with the question in it."""
    assert headline(replace(MOMENT, state=state, reason=reason, message=message), "docs") == said


def test_the_mail_has_what_helps() -> None:
    """And no line for what there is not."""
    facts = replace(
        FACTS, branch="agents/docs", path="/w/docs", screen=["", "one", "two\x1b", ""], note="a\nnote"
    )

    said = letter(MOMENT, facts)

    assert said.subject == "docs is waiting (permission): May I push? To main."
    assert said.body == (
        "docs is waiting (permission): May I push? To main.\n"
        "\n"
        "State:   waiting (permission)\n"
        "Since:   2026-11-22T09:00:00Z\n"
        "Of:      acme (/src/acme/constellation.yaml)\n"
        "Branch:  agents/docs\n"
        "Folder:  /w/docs\n"
        "Note:    a note\n"
        "\n"
        "It says:\n"
        "\n"
        "    May I push?\n"
        "    To main.\n"
        "\n"
        "Its terminal shows:\n"
        "\n"
        "    one\n"
        "    two\n"
        "\n"
        "`constellagent attach docs` shows its terminal, to answer there.\n"
    )
    assert "Branch" not in letter(MOMENT, FACTS).body
    assert "terminal shows" not in letter(MOMENT, FACTS).body


def test_an_end_is_answered_otherwise() -> None:
    """There is no terminal to attach to."""
    said = letter(Moment("failed", "exit status 3", 0.0, ended=True), FACTS)

    assert "attach" not in said.body
    assert said.body.endswith(
        "`constellagent logs docs` shows what it wrote,\n`constellagent restart docs` starts it again.\n"
    )


def test_a_run_that_stands_still_is_let_go_on() -> None:
    """It needs no answer but that."""
    said = letter(Moment("waiting", "paused: it used $5.00 of $5.00", 0.0, paused=True), FACTS)

    assert said.subject == "docs is waiting: paused: it used $5.00 of $5.00"
    assert said.body.endswith("\n`constellagent resume docs` lets it go on.\n")


def test_the_last_word_of_the_hour_says_so() -> None:
    """In the mail and in the text."""
    said = letter(MOMENT, replace(FACTS, quiet_until=MOMENT.since + 60, told=6))

    assert said.body.endswith(
        "This is word 6 of it within an hour; no more is sent before 2026-11-22T09:01:00Z.\n"
    )
    assert said.text == "docs is waiting (permission): May I push? To main. (no more for a while)"


def test_the_page_is_named_where_it_is_on() -> None:
    """By its address alone, which lets nobody in."""
    assert (
        "The page is at http://127.0.0.1:8\n"
        in letter(MOMENT, replace(FACTS, page="http://127.0.0.1:8")).body
    )


def test_of_a_screen_the_last_lines_are_shown() -> None:
    """A mail is no terminal."""
    body = letter(MOMENT, replace(FACTS, screen=[f"row {n}" for n in range(100)])).body

    assert body.count("    row ") == SCREEN_LINES
    assert "    row 99\n" in body


@given(st.lists(st.text()))
def test_nothing_comes_through_that_a_mail_cannot_have(lines: list[str]) -> None:
    """Whatever a program shows: no control character, no long line, and no empty one at either end."""
    found = clean(lines)

    assert all(line.isprintable() and len(line) <= 200 for line in found)
    assert not found or (found[0] and found[-1])


@given(st.text(), st.text(), st.text())
def test_subject_and_text_are_one_line_each(reason: str, message: str, note: str) -> None:
    """Whatever an agent says."""
    said = letter(replace(MOMENT, reason=reason, message=message), replace(FACTS, note=note))

    assert said.subject.isprintable()
    assert len(said.subject) <= 200
    assert said.text.isprintable()
    assert len(said.text) <= 300
