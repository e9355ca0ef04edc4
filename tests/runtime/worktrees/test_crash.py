"""Dying anywhere: the next apply converges, and no byte of a person is lost."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from constellagent import failpoints
from constellagent.plan.observed import Absent, There, WorktreeState
from constellagent.runtime import occupants
from constellagent.runtime.ports import Step
from tests.runtime.worktrees.crash_child import SETUP
from tests.runtime.worktrees.rig import Rig, commit, contents, git

CREATING = (
    Step.BRANCH_CREATE,
    Step.WORKTREE_ADD,
    Step.WORKTREE_EXCLUDE,
    Step.WORKTREE_CHECKOUT,
    Step.WORKTREE_INCLUDE,
    Step.WORKTREE_SETUP,
    Step.WORKTREE_COMPLETE,
)
REMOVING = (Step.WORKTREE_RESCUE, Step.WORKTREE_REMOVE)


def child(rig: Rig, what: str, point: str = "") -> subprocess.Popen[bytes]:
    """Start the process that dies at `point`."""
    env = {**os.environ, failpoints.VARIABLE: point}
    argv = [sys.executable, "-m", "tests.runtime.worktrees.crash_child", str(rig.folder), what]
    return subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, start_new_session=True)


def dies(rig: Rig, what: str, point: str) -> None:
    """Let the process die at `point`; it must get there."""
    with child(rig, what, point) as process:
        assert process.wait(timeout=50) == failpoints.EXIT


def sentinel(rig: Rig) -> None:
    """Give the repository what must survive: ignored files to include, another worktree with work in it."""
    (rig.repo / ".env").write_text("SECRET=1\n")
    (rig.repo / ".worktreeinclude").write_text(".env\n")
    other = rig.folder / "person"
    git(rig.repo, "worktree", "add", "-q", "-b", "person", str(other))
    (other / "precious.txt").write_text("mine\n")
    git(other, "add", "precious.txt")
    (other / "a.txt").write_text("changed\n")


def check_sentinel(rig: Rig) -> None:
    """Look whether it survived."""
    other = rig.folder / "person"
    assert (other / "precious.txt").read_text() == "mine\n"
    assert git(other, "status", "--porcelain") == "M a.txt\nA  precious.txt"


async def converges(rig: Rig) -> None:
    """Create once more, as the next apply would, and compare with a creation that was never disturbed."""
    agent = rig.agent(setup=SETUP)
    path = await rig.create(agent)
    assert (await rig.facts(agent)).state is WorktreeState.READY
    assert git(path, "status", "--porcelain") == ""
    assert (path / ".env").read_text() == "SECRET=1\n"
    assert await rig.journal.open_steps("worker") == []
    assert not list((rig.repo / ".git").rglob("*.lock"))
    assert len(git(rig.repo, "worktree", "list").splitlines()) == 3
    assert await rig.port.losses("worker", path) == ["ignored: count.log"]
    check_sentinel(rig)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", CREATING)
async def test_a1_creation_that_died_converges(rig: Rig, step: Step, when: str) -> None:
    """Whichever step of a creation the process dies at, the next one completes it."""
    sentinel(rig)
    dies(rig, "create", f"{step}:{when}")
    seen = await rig.look(rig.agent())
    assert isinstance(seen.worktree, There | Absent)
    await converges(rig)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", REMOVING)
async def test_a1_removal_that_died_converges(rig: Rig, step: Step, when: str) -> None:
    """Whichever step of a forced removal the process dies at, the next one ends it, and the work is kept."""
    sentinel(rig)
    path = await rig.create(rig.agent(setup=SETUP))
    (path / "mine.txt").write_text("precious\n")
    dies(rig, "remove", f"{step}:{when}")
    await rig.port.remove("worker", path, force=True)
    assert not path.exists()
    assert (await rig.look(rig.agent())).worktree == Absent()
    assert await rig.journal.open_steps("worker") == []
    refs = git(rig.repo, "for-each-ref", "--format=%(refname)", "refs/constellagent").splitlines()
    assert any(git(rig.repo, "show", f"{ref}:mine.txt") == "precious" for ref in refs)
    check_sentinel(rig)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a1_repair_that_died_converges(rig: Rig, when: str) -> None:
    """A repair that died is done by the next one."""
    agent = rig.agent(setup=SETUP)
    path = await rig.create(agent)
    place = path.with_name("moved")
    path.rename(place)
    dies(rig, "repair", f"{Step.WORKTREE_REPAIR}:{when}")
    await rig.port.repair(agent, place)
    assert (await rig.facts(agent)).path == place


async def _killed_at_random(rig: Rig, rounds: int, seed: int) -> None:
    """Kill creations, with their git, after random spans; then let one go through."""
    print(f"seed {seed}")
    chance = random.Random(seed)
    sentinel(rig)
    commit(rig.repo, {f"many/{number}.txt": f"{number}\n" * 50 for number in range(20)})
    for number in range(1500):
        (rig.repo / "many" / f"n{number}.txt").write_text(f"{number}\n" * 50)
    git(rig.repo, "add", "many")
    git(rig.repo, "commit", "-q", "-m", "many")
    for _ in range(rounds):
        seen = (await rig.look(rig.agent())).worktree
        if isinstance(seen, There) and seen.value.state is WorktreeState.READY:
            await rig.port.remove("worker", Path(rig.agent().path), force=True)
            git(rig.repo, "branch", "-q", "-D", "agents/worker")
        with child(rig, "create") as process:
            await asyncio.sleep(chance.uniform(0.3, 1.2))
            if chance.random() < 0.5:
                for pid in await _gits(rig):
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except ProcessLookupError:
                        continue
            process.kill()
    await settled(rig)
    await converges(rig)
    path = Path(rig.agent().path)
    assert sorted(contents(path)) == sorted({*contents(rig.repo), "count.log"} - {".worktreeinclude"})


async def _gits(rig: Rig) -> list[int]:
    inside = {**(await occupants.inside(rig.repo) or {}), **(await occupants.inside(rig.root) or {})}
    return [pid for pid, name in inside.items() if name == "git"]


async def settled(rig: Rig) -> None:
    """Wait until a git that outlived its parent has ended."""
    async with asyncio.timeout(30):
        while await _gits(rig):
            await asyncio.sleep(0.05)


async def test_a1_creation_killed_at_random(rig: Rig) -> None:
    """Killed at any moment, alone or together with its git, a creation is completed by a later one."""
    await _killed_at_random(rig, rounds=5, seed=random.randrange(1 << 32))


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_a1_creation_killed_at_random_two_hundred_times(rig: Rig) -> None:
    """The same, two hundred times."""
    await _killed_at_random(rig, rounds=200, seed=random.randrange(1 << 32))


async def test_a1_git_that_outlived_us_is_waited_for(rig: Rig) -> None:
    """A checkout whose parent was killed goes on; the next apply waits for it and leaves its lock."""
    go = rig.folder / "go"
    wait = f"n=0; until test -e {go} || test $n -ge 1200; do n=$((n+1)); sleep 0.05; done; cat"
    git(rig.repo, "config", "filter.slow.smudge", wait)
    commit(rig.repo, {".gitattributes": "*.slow filter=slow\n"})
    commit(rig.repo, {"x.slow": "content\n"})
    with child(rig, "create") as process:
        async with asyncio.timeout(30):
            while not (rig.repo / ".git" / "worktrees" / "worker" / "index.lock").exists():
                await asyncio.sleep(0.01)
        process.kill()
    asyncio.get_running_loop().call_later(1, go.touch)
    path = await rig.create(rig.agent(setup=SETUP))
    assert (path / "x.slow").read_text() == "content\n"
    assert git(path, "status", "--porcelain") == ""


def test_every_step_of_worktrees_is_tried() -> None:
    """A step that is added to the port must be added here."""
    mine = {step for step in Step if step.value.startswith(("worktree.", "branch."))}
    assert mine == {*CREATING, *REMOVING, Step.WORKTREE_REPAIR}
