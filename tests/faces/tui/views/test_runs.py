"""Schedules and runs as rows and as text."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.faces.tui.views.runs import run_lines, run_row, schedule_row, short, style
from constellagent.faces.tui.words import Fragments
from tests.faces.cli.scheduled import NOW, RUN, missed_view, run_view, schedule_view, several

pytestmark = pytest.mark.usefixtures("utc")


def said(line: Fragments) -> str:
    """Return a line without its styles."""
    return "".join(text for _, text in line).rstrip()


def test_schedule_by_both_clocks() -> None:
    """The next fire is told by this place's clock, with room by the schedule's too; then runs, failures."""
    view = several()[0]
    assert "Mon 07:04" in said(schedule_row(view, NOW, 54))
    assert "GMT" not in said(schedule_row(view, NOW, 54))
    assert "Mon 07:04 (Mon 2026-11-23 07:00 GMT)" in said(schedule_row(view, NOW, 200))
    assert "2 runs open" in said(schedule_row(view, NOW, 54))
    assert "2 failed in a row" in said(schedule_row(several()[3], NOW, 200))
    assert "on events" in said(schedule_row(several()[2], NOW, 54))
    assert said(schedule_row(several()[1], NOW, 54)).split()[:3] == ["triage/evening", "paused", "-"]


def test_due_now() -> None:
    """A fire that is due is told as now; of several constellations each row says which."""
    due = datetime.fromisoformat("2026-11-23T07:04:11Z").timestamp()
    assert "now" in said(schedule_row(schedule_view(), due, 54))
    assert said(schedule_row(schedule_view(), due, 54, "acme")).startswith("acme ")


def test_run_row_by_width() -> None:
    """A row of the ledger says more where there is room."""
    view = run_view(why="went \x1b[1mwell")
    assert (
        said(run_row(view, 54))
        == "2026-11-22 07:00 succeeded       3m10s  went \N{REPLACEMENT CHARACTER}[1mwell"
    )
    assert "schedule" in said(run_row(view, 70))
    assert "mail 2/1 secrets 3" in said(run_row(view, 110))
    assert "missed 43 fires since 2026-10-09" in said(run_row(missed_view(), 70))


def test_run_in_full() -> None:
    """All that is known of a run is told, and the end of its output without what would act on a terminal."""
    view = run_view(commit_count=3, told="2026-11-22T07:08:00Z", kept="it has changes")
    text = "\n".join(map(said, run_lines(view, ["hello", "\x1b[31mred"])))
    for part in (
        f"run       {RUN}",
        "state     succeeded, exit status 0",
        "commits   0123456789ab Answer the first mail",
        "          and 2 more",
        "told      its owner at 2026-11-22 07:08 UTC",
        "kept      it has changes",
        "the end of its output\nhello\n\N{REPLACEMENT CHARACTER}[31mred",
    ):
        assert part in text
    assert "Its output cannot be shown: it is gone" in "\n".join(map(said, run_lines(view, [], "it is gone")))
    assert "exit status" not in said(run_lines(missed_view(), [])[1])


def test_words() -> None:
    """States have styles, unknown ones a quiet one; an id is told by its beginning."""
    assert style("failed") == "class:tone.error"
    assert style("skipped") == "class:dim"
    assert short(RUN) == RUN[:8]


@given(st.text(), st.integers(20, 250))
def test_nothing_acts_on_the_terminal(text: str, columns: int) -> None:
    """Whatever a schedule or run says of itself, only printable signs are drawn."""
    view = schedule_view(why=text, wakes=text)
    run = run_view(why=text, branch=text, path=text, kept=text)
    lines = [schedule_row(view, NOW, columns, text), run_row(run, columns), *run_lines(run, [text], text)]
    assert all(said(line).isprintable() for line in lines)
