"""The looks that a sandbox is made from, and what is refused."""

import pytest

from constellagent.errors import ConflictError, WorldError
from constellagent.runtime.sandbox.ground import CREATED, GUARDED
from constellagent.runtime.sandbox.survey import admin_of
from constellagent.runtime.worktrees import marker
from tests.runtime.sandbox.yard import Yard


async def test_all_that_git_trusts_is_guarded(yard: Yard) -> None:
    """The files that lead git elsewhere, our mark among them; one that git has not is made first."""
    ground = await yard.ground()
    assert {place.name for place in ground.repo.guarded} == set(GUARDED)
    assert all((yard.admin() / name).read_bytes() == b"" for name in CREATED)
    assert marker.read(yard.admin()) is not None


async def test_the_branch_log_is_given_only_where_it_is_a_plain_file(yard: Yard) -> None:
    """A link in its place would be followed."""
    log = yard.common / "logs" / "refs" / "heads" / "agents" / "one"
    assert (await yard.ground()).repo.log == log
    log.unlink()
    log.symlink_to(yard.common / "config")
    assert (await yard.ground()).repo.log is None


async def test_a_guarded_file_that_is_a_link_is_refused(yard: Yard) -> None:
    """Git never makes one, so somebody else has."""
    (yard.admin() / "locked").unlink()
    (yard.admin() / "locked").symlink_to("/etc/passwd")
    with pytest.raises(ConflictError, match="no plain file"):
        await yard.ground()


async def test_a_worktree_that_git_does_not_have_is_refused(yard: Yard) -> None:
    """And so is one that two of git's folders name."""
    with pytest.raises(ConflictError, match="no folder"):
        await yard.ground(worktree=yard.person)
    (yard.admin("two") / "gitdir").write_text(f"{yard.tree()}/.git\n")
    with pytest.raises(ConflictError, match="2 folders"):
        admin_of(yard.common, yard.tree())


async def test_what_cannot_be_looked_at_is_an_error(yard: Yard) -> None:
    """It is not taken for absent."""
    (yard.common / "worktrees").rename(yard.common / "away")
    (yard.common / "worktrees").write_text("")
    with pytest.raises(WorldError, match="cannot prepare the sandbox"):
        await yard.ground()
