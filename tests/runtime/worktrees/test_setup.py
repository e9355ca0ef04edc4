"""Setup steps: run once, in order, with their output kept, and ended in time."""

import asyncio
import os
import stat
from pathlib import Path

import pytest

from constellagent.errors import ConflictError, WorldError
from constellagent.plan.observed import WorktreeState
from constellagent.runtime import processes
from tests.runtime.worktrees.rig import CONSTELLATION, Rig, git


def log(rig: Rig, number: int) -> Path:
    """Return the log of a step."""
    return rig.folder / "home" / "logs" / CONSTELLATION / "worker" / f"setup-{number}.log"


async def test_steps_run_in_order_in_the_worktree_with_their_environment(rig: Rig) -> None:
    """Steps see the worktree, the given environment and nothing else; their logs are private."""
    env = {"PATH": os.environ["PATH"], "TOKEN": "canary"}
    agent = rig.agent(setup=(("sh", "-c", "pwd; env; cat; echo err >&2; touch one"), ("mv", "one", "two")))
    before = os.umask(0)
    try:
        path = await rig.create(agent, env=env)
    finally:
        os.umask(before)
    assert (path / "two").exists()
    said = log(rig, 1).read_text()
    assert said.startswith(f"{path}\n")
    assert "TOKEN=canary" in said
    assert "HOME=" not in said
    assert said.endswith("err\n")
    assert stat.S_IMODE(log(rig, 1).stat().st_mode) == 0o600
    assert stat.S_IMODE(log(rig, 1).parent.stat().st_mode) == 0o700
    assert [event.text for event in rig.events][1] == "setup 2/2: mv one two"


async def test_failed_step_is_named_and_taken_up_again(rig: Rig) -> None:
    """A failed step names its exit status and log; the next apply goes on there and repeats no other."""
    agent = rig.agent(
        setup=(("sh", "-c", "echo run >>count"), ("sh", "-c", "echo why; test -e mended || exit 7"))
    )
    with pytest.raises(WorldError) as caught:
        await rig.create(agent)
    path = Path(agent.path)
    assert "setup step 2" in caught.value.message
    assert "exit status 7" in caught.value.message
    assert str(log(rig, 2)) in caught.value.message
    assert log(rig, 2).read_text() == "why\n"
    assert (await rig.facts(agent)).state is WorktreeState.UNFINISHED
    (path / "mended").touch()
    (path / "a.txt").write_text("a person's repair\n")
    await rig.create(agent)
    assert (await rig.facts(agent)).state is WorktreeState.READY
    assert (path / "count").read_text() == "run\n"
    assert (path / "a.txt").read_text() == "a person's repair\n"


async def test_changed_step_is_run_again(rig: Rig) -> None:
    """Steps are repeated from the first one that is declared otherwise now."""
    with pytest.raises(WorldError):
        await rig.create(rig.agent(setup=(("sh", "-c", "echo a >>log.txt"), ("false",))))
    path = await rig.create(rig.agent(setup=(("sh", "-c", "echo b >>log.txt"), ("true",))))
    assert (path / "log.txt").read_text() == "a\nb\n"


@pytest.mark.parametrize("step", [("no-such-program",), ("a.txt",), ("nul\0byte",)])
async def test_step_that_cannot_start(rig: Rig, step: tuple[str, ...]) -> None:
    """A program that is not there, is no program, or has an impossible name is an error in words."""
    with pytest.raises(WorldError, match="could not be started"):
        await rig.create(rig.agent(setup=(step,)))


async def test_killed_step_is_told(rig: Rig) -> None:
    """A step that a signal ended says which."""
    with pytest.raises(WorldError, match="killed by signal 9"):
        await rig.create(rig.agent(setup=(("sh", "-c", "kill -9 $$"),)))


async def ended(pid: str) -> None:
    """Wait until a process is gone, or dead and left to whoever has to ask how it ended."""
    async with asyncio.timeout(30):
        while processes.state_of(int(pid)) not in {None, "Z"}:
            await asyncio.sleep(0.02)


async def test_step_that_hangs_is_ended_with_its_children(rig: Rig, tmp_path: Path) -> None:
    """When time is up the step and what it started are ended, and the error names the limit."""
    # Long enough for a shell to start and to say which child it has, however busy the machine is.
    other = await Rig.over(tmp_path, rig.repo, setup_timeout=3)
    step = ("sh", "-c", "sleep 60 & echo $! >child.tmp; mv child.tmp child.log; wait")
    with pytest.raises(WorldError, match="ended after 3 s"):
        await other.create(other.agent(setup=(step,)))
    await ended((Path(other.agent().path) / "child.log").read_text())


async def test_cancelled_step_is_ended_with_its_children(rig: Rig) -> None:
    """Cancelling the creation ends the step's whole group."""
    agent = rig.agent(setup=(("sh", "-c", "sleep 60 & echo $! >child.tmp; mv child.tmp child.log; wait"),))
    creating = asyncio.ensure_future(rig.create(agent))
    child = Path(agent.path) / "child.log"
    async with asyncio.timeout(20):
        while not child.exists():
            await asyncio.sleep(0.02)
    creating.cancel()
    with pytest.raises(asyncio.CancelledError):
        await creating
    await ended(child.read_text())


async def test_finish_needs_a_filled_worktree(rig: Rig) -> None:
    """A worktree that was never registered, or never checked out, cannot be finished."""
    agent = rig.agent()
    with pytest.raises(ConflictError, match="has no worktree"):
        await rig.port.finish(agent, {}, rig.events.append)
    await rig.port.register(agent, git(rig.repo, "rev-parse", "HEAD"), new_branch=True)
    with pytest.raises(ConflictError, match="not checked out yet"):
        await rig.port.finish(agent, {}, rig.events.append)
