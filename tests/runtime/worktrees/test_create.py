"""Creating worktrees: register, fill, finish."""

from tests.runtime.worktrees.rig import Rig, git
from constellagent.plan.observed import Absent, There, WorktreeState


async def test_creation_converges_in_one_go(rig: Rig) -> None:
    """A created worktree is ready, locked for us, on its branch, and another look finds it so."""
    agent = rig.agent()
    assert (await rig.look(agent)).worktree == Absent()
    path = await rig.create(agent)
    facts = await rig.facts(agent)
    assert (facts.state, facts.branch, facts.path, facts.detail) == (WorktreeState.READY, agent.branch, agent.path, "")
    assert (path / "sub" / "b.txt").read_text() == "two\n"
    assert git(path, "status", "--porcelain") == ""
