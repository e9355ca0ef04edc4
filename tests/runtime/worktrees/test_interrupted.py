"""A git that is killed in the middle of making a branch or a worktree, at each of its own steps."""

from pathlib import Path

import pytest

from constellagent.errors import ConflictError
from constellagent.plan.observed import There, Unknown
from constellagent.runtime.ports import Step
from tests.runtime.worktrees.rig import Rig, contents, git
from tests.runtime.worktrees.test_crash import converges, dies, sentinel

WRITES = ("locked", "gitdir", ".git", "HEAD", "commondir", "HEAD.lock")
"""What `git worktree add --no-checkout` writes, in its order; each file is open and empty for a moment."""


def cut_short(rig: Rig, last: str, *, empty: bool, name: str = "worker") -> Path:
    """Leave what git leaves that was killed at the file `last`, before or after its content was written."""
    sentinel(rig)
    dies(rig, "create", f"{Step.WORKTREE_ADD}:before")
    admin, tree = rig.repo / ".git" / "worktrees" / name, rig.root / "worker"
    content = {
        "locked": "constellagent:c0ffee:worker\n",
        "gitdir": f"{tree}/.git\n",
        ".git": f"gitdir: {admin}\n",
        "HEAD": git(rig.repo, "rev-parse", "HEAD") + "\n",
        "commondir": "../..\n",
        "HEAD.lock": "ref: refs/heads/agents/worker\n",
    }
    admin.mkdir(parents=True)
    for written in WRITES:
        if written == "gitdir":
            tree.mkdir(parents=True)
        file = tree / written if written == ".git" else admin / written
        file.write_text("" if empty and written == last else content[written])
        if written == last:
            break
    return tree


@pytest.mark.parametrize("empty", [True, False])
@pytest.mark.parametrize("last", WRITES)
async def test_a1_addition_killed_at_each_file_converges(rig: Rig, last: str, empty: bool) -> None:
    """Whichever file git was killed at, the next creation begins anew and nothing of the old one is left."""
    cut_short(rig, last, empty=empty)

    await converges(rig)

    assert {path.name for path in (rig.repo / ".git" / "worktrees").iterdir()} == {"person", "worker"}


@pytest.mark.parametrize("last", WRITES)
async def test_a1_a_numbered_registration_is_taken_back_too(rig: Rig, last: str) -> None:
    """Where a person's worktree has the same folder name, git numbers ours; only ours is taken back."""
    theirs = rig.folder / "elsewhere" / "worker"
    git(rig.repo, "worktree", "add", "-q", "-b", "theirs", str(theirs))
    cut_short(rig, last, empty=True, name="worker1")

    await rig.port.take_back([rig.agent()])

    assert {path.name for path in (rig.repo / ".git" / "worktrees").iterdir()} == {"person", "worker"}
    assert git(theirs, "status", "--porcelain") == ""


async def test_a1_the_list_that_git_cannot_read_is_unknown_until_then(rig: Rig) -> None:
    """A registration that git cannot read makes looks unknown, not absent, until it is taken back."""
    cut_short(rig, "commondir", empty=True)
    agent = rig.agent()

    before = await rig.look(agent)
    await rig.port.take_back([agent])
    after = await rig.look(agent)

    assert isinstance(before.worktree, Unknown)
    assert not isinstance(after.worktree, Unknown | There)


async def test_a1_a_folder_with_anything_in_it_is_left(rig: Rig) -> None:
    """Where somebody put a file into the half-made worktree, it is not taken back."""
    tree = cut_short(rig, "HEAD", empty=False)
    (tree / "mine.txt").write_text("precious")
    before = contents(rig.repo / ".git" / "worktrees" / "worker")

    await rig.port.take_back([rig.agent()])

    assert (tree / "mine.txt").read_text() == "precious"
    assert contents(rig.repo / ".git" / "worktrees" / "worker") == before


async def test_a1_a_registration_of_somebody_else_is_left(rig: Rig) -> None:
    """A worktree of the same name that a person is adding at this moment has another lock."""
    cut_short(rig, "commondir", empty=False)
    locked = rig.repo / ".git" / "worktrees" / "worker" / "locked"
    locked.write_text("initializing")

    await rig.port.take_back([rig.agent()])

    assert locked.exists()


async def test_a1_lock_of_a_killed_branch_creation_is_cleared(rig: Rig) -> None:
    """A git that was killed while it made our branch leaves the lock on it; the next creation goes on."""
    sentinel(rig)
    dies(rig, "create", f"{Step.BRANCH_CREATE}:before")
    lock = rig.repo / ".git" / "refs" / "heads" / "agents" / "worker.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.touch()

    await converges(rig)


async def test_c5_lock_of_somebody_else_on_the_branch_is_left(rig: Rig) -> None:
    """Where no creation of ours was cut short, the lock on the branch belongs to another git."""
    lock = rig.repo / ".git" / "refs" / "heads" / "agents" / "worker.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()

    with pytest.raises(ConflictError, match=r"worker\.lock"):
        await rig.create(rig.agent())

    assert lock.exists()
