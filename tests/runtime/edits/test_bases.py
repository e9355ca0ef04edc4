"""The branch that is merged into."""

from pathlib import Path

from constellagent.runtime.edits import bases
from tests.runtime.edits.conftest import Ground
from tests.runtime.worktrees.rig import git


async def test_a_local_branch_and_its_worktree(ground: Ground) -> None:
    """The base is known by name, commit and where it is checked out."""
    found = await bases.find(ground.cli, ground.tree, "main")
    assert found == bases.Target("main", "refs/heads/main", ground.git("rev-parse", "main"), str(ground.repo))
    assert await bases.find(ground.cli, ground.tree, "auto") == found
    ground.git("branch", "quiet", "main")
    assert (await bases.find(ground.cli, ground.tree, "quiet")).at == ""


async def test_what_is_no_branch_says_why(ground: Ground) -> None:
    """A commit, a tag and a name that means nothing cannot be merged into."""
    ground.git("tag", "v1", "main")
    commit = ground.git("rev-parse", "main")
    for declared in ("v1", commit, commit[:12]):
        found = await bases.find(ground.cli, ground.tree, declared)
        assert (found.ref, found.commit) == ("", commit)
        assert "no branch" in found.why_not
    assert "names no commit" in (await bases.find(ground.cli, ground.tree, "none")).why_not


async def test_a_remote_branch_means_the_local_one_that_tracks_it(ground: Ground, tmp_path: Path) -> None:
    """Where a local branch tracks the remote's, it is the one; without it the way to make one is said."""
    bare = tmp_path / "remote.git"
    git(tmp_path, "clone", "-q", "--bare", str(ground.repo), str(bare))
    ground.git("remote", "add", "origin", str(bare))
    ground.git("fetch", "-q", "origin")
    ground.git("remote", "set-head", "origin", "main")
    found = await bases.find(ground.cli, ground.tree, "auto")
    assert found.ref == ""
    assert "git branch --track main origin/main" in found.why_not
    ground.git("branch", "-q", "--set-upstream-to", "origin/main", "main")
    assert (await bases.find(ground.cli, ground.tree, "auto")).ref == "refs/heads/main"
    ground.git("branch", "-q", "--track", "copy", "origin/main")
    assert (await bases.find(ground.cli, ground.tree, "origin/main")).name == "main"
    ground.git("branch", "-q", "--unset-upstream", "main")
    assert (await bases.find(ground.cli, ground.tree, "origin/main")).name == "copy"
    ground.git("branch", "-q", "--track", "other", "origin/main")
    assert "several" in (await bases.find(ground.cli, ground.tree, "origin/main")).why_not


async def test_what_stands_in_the_way(ground: Ground) -> None:
    """Changes, files that would be overwritten, operations and rebases of the base are named."""
    target = await bases.find(ground.cli, ground.tree, "main")
    common = await bases.common_folder(ground.cli, ground.tree)
    assert common == (ground.repo / ".git").resolve()

    async def lines(*added: str) -> list[str]:
        return await bases.standing_in_the_way(ground.cli, target, common, added)

    assert await lines("new.txt") == []
    (ground.repo / "b.txt").write_text("changed\n")
    (ground.repo / "x.log").write_text("ignored")
    assert await lines("x.log") == ["changed: b.txt", "would be overwritten: x.log"]
    ground.git("commit", "-qam", "theirs", at=ground.repo)
    ground.commit("ours", {"b.txt": "ours\n"})
    ground.git("merge", "agents/worker", at=ground.repo, check=False)
    assert (await lines())[:2] == [f"in progress in {ground.repo}: merge", "conflict: b.txt"]
    ground.git("merge", "--abort", at=ground.repo)
    ground.git("rebase", "agents/worker", at=ground.repo, check=False)
    target = await bases.find(ground.cli, ground.tree, "main")
    assert target.at == ""
    assert await lines() == [f"a rebase of main is going on ({common})"]


async def test_a_worktree_that_is_gone(ground: Ground, tmp_path: Path) -> None:
    """A base that is checked out in a folder that was deleted is not moved blindly."""
    ground.git("worktree", "add", "-q", str(tmp_path / "other"), "-b", "other", "main")
    target = await bases.find(ground.cli, ground.tree, "other")
    assert target.at == str(tmp_path / "other")
    (tmp_path / "other").rename(tmp_path / "moved")
    common = await bases.common_folder(ground.cli, ground.tree)
    found = await bases.standing_in_the_way(ground.cli, target, common, [])
    assert "is gone" in found[0]
