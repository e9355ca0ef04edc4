"""Races whose daemon is killed, with no cleanup, before and after every step of their worktrees."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from constellagent.failpoints import VARIABLE
from constellagent.runtime.ports import Step
from tests.reliability.lab import Lab, git, wait_for

pytestmark = [pytest.mark.long, pytest.mark.timeout(180)]

NAME = "$CONSTELLAGENT_AGENT"
WORK = f"echo $CONSTELLAGENT_PROMPT > {NAME}.txt; git add -A; git commit -qm by-{NAME}"
MADE = (
    Step.BRANCH_CREATE,
    Step.WORKTREE_ADD,
    Step.IDENTITY_WRITE,
    Step.WORKTREE_CHECKOUT,
    Step.WORKTREE_COMPLETE,
)
"""The steps of a worktree that has neither included files nor setup steps, in their order."""


@pytest.fixture
def lab() -> Iterator[Lab]:
    """Two agents whose whole work is a script, applied; no daemon runs."""
    with Lab(agents=0) as made:
        blocks = "".join(
            f"  {name}: {{shell: {json.dumps(WORK)}, autostart: false}}\n" for name in ("ada", "bob")
        )
        made.file.write_text(f"version: 1\nname: lab\nagents:\n{blocks}")
        git(made.repo, "commit", "-qam", "two agents")
        made.run("apply", "--yes")
        made.run("daemon", "stop")
        yield made


def over(lab: Lab) -> dict[str, Any]:
    """Wait until the one race is over; returns it."""
    (race,) = lab.json("race", "list")

    def ended() -> bool:
        runs = lab.json("race", "show", race["race"])["runs"]
        return not any(run["state"] in {"claimed", "running"} for run in runs)

    wait_for(ended, "the end of the race")
    found: dict[str, Any] = lab.json("race", "show", race["race"])
    return found


@pytest.mark.parametrize("step", MADE)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_start_that_dies_anywhere_is_finished_by_the_next_daemon(lab: Lab, step: Step, when: str) -> None:
    """Each agent runs once, in the place that was written down before."""
    lab.run("run", "--agents", "ada,bob", "hello", check=None, **{VARIABLE: f"{step}:{when}"})
    wait_for(lambda: lab.daemon_pid() is None, "the daemon to die")

    view = over(lab)

    assert [(run["state"], run["commits"]) for run in view["runs"]] == [("succeeded", 1)] * 2, view
    for run in view["runs"]:
        assert git(lab.repo, "log", "--format=%s", f"main..{run['branch']}") == f"by-{run['agent']}\n"


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("method", ["merge", "squash"])
def test_a_keep_that_dies_in_its_removals_converges(lab: Lab, when: str, method: str) -> None:
    """The merge is made once, and the worktrees go whoever asks next, or nobody."""
    lab.run("run", "--agents", "ada,bob", "hello")
    (race,) = lab.json("race", "list")
    lab.run("daemon", "stop")
    words = ("race", "keep", race["race"], "bob", "--yes", "--method", method)
    lab.run(*words, check=None, **{VARIABLE: f"{Step.WORKTREE_REMOVE}:{when}"})
    wait_for(lambda: lab.daemon_pid() is None, "the daemon to die")

    paths = [Path(run["path"]) for run in over(lab)["runs"]]
    wait_for(lambda: not any(path.exists() for path in paths), "the worktrees to go")
    lab.run(*words)

    # The first, the file, and the work: the merge is there once.
    assert git(lab.repo, "rev-list", "--count", "main").strip() == "3"
    view = over(lab)
    assert (view["kept"], [run["cleared"] for run in view["runs"]]) == ("bob", [True, True])


def test_a_race_outlives_its_daemon(lab: Lab) -> None:
    """Killed while the agents work, it goes on, and the next daemon knows how it ended."""
    begun = lab.run("run", "--agents", "ada,bob", "--detach", "hello").stdout.strip()
    lab.kill_daemon()

    view = over(lab)

    assert view["race"] == begun
    assert [(run["state"], run["commits"]) for run in view["runs"]] == [("succeeded", 1)] * 2
