"""What git says of a worktree."""

from constellagent.runtime.edits import state
from tests.runtime.edits.conftest import Ground


async def test_every_kind_of_change_is_told_apart(ground: Ground) -> None:
    """Staged, changed, deleted and untracked files are listed under their own names; identities never are."""
    ground.write("a.txt", "changed\n")
    ground.write("b.txt", "staged\n")
    ground.git("add", "b.txt")
    ground.write("b.txt", "and changed\n")
    (ground.tree / "sub/c.txt").unlink()
    ground.write("new\n.txt", "x")
    ground.write("x.log", "ignored")
    ground.write("sub/.ravi/config.json", "secret")
    ground.write(".Ravi/config.json", "secret")
    found = await state.look(ground.cli, ground.tree)
    assert found.branch == "agents/worker"
    assert found.head == ground.git("rev-parse", "HEAD")
    assert found.staged == ("b.txt",)
    assert found.changed == {"a.txt": "M", "b.txt": "M", "sub/c.txt": "D"}
    assert found.untracked == ("new\n.txt",)
    assert (found.unmerged, found.upstream, found.unpushed) == ((), "", None)
    assert await state.operation(ground.cli, ground.tree) == ""


async def test_a_conflict_and_its_merge_are_seen(ground: Ground) -> None:
    """Files in conflict are a kind of their own, and the operation that stopped there is named."""
    ground.commit("work", {"b.txt": "ours\n"})
    ground.commit("work", {"b.txt": "theirs\n"}, at=ground.repo)
    ground.git("merge", "main", check=False)
    found = await state.look(ground.cli, ground.tree)
    assert found.unmerged == ("b.txt",)
    assert await state.operation(ground.cli, ground.tree) == "merge"
    ground.git("merge", "--abort")
    ground.git("rebase", "main", check=False)
    assert await state.operation(ground.cli, ground.tree) == "rebase"
    assert (await state.look(ground.cli, ground.tree)).branch == ""


async def test_a_repository_within_and_a_branch_without_commits(ground: Ground) -> None:
    """A repository inside ends with a slash, and before the first commit there is no head."""
    ground.git("init", "-q", "inner")
    ground.git("commit", "-q", "--allow-empty", "-m", "x", at=ground.tree / "inner")
    assert (await state.look(ground.cli, ground.tree)).untracked == ("inner/",)
    ground.git("checkout", "-q", "--orphan", "fresh")
    found = await state.look(ground.cli, ground.tree)
    assert (found.head, found.branch) == ("", "fresh")
    assert "a.txt" in found.staged
