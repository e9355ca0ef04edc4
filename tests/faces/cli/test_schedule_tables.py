"""Schedules and their runs as lines."""

import io

import pytest

from constellagent.faces.cli import schedule_tables as tables
from constellagent.faces.cli import screen
from constellagent.runtime.schedule_views import RunView
from tests.faces.cli.personal import EVIL
from tests.faces.cli.scheduled import NOW, missed_view, open_view, run_view, schedule_view, several
from tests.golden_option import Golden

WIDE = 300


def plain() -> io.StringIO:
    """Return a stream that is no terminal."""
    return io.StringIO()


def history() -> list[RunView]:
    """Return a row in most of the states."""
    return [
        open_view(),
        open_view("queued", why="waits for the end of the run of triage/morning of 2026-11-22T08:55:07Z"),
        run_view(),
        run_view(
            state="failed", exit_status=1, seconds=3725.0, commits=[], commit_count=0, attempt=2, did={}
        ),
        run_view(state="timeout", exit_status=None, seconds=2700.0, missed=1, reason="catchup"),
        run_view(state="skipped_overlap", why="triage/morning of 2026-11-22T07:00:00Z goes on", seconds=None),
        missed_view(),
        missed_view(count=1, why=""),
    ]


@pytest.mark.parametrize("columns", [80, 120, WIDE])
def test_lists(columns: int, golden: Golden) -> None:
    """Tables are aligned and fit the terminal; what can be spared goes first where it is narrow."""
    overview = tables.schedules(several(), NOW, columns, plain())
    rows = tables.runs(history(), columns, plain())
    assert all(screen.width(line) <= columns for line in [*overview, *rows])
    golden(f"cli/schedules-{columns}.txt", "\n".join([*overview, "", *rows]) + "\n")


def test_what_a_run_used_is_a_column_where_there_is_room() -> None:
    """Tokens and cost are shown where an agent told of them, and are the first to go."""
    run = run_view(usage={"input": 12_000, "output": 340, "cost": 0.07})
    assert "USED" in tables.runs([run], WIDE, plain())[0]
    assert "12k/340 $0.07" in tables.runs([run], WIDE, plain())[1]
    assert "USED" not in tables.runs([run], 80, plain())[0]


def test_columns_without_content_are_left_out() -> None:
    """A list of what never ran says nothing of exit codes and commits."""
    head, _ = tables.runs([missed_view()], WIDE, plain())
    assert head.split() == ["FIRE", "(UTC)", "SCHEDULE", "REASON", "STATE", "WHY"]


def test_a_time_that_cannot_be_read_hides_nothing() -> None:
    """A daemon's odd time does not end the list."""
    fire = {**schedule_view()["next"][0], "due": "soon"}
    assert "?" in tables.schedules([schedule_view(next=[fire])], NOW, WIDE, plain())[1]


def test_nothing_can_reach_into_the_terminal() -> None:
    """Control characters in reasons, names and patterns are shown as replaced."""
    run = run_view(why=EVIL, schedule=EVIL)
    view = schedule_view(EVIL, why=EVIL, wakes=EVIL, open=[run], last=run)
    parts = [
        *tables.schedules([view], NOW, WIDE, plain()),
        *tables.runs([run], WIDE, plain()),
        *tables.planned([run], WIDE, plain()),
    ]
    assert "\x1b" not in "".join(parts)
    assert "\r" not in "".join(parts)
