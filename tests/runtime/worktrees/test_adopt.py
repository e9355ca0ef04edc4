"""Taking over worktrees that a person made."""

from pathlib import Path

import pytest

from constellagent.errors import ConflictError, RefusedError
from constellagent.plan.observed import WorktreeState
from tests.runtime.worktrees.rig import Rig, commit, contents, git


@pytest.mark.parametrize("declared", [True, False])
async def test_worktree_of_a_person_is_taken_over_as_it_is(rig: Rig, tmp_path: Path, declared: bool) -> None:
    """At the declared path or elsewhere, a worktree becomes ours and no byte in it changes; twice is once."""
    agent = rig.agent()
    path = Path(agent.path) if declared else tmp_path / "mine"
    git(rig.repo, "worktree", "add", "-q", "-b", agent.branch, str(path))
    (path / "a.txt").write_text("mine\n")
    before = contents(path)
    done = await rig.port.adopt(agent, path)
    assert len(done) == 2
    assert await rig.port.adopt(agent, path) == []
    assert contents(path) == before
    facts = await rig.facts(agent)
    assert (facts.state, facts.path, facts.detail) == (WorktreeState.READY, path, "")
    assert (await rig.records.all())["worker"].path == path
    (path / ".ravi").mkdir()
    (path / ".ravi" / "config.json").write_text("{}")
    assert ".ravi" not in git(path, "status", "--porcelain")


async def test_what_cannot_be_taken_over(rig: Rig, tmp_path: Path) -> None:
    """A folder of something else, the main checkout, another branch and a foreign lock are refused."""
    agent = rig.agent()
    with pytest.raises(ConflictError, match="is no worktree"):
        await rig.port.adopt(agent, tmp_path)
    with pytest.raises(ConflictError, match="main checkout"):
        await rig.port.adopt(agent, rig.repo)
    other = tmp_path / "other"
    git(rig.repo, "worktree", "add", "-q", "-b", "other", str(other))
    with pytest.raises(ConflictError, match="on branch other"):
        await rig.port.adopt(agent, other)
    git(other, "checkout", "-q", "--detach")
    with pytest.raises(ConflictError, match="on no branch"):
        await rig.port.adopt(agent, other)
    git(other, "checkout", "-q", "-b", agent.branch)
    git(rig.repo, "worktree", "lock", "--reason", "on a stick", str(other))
    with pytest.raises(ConflictError, match="on a stick"):
        await rig.port.adopt(agent, other)
    git(rig.repo, "worktree", "unlock", str(other))
    other.rename(tmp_path / "away")
    with pytest.raises(ConflictError, match="not there"):
        await rig.port.adopt(agent, other)


async def test_tracked_identity_is_not_taken_over(rig: Rig, tmp_path: Path) -> None:
    """A worktree whose commit tracks `.ravi/` is refused before anything is locked."""
    commit(rig.repo, {".ravi/config.json": "{}"})
    agent = rig.agent()
    git(rig.repo, "worktree", "add", "-q", "-b", agent.branch, str(tmp_path / "mine"))
    with pytest.raises(RefusedError):
        await rig.port.adopt(agent, tmp_path / "mine")
    assert "locked" not in git(rig.repo, "worktree", "list", "--porcelain")


async def test_agent_with_a_worktree_takes_no_second_one(rig: Rig, tmp_path: Path) -> None:
    """An agent has one worktree."""
    agent = rig.agent()
    await rig.create(agent)
    git(rig.repo, "worktree", "add", "-q", "-b", "second", str(tmp_path / "second"))
    with pytest.raises(ConflictError, match="has a worktree already"):
        await rig.port.adopt(rig.agent(branch="second"), tmp_path / "second")


async def test_repair_wants_the_agents_own_worktree(rig: Rig, tmp_path: Path) -> None:
    """Repair does not make git believe that any folder is the worktree."""
    agent = rig.agent()
    await rig.create(agent)
    git(rig.repo, "worktree", "add", "-q", "-b", "t", str(tmp_path / "theirs"))
    for place in (tmp_path, tmp_path / "theirs"):
        with pytest.raises(ConflictError, match="is not the worktree of"):
            await rig.port.repair(agent, place)


async def test_repair_locks_again(rig: Rig) -> None:
    """A lock that a person took away is put back."""
    agent = rig.agent()
    path = await rig.create(agent)
    git(rig.repo, "worktree", "unlock", str(path))
    await rig.port.repair(agent, path)
    assert (await rig.facts(agent)).detail == ""
