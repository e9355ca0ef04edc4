"""An agent's worktree that can be looked at, and what is said where there is none."""

import shutil
from pathlib import Path

import pytest

from constellagent.errors import ConflictError, UsageError, WorldError
from constellagent.plan.observed import There
from constellagent.runtime.standing import Standing, find
from tests.runtime.worktrees.rig import Rig, make_repo
from tests.runtime.worktrees.rig import git as by_hand


@pytest.fixture
async def rig(tmp_path: Path) -> Rig:
    """The worktrees of agents in a repository."""
    return await Rig.over(tmp_path, make_repo(tmp_path / "repo"))


async def test_a_worktree_that_stands(rig: Rig) -> None:
    """It comes with what is checked out there now, and the commit of its base."""
    tree = await rig.create()
    by_hand(tree, "checkout", "-q", "-b", "elsewhere")

    found = await find([rig.agent("other"), rig.agent()], rig.port, "worker")

    assert found == Standing(rig.agent(), tree, "elsewhere", There(by_hand(rig.repo, "rev-parse", "main")))
    by_hand(tree, "checkout", "-q", "--detach")
    assert (await find([rig.agent()], rig.port, "worker")).branch == ""


async def test_a_worktree_that_was_moved(rig: Rig, tmp_path: Path) -> None:
    """One that lies elsewhere now is found there."""
    tree = await rig.create()
    by_hand(rig.repo, "worktree", "unlock", str(tree), check=False)
    by_hand(rig.repo, "worktree", "move", str(tree), str(tmp_path / "moved"))

    assert (await find([rig.agent()], rig.port, "worker")).folder == tmp_path / "moved"


async def test_no_such_agent(rig: Rig) -> None:
    """An agent that is not known is wrong usage, with the nearest that is."""
    with pytest.raises(UsageError, match="did you mean worker"):
        await find([rig.agent("other"), rig.agent()], rig.port, "wroker")


async def test_an_agent_without_a_worktree(rig: Rig) -> None:
    """Before apply, and where the folder is gone, the answer says what makes it."""
    with pytest.raises(ConflictError, match=r"worker has no worktree$") as caught:
        await find([rig.agent()], rig.port, "worker")
    assert "apply" in caught.value.hint
    tree = await rig.create()
    shutil.rmtree(tree)
    tree.mkdir()
    (tree / "x").touch()
    with pytest.raises(ConflictError, match=r"has no worktree: .* is occupied"):
        await find([rig.agent()], rig.port, "worker")


async def test_a_worktree_that_cannot_be_looked_at(rig: Rig, tmp_path: Path) -> None:
    """What could not be looked at is not called absent."""
    await rig.create()
    (rig.repo / ".git").rename(tmp_path / "away")

    with pytest.raises(WorldError, match="could not be looked at"):
        await find([rig.agent()], rig.port, "worker")
