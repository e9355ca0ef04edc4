"""What keeps a worktree from being removed."""

import asyncio
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.errors import RefusedError
from constellagent.runtime.worktrees import losses
from tests.runtime.worktrees.rig import Rig, commit, contents, git


async def refused(rig: Rig, path: Path) -> str:
    """Try to remove the worktree of `worker`; it must be refused and nothing touched. Returns the losses."""
    before = contents(path)
    with pytest.raises(RefusedError) as caught:
        await rig.port.remove("worker", path, force=False)
    assert caught.value.exit_code == 3
    assert contents(path) == before
    assert tuple(await rig.port.losses("worker", path)) == caught.value.losses
    return "\n".join(caught.value.losses)


async def test_c1_clean_worktree_goes_and_its_branch_stays(rig: Rig) -> None:
    """With nothing to lose, the worktree goes without force; identity, marker and lock are no obstacle."""
    agent = rig.agent()
    path = await rig.create(agent)
    (path / ".ravi").mkdir()
    (path / ".ravi" / "config.json").write_text("{}")
    removal = await rig.port.remove("worker", path, force=False)
    assert removal.rescue_ref is None
    assert not path.exists()
    assert git(rig.repo, "rev-parse", agent.branch)
    assert (await rig.port.remove("worker", path, force=False)).rescue_ref is None


def _modify(path: Path) -> None:
    (path / "a.txt").write_text("mine\n")


def _delete(path: Path) -> None:
    (path / "a.txt").unlink()


def _stage(path: Path) -> None:
    (path / "new.txt").write_text("mine\n")
    git(path, "add", "new.txt")


def _untracked(path: Path) -> None:
    (path / "odd\nname \udcff.txt").write_text("mine\n")


def _ignored(path: Path) -> None:
    (path / ".env").write_text("SECRET=1\n")


def _ignored_folder(path: Path) -> None:
    (path / "build").mkdir()
    (path / "build" / "out.o").write_text("x")


def _commit(path: Path) -> None:
    commit(path, {"a.txt": "mine\n"})


def _detached(path: Path) -> None:
    git(path, "checkout", "-q", "--detach")
    commit(path, {"a.txt": "mine\n"})


def _stash(path: Path) -> None:
    (path / "a.txt").write_text("mine\n")
    git(path, "stash", "-q")


def _merge(path: Path) -> None:
    git(path, "checkout", "-q", "--detach")
    commit(path, {"a.txt": "theirs\n"})
    theirs = git(path, "rev-parse", "HEAD")
    git(path, "checkout", "-q", "agents/worker")
    commit(path, {"a.txt": "ours\n"})
    git(path, "merge", "-q", theirs, check=False)


def _rebase(path: Path) -> None:
    base = git(path, "rev-parse", "HEAD")
    commit(path, {"a.txt": "ours\n"})
    git(path, "checkout", "-q", "--detach", base)
    commit(path, {"a.txt": "theirs\n"})
    theirs = git(path, "rev-parse", "HEAD")
    git(path, "checkout", "-q", "agents/worker")
    git(path, "rebase", "-q", theirs, check=False)


def _bisect(path: Path) -> None:
    git(path, "bisect", "start")


def _assume_unchanged(path: Path) -> None:
    git(path, "update-index", "--assume-unchanged", "a.txt")
    (path / "a.txt").write_text("mine\n")


def _skip_worktree(path: Path) -> None:
    git(path, "update-index", "--skip-worktree", "a.txt")
    (path / "a.txt").write_text("mine\n")


def _repository_within(path: Path) -> None:
    (path / "clone").mkdir()
    git(path / "clone", "init", "-q", "-b", "main")
    commit(path / "clone", {"x": "y"})


DAMAGES: list[tuple[Callable[[Path], None], str]] = [
    (_modify, "modified: a.txt"),
    (_delete, "modified: a.txt"),
    (_stage, "staged: new.txt"),
    (_untracked, "untracked: odd\nname \udcff.txt"),
    (_ignored, "ignored: .env"),
    (_ignored_folder, "ignored: build/"),
    (_commit, "not pushed: 1 commit only on branch agents/worker"),
    (_detached, "detached: 1 commit on no branch"),
    (_stash, "stash: stash@{0} WIP on agents/worker:"),
    (_merge, "in progress: a merge"),
    (_rebase, "in progress: a rebase"),
    (_bisect, "in progress: a bisection"),
    (_assume_unchanged, "hidden from git status): a.txt"),
    (_skip_worktree, "hidden from git status): a.txt"),
    (_repository_within, "untracked: clone/"),
]
"""Ways to have something to lose, and what is said of each."""


@pytest.mark.parametrize(("damage", "said"), DAMAGES)
async def test_c1_refuses(rig: Rig, damage: Callable[[Path], None], said: str) -> None:
    """Each kind of thing to lose refuses the removal, is named, and is left as it is."""
    path = await rig.create()
    damage(path)
    assert said in await refused(rig, path)


async def test_c1_conflict_refuses(rig: Rig) -> None:
    """A conflicted file is named as such."""
    path = await rig.create()
    _merge(path)
    assert "conflict: a.txt" in await refused(rig, path)


async def test_c1_pushed_commit_is_no_loss(rig: Rig, tmp_path: Path) -> None:
    """A commit that a remote, a tag or another branch holds does not keep the worktree."""
    path = await rig.create()
    commit(path, {"a.txt": "mine\n"})
    assert "not pushed" in await refused(rig, path)
    git(tmp_path, "init", "-q", "--bare", "remote.git")
    git(rig.repo, "remote", "add", "origin", str(tmp_path / "remote.git"))
    git(path, "push", "-q", "origin", "HEAD:refs/heads/elsewhere")
    assert await rig.port.losses("worker", path) == []


async def test_c1_submodule_refuses(rig: Rig, tmp_path: Path) -> None:
    """A dirty submodule, and one with commits of its own, refuse the removal."""
    lib = tmp_path / "lib"
    lib.mkdir()
    git(lib, "init", "-q", "-b", "main")
    commit(lib, {"l.txt": "1\n"})
    allow = ("-c", "protocol.file.allow=always")
    git(rig.repo, *allow, "submodule", "--quiet", "add", str(lib), "lib")
    git(rig.repo, "commit", "-q", "-m", "lib")
    path = await rig.create()
    assert await rig.port.losses("worker", path) == []
    git(path, *allow, "submodule", "--quiet", "update", "--init")
    (path / "lib" / "l.txt").write_text("mine\n")
    assert "modified: lib" in await refused(rig, path)
    git(path / "lib", "commit", "-q", "-a", "-m", "mine")
    git(path / "lib", "checkout", "-q", "HEAD~1")
    git(path / "lib", "branch", "keep", "HEAD@{1}")
    assert "submodule lib: 1 commits that its remote has not" in await refused(rig, path)
    git(path / "lib", "checkout", "-q", "keep")
    with pytest.raises(RefusedError):
        await rig.port.remove("worker", path, force=True)
    assert (path / "lib" / "l.txt").read_text() == "mine\n"


async def test_c1_process_inside_refuses(rig: Rig) -> None:
    """A process that works in the worktree refuses the removal, unless its session is stopped first."""
    path = await rig.create()
    env = {"PATH": "/usr/bin:/bin", "CONSTELLAGENT_SESSION": "s1"}
    with subprocess.Popen(["sleep", "60"], cwd=path / "sub", env=env) as inside:
        try:
            assert f"in use: sleep (pid {inside.pid})" in await refused(rig, path)
            assert await rig.port.losses("worker", path, own_sessions=["s1"]) == []
            assert await rig.port.losses("worker", path, own_sessions=["s2"]) != []
        finally:
            inside.kill()


async def test_long_lists_are_cut(rig: Rig) -> None:
    """At most twenty lines of one kind are shown, then how many more there are."""
    path = await rig.create()
    for number in range(25):
        (path / f"f{number:02}.log").write_text("x")
    lines = (await refused(rig, path)).split("\n")
    assert len(lines) == 21
    assert lines[-1] == "ignored: and 5 more"


async def test_unfinished_worktree_is_removed_without_force(rig: Rig) -> None:
    """A worktree whose creation was cut short holds only what git has; a person's file keeps it."""
    agent = rig.agent()
    path = Path(agent.path)
    await rig.port.register(agent, git(rig.repo, "rev-parse", "HEAD"), new_branch=True)
    (path / "a.txt").write_text("on")  # the beginning of what would be checked out
    (path / "mine.txt").write_text("mine")
    assert await rig.port.losses("worker", path) == ["untracked: mine.txt"]
    (path / "mine.txt").unlink()
    await rig.port.remove("worker", path, force=False)
    assert not path.exists()


async def test_looking_for_losses_does_not_write(rig: Rig) -> None:
    """The question leaves index and files as they are."""
    path = await rig.create()
    admin = rig.repo / ".git" / "worktrees" / "worker"
    before = (admin / "index").stat().st_mtime_ns
    (path / "a.txt").touch()
    await asyncio.gather(*(rig.port.losses("worker", path) for _ in range(3)))
    assert (admin / "index").stat().st_mtime_ns == before


@given(
    names=st.lists(st.text(st.characters(exclude_characters="\0"), min_size=1), max_size=6),
    deletions=st.booleans(),
)
def test_status_parser_never_fails(names: list[str], *, deletions: bool) -> None:
    """Any names come back whole, whatever kind of entry they are in."""
    entries = [f"? {name}" for name in names] + [f"! {name}" for name in names]
    entries += [f"1 .M N... 100644 100644 100644 {'0' * 40} {'0' * 40} {name}" for name in names]
    for name in names:
        entries += [f"2 R. N... 100644 100644 100644 {'0' * 40} {'0' * 40} R100 {name}", "? was"]
    found = list(losses.parse_status(entries, deletions=deletions))
    kinds = ("untracked", "ignored", "modified", "staged")
    assert found == [(kind, name) for kind in kinds for name in names]
