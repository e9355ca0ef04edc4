"""Killing the daemon while it applies: the next apply converges, nothing is lost or doubled."""

import os
import random
import sys
import time

import pytest

from constellagent.runtime.ports import Step
from tests.reliability.lab import Lab, git, manifest, wait_for

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the lab reads /proc"),
    pytest.mark.timeout(3600),
]

CONVERGES = 10.0
"""Seconds within which the apply after a kill must be through."""

UP = (
    Step.IDENTITY_CREATE,
    Step.IDENTITY_KEY,
    Step.IDENTITY_WRITE,
    Step.BRANCH_CREATE,
    Step.WORKTREE_ADD,
    Step.WORKTREE_EXCLUDE,
    Step.WORKTREE_CHECKOUT,
    Step.WORKTREE_INCLUDE,
    Step.WORKTREE_SETUP,
    Step.WORKTREE_COMPLETE,
    Step.SESSION_START,
)
DOWN = (
    Step.SESSION_STOP,
    Step.WORKTREE_RESCUE,
    Step.WORKTREE_REMOVE,
    Step.IDENTITY_ARCHIVE,
    Step.RECORD_DROP,
)
MOVED = (Step.WORKTREE_REPAIR,)


def converge(lab: Lab) -> float:
    """Apply again, in time, and check every law; returns the seconds that it took."""
    begin = time.monotonic()
    lab.run("apply", "--yes")
    took = time.monotonic() - begin
    assert took < CONVERGES, f"converged in {took:.1f} s"
    lab.check()
    assert lab.json("plan", "--detailed-exitcode")["empty"]
    return took


def kill_during_apply(kills: int, seed: int) -> None:
    """Apply 8 agents and kill the daemon at a random moment, until so many kills fell into an apply."""
    chance = random.Random(seed)
    longest = 1.5
    hits, slowest = 0, 0.0
    while hits < kills:
        with Lab(agents=8) as lab:
            lab.json("plan")  # the daemon is up: the kill falls into the apply and not into its start
            begin = time.monotonic()
            apply = lab.start("apply", "--yes")
            delay = chance.uniform(0.0, longest)
            time.sleep(delay)
            killed = apply.poll() is None and lab.kill_daemon()
            apply.communicate(timeout=60)
            hit = killed and apply.returncode != 0  # else it came before the apply, which started another
            longest = max(0.5, min(longest, 2 * (time.monotonic() - begin)))
            hits += hit
            ready = [n for n in range(8) if (lab.worktree(n) / "setup-done.txt").exists()]
            for number in ready:
                (lab.worktree(number) / "precious.txt").write_text(f"kept {number}")
            before = {number: manifest(lab.worktree(number)) for number in ready}
            took = converge(lab)
            slowest = max(slowest, took)
            for agent, files in before.items():
                assert files.items() <= manifest(lab.worktree(agent)).items()
            print(f"kill {hits}: after {delay:.2f} s, {len(ready)} agents ready, converged in {took:.2f} s")
    print(f"{hits} kills; slowest convergence {slowest:.2f} s")


def test_a1_kill_9_of_the_daemon_during_apply() -> None:
    """The daemon killed at a random moment of an apply loses nothing; the next apply converges."""
    kill_during_apply(kills=3, seed=int(os.environ.get("CONSTELLAGENT_TEST_SEED", "1")))


@pytest.mark.long
def test_a1_kill_9_of_the_daemon_during_apply_200_times() -> None:
    """The same, two hundred times."""
    kill_during_apply(kills=200, seed=int(os.environ.get("CONSTELLAGENT_TEST_SEED", "7")))


def test_every_step_is_covered() -> None:
    """A new step cannot be forgotten: each is died at, on the way up, on the way down, or after a move."""
    assert set(UP) | set(DOWN) | set(MOVED) == set(Step)


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("step", UP)
def test_a1_death_at_a_step_of_creation(step: Step, side: str) -> None:
    """Dying before or after any step on the way up, the next apply converges."""
    with Lab(agents=1) as lab:
        (lab.repo / ".env").write_text("local=1\n")
        (lab.repo / ".gitignore").write_text("*.log\n.env\n")
        (lab.repo / ".worktreeinclude").write_text(".env\n")
        died = lab.start("apply", "--yes", CONSTELLAGENT_FAIL_AT=f"{step}:{side}")
        died.communicate(timeout=60)
        assert died.returncode != 0, "the point was never reached"
        assert lab.daemon_pid() is None
        begin = time.monotonic()
        lab.run("apply", "--yes")
        assert time.monotonic() - begin < CONVERGES
        assert lab.json("plan", "--detailed-exitcode")["empty"]
        assert lab.identities() == ["agent-0"]
        assert lab.locks() == []
        assert (lab.worktree(0) / "setup-done.txt").is_file()
        (view,) = lab.json("status")
        assert lab.sessions() == {view["agents"][0]["session"]["id"]}


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("step", DOWN)
def test_a1_death_at_a_step_of_removal(step: Step, side: str) -> None:
    """Dying before or after any step on the way down, the next destroy finishes and the work is kept."""
    with Lab(agents=1) as lab:
        lab.run("apply", "--yes")
        (lab.worktree(0) / "work.txt").write_text("never committed\n")
        lab.run("daemon", "stop")
        died = lab.start("destroy", "--force", "--yes", CONSTELLAGENT_FAIL_AT=f"{step}:{side}")
        died.communicate(timeout=60)
        assert died.returncode != 0, "the point was never reached"
        lab.run("destroy", "--force", "--yes")
        assert not lab.worktree(0).exists()
        assert lab.tree() == {}
        refs = lab.run("status", "--all", "--json").stdout
        assert "agent-0" not in refs
        kept = [ref for ref in _rescued(lab) if "work.txt" in ref[1]]
        assert kept, "the rescue ref holds what was never committed"


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("step", MOVED)
def test_a1_death_at_a_step_of_repair(step: Step, side: str) -> None:
    """Dying before or after the repair of a moved worktree, the next apply finishes it."""
    with Lab(agents=1) as lab:
        lab.run("apply", "--yes")
        moved = lab.worktree(0).with_name("elsewhere")
        lab.worktree(0).rename(moved)
        lab.run("daemon", "stop")
        lab.start("apply", "--yes", CONSTELLAGENT_FAIL_AT=f"{step}:{side}").communicate(timeout=60)
        lab.run("apply", "--yes")
        assert lab.json("plan", "--detailed-exitcode")["empty"]
        assert (moved / "setup-done.txt").is_file()


def test_a2_kill_9_of_the_client_changes_nothing() -> None:
    """Killing only the command leaves the daemon to finish what it began."""
    with Lab(agents=4) as lab:
        lab.json("plan")
        apply = lab.start("apply", "--yes")
        wait_for(lambda: lab.worktree(0).exists() or apply.poll() is not None, "the apply to begin")
        apply.kill()
        apply.communicate()
        wait_for(lambda: len(lab.sessions()) == 4, "the daemon to finish")
        converge(lab)


def _rescued(lab: Lab) -> list[tuple[str, str]]:
    refs = git(lab.repo, "for-each-ref", "--format=%(refname)", "refs/constellagent/rescue").split()
    return [(ref, git(lab.repo, "ls-tree", "-r", "--name-only", ref)) for ref in refs]
