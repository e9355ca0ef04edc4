"""Where a worktree stands wins over where it is remembered."""

from pathlib import Path

import pytest

from constellagent.plan.observed import WorktreeState
from constellagent.runtime.ports import Record
from constellagent.runtime.settings import Settings
from constellagent.runtime.worktrees.whereabouts import Whereabouts
from tests.runtime.working import working
from tests.runtime.worktrees.rig import CONSTELLATION, Rig, git, make_repo

MOVED = "elsewhere"


@pytest.fixture
async def rig(tmp_path: Path) -> Rig:
    """The worktrees of agents in a repository."""
    return await Rig.over(tmp_path, make_repo(tmp_path / "repo"))


async def remembered(rig: Rig, path: Path, constellation: str = CONSTELLATION) -> Path:
    """Let the record say that the worktree is at `path`; returns where it is said to be."""
    await rig.records.put(Record("worker", path, "agents/worker"))
    declared = {"worker": Path(rig.agent().path)}
    found = await Whereabouts(rig.records, constellation, rig.repo / ".git", declared).all()
    assert found["worker"] == Record("worker", found["worker"].path, "agents/worker")
    assert (await rig.records.all())["worker"] == found["worker"], "it is remembered so from now on"
    return found["worker"].path


async def test_c3_a_worktree_that_was_moved_home_is_there(rig: Rig, tmp_path: Path) -> None:
    """Whether it is locked for us or carries our mark, and whatever lies at the other place by now."""
    place = await rig.create()
    (tmp_path / MOVED).mkdir()

    assert await remembered(rig, tmp_path / MOVED) == place
    git(rig.repo, "worktree", "unlock", str(place))
    assert await remembered(rig, tmp_path / MOVED) == place


async def test_c3_what_stands_elsewhere_stays_there(rig: Rig, tmp_path: Path) -> None:
    """Moved away, or moved home and git not told: the record is as good as what is seen."""
    place, away = await rig.create(), tmp_path / MOVED
    git(rig.repo, "worktree", "move", "--force", "--force", str(place), str(away))
    assert await remembered(rig, away) == away
    away.rename(place)
    assert await remembered(rig, away) == away
    assert (await rig.facts(rig.agent())).state is WorktreeState.MOVED


async def test_what_is_not_ours_is_not_taken_for_it(rig: Rig, tmp_path: Path) -> None:
    """Another constellation's worktree, somebody's with a lock of their own, one with a broken mark."""
    place, away = await rig.create(), tmp_path / MOVED
    assert await remembered(rig, away, "another") == away
    git(rig.repo, "worktree", "unlock", str(place))
    git(rig.repo, "worktree", "lock", "--reason", "mine", str(place))
    assert await remembered(rig, away) == away
    git(rig.repo, "worktree", "unlock", str(place))
    (Path(git(place, "rev-parse", "--absolute-git-dir").strip()) / "constellagent.json").write_text("{")
    assert await remembered(rig, away) == away


async def test_c3_moved_and_moved_back_all_find_it(home: Settings, tmp_path: Path) -> None:
    """Once apply has followed it, a person takes it home: status, restart and apply agree on that."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare("  one: {command: [sleep, '1000'], identity: false}\n")
        await lab.apply()
        place = Path((await lab.agent("one"))["path"])
        away = place.with_name(MOVED)
        place.rename(away)
        await lab.apply()
        assert Path((await lab.agent("one"))["path"]) == away
        await lab.daemon.stop(lab.file, "one")
        away.rename(place)
        lab.git("worktree", "repair", str(place))

        assert Path((await lab.agent("one"))["path"]) == place
        view = await lab.daemon.restart({"file": lab.file, "subject": "one"})
        assert view["session"]["live"]
        await lab.daemon.stop(lab.file, "one")
        assert (await lab.apply())["failed"] == {}
        found = (await lab.agent("one"))["session"]
        assert found is not None
        assert Path(f"/proc/{found['pid']}/cwd").resolve() == place
