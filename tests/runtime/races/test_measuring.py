"""What a run made, in its worktree and on its branch."""

from pathlib import Path

from constellagent.runtime.git import Git
from constellagent.runtime.races.measuring import measure, stands
from constellagent.runtime.store.races import RaceRun
from tests.reliability.lab import git


def repository(path: Path) -> tuple[Git, str, RaceRun]:
    """Return a repository, its commit, and a run with a worktree and one commit."""
    git(path.parent, "init", "-q", "-b", "main", str(path))
    git(path, "config", "user.name", "Test")
    git(path, "config", "user.email", "test@example.com")
    (path / "a").write_text("1\n2\n")
    git(path, "add", "-A")
    git(path, "commit", "-qm", "first")
    tree = path.parent / "tree"
    git(path, "worktree", "add", "-q", "-b", "races/1/ada", str(tree))
    git(tree, "mv", "a", "b")
    git(tree, "commit", "-qam", "renamed")
    run = RaceRun("0" * 32, "1", "ada", "races/1/ada", str(tree))
    return Git(path, timeout=30), git(path, "rev-parse", "main").strip(), run


async def test_what_is_not_committed_counts_too(tmp_path: Path) -> None:
    """Files and lines are those on disk, commits those since the base, and both names of a rename count."""
    asked, base, run = repository(tmp_path / "repo")
    (tmp_path / "tree" / "new").write_text("x\n")

    found = await measure(asked, run, base)

    assert found is not None
    assert (found.commits, found.uncommitted, found.whole) == (1, 1, True)
    assert found.paths == {"a", "b", "new"}
    assert found.report() == {"commits": 1, "files": 2, "added": 1, "removed": 0, "uncommitted": 1}


async def test_a_branch_alone_is_enough(tmp_path: Path) -> None:
    """Once the worktree is gone, what the branch holds is told; without it, nothing is."""
    asked, base, run = repository(tmp_path / "repo")
    assert await stands(tmp_path / "tree")
    git(tmp_path / "repo", "worktree", "remove", str(tmp_path / "tree"))
    assert not await stands(tmp_path / "tree")

    found = await measure(asked, run, base)
    assert found is not None
    assert (found.commits, found.files, found.uncommitted) == (1, 1, 0)

    git(tmp_path / "repo", "branch", "-D", "races/1/ada")
    assert await measure(asked, run, base) is None


async def test_a_run_that_went_astray_is_measured_where_it_is(tmp_path: Path) -> None:
    """An agent that checks out another branch has made what that branch has."""
    asked, base, run = repository(tmp_path / "repo")
    git(tmp_path / "tree", "checkout", "-q", "--detach", base)

    found = await measure(asked, run, base)
    assert found is not None
    assert (found.commits, found.files) == (0, 0)
