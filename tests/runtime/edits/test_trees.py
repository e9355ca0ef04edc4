"""Merging without a worktree."""

import pytest

from constellagent.errors import ConflictError, ConstellagentError, GitError
from constellagent.runtime.edits import trees
from tests.runtime.edits.conftest import Ground


async def test_a_clean_merge_is_a_tree(ground: Ground) -> None:
    """Both sides' changes are in the tree, and no file of the worktree changes."""
    ours = ground.commit("ours", {"b.txt": "ours\n"})
    theirs = ground.commit("theirs", {"new.txt": "theirs\n"}, at=ground.repo)
    merged = await trees.merge(ground.cli, ground.tree, theirs, ours)
    assert merged.conflicts == ()
    assert list(await trees.files(ground.cli, ground.tree, theirs, merged.tree)) == ["b.txt"]
    assert list(await trees.files(ground.cli, ground.tree, ours, merged.tree, only="A")) == ["new.txt"]
    assert ground.status() == []


async def test_conflicts_have_their_marked_text(ground: Ground) -> None:
    """Each path on which it stops comes with what git says of it, and with markers where there is a text."""
    (ground.tree / "sub/c.txt").unlink()
    ours = ground.commit("ours", {"b.txt": "ours\n", "x\ny": "\0ours"})
    (ground.repo / "sub/c.txt").write_text("changed\n")
    theirs = ground.commit("theirs", {"b.txt": "theirs\n", "x\ny": "\0theirs"}, at=ground.repo)
    merged = await trees.merge(ground.cli, ground.tree, theirs, ours)
    names = {theirs: "main", ours: "agents/worker"}
    found = {one["path"]: one for one in await trees.conflicts(ground.cli, ground.tree, merged, names)}
    assert sorted(found) == ["b.txt", "sub/c.txt", "x\ny"]
    text = found["b.txt"]["text"]
    assert text is not None
    assert text == "<<<<<<< main\ntheirs\n=======\nours\n>>>>>>> agents/worker\n"
    assert found["sub/c.txt"]["what"] == "CONFLICT (modify/delete)"
    assert found["x\ny"]["text"] is None


async def test_what_cannot_be_merged_at_all(ground: Ground) -> None:
    """Histories without a common commit are refused in words, and what is no commit is git's error."""
    ground.git("checkout", "-q", "--orphan", "fresh")
    other = ground.commit("fresh")
    with pytest.raises(ConflictError, match="no common history"):
        await trees.merge(ground.cli, ground.tree, "main", other)
    with pytest.raises(GitError):
        await trees.merge(ground.cli, ground.tree, "main", "nonsense")


async def test_an_old_git_is_named(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """A git that cannot merge so is said to be too old, with what is needed."""
    await trees.require(ground.cli)
    monkeypatch.setattr(trees, "SINCE", (99, 0))
    with pytest.raises(ConstellagentError, match="cannot merge") as caught:
        await trees.require(ground.cli)
    assert "99.0" in caught.value.hint
