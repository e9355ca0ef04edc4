"""Races as lines."""

import io

from constellagent.faces.cli import race_tables
from tests.faces.cli.raced import going, race_view, run_view

WIDE = 200


def test_a_race_is_a_table_with_its_verdicts() -> None:
    """One line for each agent, with what it made and what there is to say about it."""
    usage = {"input": 1200, "output": 30, "cost": 0.5}
    view = race_view(
        run_view("ada", usage=usage),
        run_view("bob", state="failed", why="exit status 1", uncommitted=2),
        going("cat", "running"),
    )
    note = "exit status 1; 2 changes not committed"
    assert race_tables.race(view, WIDE, io.StringIO()) == [
        "race 1a2b3c4d from main (ffffffffffff): 1 of 3 running",
        "  Do it.",
        "",
        "AGENT  VERDICT    TIME   COMMITS  FILES  +/-     USED           RUN       NOTE",
        "ada    succeeded  1m15s  1        2      +10 -3  1.2k/30 $0.50  ada01234",
        f"bob    failed     1m15s  1        2      +10 -3  -              bob01234  {note}",
        "cat    running    -      -        -      -       -              cat01234",
    ]


def test_overlaps_and_what_stays_follow_the_table() -> None:
    """Files that several changed, agents not all known, and worktrees that stay."""
    overlaps = [{"path": "", "agents": ["ada"]}, {"path": "a\x1b.py", "agents": ["ada", "bob"]}]
    view = race_view(run_view("ada", stays="untracked: x"), run_view("bob"), overlaps=overlaps)
    assert race_tables.race(view, WIDE, io.StringIO())[-5:] == [
        "the worktree of ada stays: untracked: x",
        "",
        "changed by several:",
        "  a\N{REPLACEMENT CHARACTER}.py: ada, bob",
        "not all changes are known of ada",
    ]
    many = [{"path": f"{number:02}", "agents": ["ada", "bob"]} for number in range(22)]
    assert race_tables.race(race_view(overlaps=many), WIDE, io.StringIO())[-1] == "  and 2 more files"


def test_how_a_race_stands_is_said_in_words() -> None:
    """Going on, over, or decided."""
    assert race_tables.standing(race_view(going("ada"), run_view("bob"))) == "1 of 2 running"
    assert race_tables.standing(race_view()) == "over, 1 of 2 succeeded"
    assert race_tables.standing(race_view(decision="kept", kept="ada")) == "kept ada"
    assert race_tables.standing(race_view(decision="dropped")) == "dropped"


def test_a_change_of_state_is_one_line() -> None:
    """What it took and made is told at the end."""
    assert race_tables.change(going("ada")) == "ada is being started"
    assert race_tables.change(going("ada", "running")) == "ada runs"
    assert race_tables.change(run_view("ada")) == "ada succeeded (1m15s, 1 commit, +10 -3)"
    lost = run_view("ada", state="lost", why="nobody\nknows", seconds=None, commits=None)
    assert race_tables.change(lost) == "ada lost: nobody\N{REPLACEMENT CHARACTER}knows"


def test_a_list_has_one_line_for_each() -> None:
    """A long prompt is cut."""
    assert race_tables.races([race_view(prompt="Do\nit " * 30)], 7200.0, WIDE) == [
        "RACE      AGE  AGENTS   STATE                   PROMPT",
        f"1a2b3c4d  2h   ada,bob  over, 1 of 2 succeeded  {' '.join(['Do it'] * 10)}…",
    ]
