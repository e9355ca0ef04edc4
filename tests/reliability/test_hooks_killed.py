"""A daemon that is killed between the reports of hooks loses none of them, and counts none twice."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from constellagent.failpoints import VARIABLE
from constellagent.runtime.points import Point
from constellagent.runtime.reports import kept
from tests.reliability.lab import Lab, wait_for
from tests.reliability.woken import woken

pytestmark = pytest.mark.timeout(300)

REPORTS = 60
PATIENCE = 120.0
"""Seconds for reports, each of which is told by a process of its own."""
PROGRAM = (
    "n=0; while [ $n -lt {count} ]; do n=$((n+1)); "
    "constellagent-hook waiting --reason r$n; sleep 0.02; done; sleep 600"
)


def agent(count: int) -> str:
    """Return an agent that reports so many times."""
    return f"  told: {{shell: {json.dumps(PROGRAM.format(count=count))}}}\n"


def agents(lab: Lab) -> list[dict[str, Any]]:
    """Return the agents of the status."""
    (view,) = lab.json("status")
    found: list[dict[str, Any]] = view["agents"]
    return found


def killed(count: int, kills: int) -> None:
    """Kill the daemon so many times while an agent reports, and look at what came of the reports."""
    with Lab(agents=0, extra=agent(count)) as lab:
        lab.run("apply", "--yes")
        (session,) = lab.sessions()
        folder = Path(lab.home) / "sessions" / session

        def come(number: int) -> bool:
            return bool(kept.after(folder, number - 1))

        for kill in range(1, kills + 1):
            wait_for(lambda kill=kill: come(kill * count // (kills + 1)), "a report", PATIENCE)
            lab.kill_daemon()
            if kill % 2:
                lab.run("status")  # the next daemon, which takes up what it missed while more comes
        wait_for(lambda: come(count), "the last report", PATIENCE)

        def last() -> bool:
            (view,) = agents(lab)
            return (view["state"], view["reason"], view["source"]) == ("waiting", f"r{count}", "hook")

        wait_for(last, "the last state")
        found = kept.after(folder, 0)
        assert [report.number for report in found] == list(range(1, count + 1))
        assert [json.loads(report.data)["reason"] for report in found] == [
            f"r{n}" for n in range(1, count + 1)
        ]
        wait_for(lambda: kept.read_progress(folder).number == count, "all reports dealt with")
        told = kept.read_progress(folder).told
        assert told is not None
        assert told.since == pytest.approx(found[0].at), "it waits since the first report, without a break"

        lab.kill_daemon()  # a state that was told long ago is known to the next one, with its age
        before = time.time()
        wait_for(last, "the last state again")
        (view,) = agents(lab)
        assert view["since"] < before


def test_a_daemon_killed_between_reports_loses_none() -> None:
    """Three daemons share the reports of one session."""
    killed(REPORTS, 2)


@pytest.mark.long
def test_many_daemons_killed_between_reports_lose_none() -> None:
    """The same with many more of both."""
    killed(600, 20)


def turning(*states: str) -> str:
    """Return an agent that reports these states once it may, and a schedule that waits for it to be done."""
    hooks = "".join(f"constellagent-hook {state}; " for state in states)
    program = f"until [ -e go ]; do sleep 0.02; done; {hooks}sleep 600"
    after = '{on: {agent: told, state: done}, command: ["true"], workspace: agent, overlap: queue_all}'
    return f"  told: {{shell: {json.dumps(program)}}}\n" + woken({"clerk": {"after": after}})


def test_a_daemon_killed_at_the_end_of_a_turn_leaves_it_to_the_next() -> None:
    """The daemon heard of it and dies as it wakes another agent: the next one does that, once."""
    with Lab(agents=0, extra=turning("working", "done")) as lab:
        lab.run("apply", "--yes", check=0, **{VARIABLE: f"{Point.LEDGER_COMMIT}:before"})
        (session,) = lab.sessions()
        (lab.folder / "repo.worktrees" / "told" / "go").touch()
        wait_for(lambda: lab.daemon_pid() is None, "the death of the daemon", PATIENCE)
        assert len(kept.after(Path(lab.home) / "sessions" / session, 0)) == 2

        def over(count: int) -> bool:
            return [row["state"] for row in lab.json("schedule", "history")] == ["succeeded"] * count

        wait_for(lambda: over(1), "the run that the turn wakes", PATIENCE)
        lab.kill_daemon()
        assert over(1), "the next daemon tells it again"
