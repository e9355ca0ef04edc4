"""Staging and unstaging whole files."""

import pytest

from constellagent.errors import ConflictError, UsageError
from tests.runtime.edits.conftest import Ground


def _mess(ground: Ground) -> None:
    ground.write("a.txt", "changed\n")
    (ground.tree / "b.txt").unlink()
    ground.write("new\n[x]*.txt", "new\n")
    ground.write("newx.txt", "new\n")
    ground.write("sub/d\udcff.txt", "new\n")
    ground.write(".ravi/config.json", "secret")


async def test_everything_is_staged_and_unstaged(ground: Ground) -> None:
    """Changed, deleted and untracked files go into the index and out again; identities never do."""
    _mess(ground)
    before = ground.status()
    assert (await ground.do("stage"))["done"] == ["staged 5 files"]
    assert ground.status() == [
        "M  a.txt",
        "D  b.txt",
        "A  new\n[x]*.txt",
        "A  newx.txt",
        "A  sub/d\udcff.txt",
    ]
    assert (await ground.do("unstage"))["done"] == ["unstaged 5 files"]
    assert ground.status() == before
    assert (await ground.do("unstage"))["done"] == ["nothing is staged"]


async def test_paths_are_taken_literally(ground: Ground) -> None:
    """Patterns match nothing but themselves, a folder means what is in it, a deletion has its path."""
    _mess(ground)
    await ground.do("stage", paths=["new\n[x]*.txt", "sub", "b.txt"])
    assert sorted(ground.status()) == sorted(
        [" M a.txt", "D  b.txt", "A  new\n[x]*.txt", "?? newx.txt", "A  sub/d\udcff.txt"]
    )
    await ground.do("unstage", path="sub/")
    assert "?? sub/d\udcff.txt" in ground.status()


async def test_a_renamed_file_is_two_paths(ground: Ground) -> None:
    """The old and the new path of a renamed file are staged each by its own name."""
    ground.git("mv", "b.txt", "moved.txt")
    ground.git("reset", "-q")
    await ground.do("stage", paths=["b.txt", "moved.txt"])
    assert ground.status() == ["D  b.txt", "A  moved.txt"]


async def test_what_is_not_changed_is_said(ground: Ground) -> None:
    """A path without changes, an ignored one and one of git's own are refused, and nothing else is done."""
    _mess(ground)
    ground.write("x.log", "ignored")
    for path in ("sub/c.txt", "none", "x.log", ".git/config", "../repo/a.txt", "new*"):
        with pytest.raises(UsageError):
            await ground.do("stage", paths=["a.txt", path])
        with pytest.raises(UsageError):
            await ground.do("unstage", paths=[path])
    assert " M a.txt" in ground.status()


async def test_staging_what_is_staged_is_no_mistake(ground: Ground) -> None:
    """A file without further changes may be staged again."""
    ground.write("a.txt", "changed\n")
    await ground.do("stage", path="a.txt")
    assert (await ground.do("stage", path="a.txt"))["done"] == ["nothing to stage"]


async def test_conflicts_are_not_called_resolved_by_the_way(ground: Ground) -> None:
    """Staging all refuses while files are in conflict, and unstaging one would lose both sides of it."""
    ground.commit("work", {"b.txt": "ours\n"})
    ground.commit("work", {"b.txt": "theirs\n"}, at=ground.repo)
    ground.git("merge", "main", check=False)
    with pytest.raises(ConflictError, match="resolved"):
        await ground.do("stage")
    with pytest.raises(ConflictError, match="lose"):
        await ground.do("unstage", path="b.txt")
    ground.write("b.txt", "both\n")
    await ground.do("stage", path="b.txt")
    assert ground.status() == ["M  b.txt"]


async def test_before_the_first_commit_unstaging_forgets(ground: Ground) -> None:
    """Without a HEAD an unstaged file is one that git does not know."""
    ground.git("checkout", "-q", "--orphan", "fresh")
    await ground.do("unstage", path="a.txt")
    assert "?? a.txt" in ground.status()


async def test_a_repository_within_is_left_alone(ground: Ground) -> None:
    """A repository inside the worktree does not become a submodule by the way."""
    ground.git("init", "-q", "inner")
    ground.git("commit", "-q", "--allow-empty", "-m", "x", at=ground.tree / "inner")
    assert (await ground.do("stage"))["done"] == [
        "nothing to stage",
        "left out inner/, a repository of its own",
    ]
    with pytest.raises(ConflictError, match="repository of its own"):
        await ground.do("stage", path="inner")


async def test_a_file_where_a_folder_was_is_staged(ground: Ground) -> None:
    """A path that changed between file and folder is staged as it is now."""
    (ground.tree / "sub/c.txt").unlink()
    (ground.tree / "sub").rmdir()
    ground.write("sub", "a file\n")
    await ground.do("stage")
    assert ground.status() == ["A  sub", "D  sub/c.txt"]
    await ground.do("unstage")
    assert ground.git("ls-files", "sub") == "sub/c.txt"
