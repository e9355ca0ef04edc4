"""Taking over what exists already."""

from pathlib import Path

import pytest

from constellagent.errors import UsageError
from constellagent.runtime.settings import Settings
from tests.runtime.working import working


async def test_a_worktree_made_by_hand_is_taken_over_with_its_work(home: Settings, tmp_path: Path) -> None:
    """Before, the plan is blocked and says how; after, apply goes on in it and keeps what lies there."""
    async with working(home, tmp_path / "repo") as lab:
        place = tmp_path / "repo.worktrees" / "one"
        lab.git("worktree", "add", "-q", "-b", "agents/one", str(place))
        (place / "draft.txt").write_text("mine")
        lab.declare("  one: {command: [sleep, '100']}\n")

        before = await lab.plan()
        said = await lab.daemon.adopt(lab.file, "one", None, None)
        result = await lab.apply()

        assert before["blocked"]
        assert any("constellagent import one" in line for line in before["lines"])
        assert said
        assert result["exit_code"] == 0
        assert (place / "draft.txt").read_text() == "mine"
        assert (await lab.agent("one"))["state"] == "starting"


async def test_a_worktree_elsewhere_is_used_where_it_is(home: Settings, tmp_path: Path) -> None:
    """An agent works in the adopted folder, not in the declared one."""
    async with working(home, tmp_path / "repo") as lab:
        place = tmp_path / "old-place"
        lab.git("worktree", "add", "-q", "-b", "agents/one", str(place))
        lab.declare("  one: {shell: 'pwd > where.txt'}\n")

        await lab.daemon.adopt(lab.file, "one", str(place), None)
        await lab.apply()
        await lab.until("one", "done")

        assert (place / "where.txt").read_text().strip() == str(place)
        assert not (tmp_path / "repo.worktrees" / "one").exists()


async def test_an_identity_is_taken_over_by_uuid(home: Settings, tmp_path: Path) -> None:
    """The agent gets the address of the identity that it was given."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare("  old: {command: ['true'], autostart: false}\n")
        await lab.apply()
        await lab.apply(destroy=True)
        lab.declare("  new: {command: ['true'], autostart: false}\n")

        said = await lab.daemon.adopt(lab.file, "new", None, "old@test.test")
        await lab.apply()

        assert "old@test.test" in said[0]
        assert (await lab.agent("new"))["address"] == "old@test.test"


async def test_an_agent_without_identity_cannot_be_given_one(home: Settings, tmp_path: Path) -> None:
    """The declaration comes first."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare("  one: {command: ['true'], identity: false}\n")

        with pytest.raises(UsageError, match="identity: false"):
            await lab.daemon.adopt(lab.file, "one", None, "x")
