"""Commits made again on top of another."""

import pytest

from constellagent.errors import ConflictError
from tests.runtime.edits.conftest import Ground


async def test_what_is_there_already_is_left_out(ground: Ground) -> None:
    """A commit whose change the base has is not made again, an empty one that was meant stays."""
    ground.commit("same", {"b.txt": "same\n"})
    ground.commit("empty")
    ground.commit("last", {"new.txt": "x\n"})
    base = ground.commit("also the same", {"b.txt": "same\n"}, at=ground.repo)
    await ground.do("merge", method="rebase")
    assert ground.git("log", "--format=%s", f"{base}..main").split("\n") == ["last", "empty"]


async def test_merges_of_the_branch_flatten_where_nothing_is_lost(ground: Ground) -> None:
    """A branch that took its base in is made linear if the outcome is the same."""
    ground.commit("one", {"b.txt": "one\n"})
    ground.commit("theirs", {"new.txt": "theirs\n"}, at=ground.repo)
    ground.git("merge", "-q", "--no-edit", "main")
    ground.commit("two", {"b.txt": "two\n"})
    base = ground.commit("more", {"more.txt": "x\n"}, at=ground.repo)
    await ground.do("merge", method="rebase")
    assert ground.git("log", "--format=%s", f"{base}..main").split("\n") == ["two", "one"]
    assert (ground.repo / "b.txt").read_text() == "two\n"


async def test_what_was_resolved_in_a_merge_is_not_lost(ground: Ground) -> None:
    """Where a merge of the branch holds work of its own, a rebase is refused."""
    ground.commit("one", {"b.txt": "one\n"})
    ground.commit("theirs", {"new.txt": "theirs\n"}, at=ground.repo)
    ground.git("merge", "-q", "--no-commit", "main")
    ground.commit("a merge with work in it", {"sub/c.txt": "resolved\n"})
    base = ground.commit("more", {"more.txt": "x\n"}, at=ground.repo)
    with pytest.raises(ConflictError, match="would be lost"):
        await ground.do("merge", method="rebase")
    assert ground.git("rev-parse", "main") == base
    await ground.do("merge", method="squash")
    assert (ground.repo / "sub/c.txt").read_text() == "resolved\n"


async def test_a_commit_that_does_not_apply_is_named(ground: Ground) -> None:
    """Commits that only together go with the base stop a rebase, though a merge would do."""
    ground.commit("there", {"b.txt": "ours\n"})
    ground.commit("and back", {"b.txt": "two\n"})
    base = ground.commit("theirs", {"b.txt": "theirs\n"}, at=ground.repo)
    with pytest.raises(ConflictError, match=r"\(there\) does not apply on the base: b\.txt"):
        await ground.do("merge", method="rebase")
    assert ground.git("rev-parse", "main") == base
    await ground.do("merge", method="merge")
    assert (ground.repo / "b.txt").read_text() == "theirs\n"
