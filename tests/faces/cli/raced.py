"""Races as the daemon shows them, for tests of commands."""

from typing import Any

from constellagent.runtime.race_views import RaceRunView, RaceView


def run_view(agent: str = "ada", **changes: Any) -> RaceRunView:
    """Return a run that succeeded with one commit, with changes."""
    view = RaceRunView(
        run=f"{agent}0123456789",
        agent=agent,
        state="succeeded",
        why="",
        branch=f"races/1a2b3c4d/{agent}",
        path=f"/w/{agent}",
        log=f"/nowhere/{agent}",
        exit_status=0,
        seconds=75.0,
        commits=1,
        files=2,
        added=10,
        removed=3,
        uncommitted=0,
        usage=None,
        answer="",
        cleared=False,
        stays="",
    )
    return RaceRunView(**{**view, **changes})  # type: ignore[typeddict-item] # a test names real keys


def going(agent: str, state: str = "claimed") -> RaceRunView:
    """Return a run that is not over."""
    unknown = dict.fromkeys(("seconds", "commits", "files", "added", "removed", "uncommitted", "exit_status"))
    return run_view(agent, state=state, **unknown)


def race_view(*runs: RaceRunView, **changes: Any) -> RaceView:
    """Return a race of these runs, with changes."""
    view = RaceView(
        race="1a2b3c4d",
        prompt="Do it.",
        base="main",
        commit="f" * 40,
        created_at=0.0,
        decision="",
        kept="",
        merged="",
        runs=list(runs) or [run_view("ada"), run_view("bob", state="failed", why="exit status 1")],
        overlaps=[],
    )
    return RaceView(**{**view, **changes})  # type: ignore[typeddict-item] # a test names real keys
