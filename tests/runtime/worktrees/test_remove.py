"""Forced removal: what is rescued, and that the printed command brings it back."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from constellagent.errors import ConflictError, RefusedError, WorldError
from constellagent.plan.observed import Absent, WorktreeState
from constellagent.runtime.ports import Removal, Step
from constellagent.runtime.worktrees import leftovers, place
from tests.runtime.worktrees.rig import ENV, Rig, commit, contents, git, make_repo


def recover(removal: Removal) -> None:
    """Run the printed command, as a person would paste it."""
    subprocess.run(["bash", "-euo", "pipefail", "-c", removal.recover], env=ENV, check=True, timeout=50)


def fill_with_everything(path: Path) -> None:
    """Leave one of everything that a worktree can hold."""
    (path / "a.txt").write_bytes(b"mixed\r\nline\nends\r\n")
    (path / "sub" / "b.txt").unlink()
    (path / "staged.txt").write_text("staged\n")
    git(path, "add", "staged.txt")
    (path / "staged.txt").write_text("staged, then changed\n")
    (path / "run.sh").write_text("#!/bin/sh\n")
    (path / "run.sh").chmod(0o755)
    (path / ".env").write_text("SECRET=1\n")
    (path / ".env").chmod(0o600)
    (path / "build").mkdir()
    (path / "build" / "bin\nary \udcfe").write_bytes(bytes(range(256)) * 40)
    (path / "link").symlink_to("../outside")
    (path / "build" / "loop").symlink_to(".")
    (path / '"quoted" -name').write_text("x")
    (path / "empty.log").touch(0o640)
    (path / ("x" * 120)).write_text("long")


async def test_c1_forced_removal_comes_back_byte_for_byte(rig: Rig) -> None:
    """The printed command restores every byte and mode of tracked, untracked and ignored files."""
    path = await rig.create()
    tip = commit(path, {"committed.txt": "kept on the branch\n"})
    fill_with_everything(path)
    before = contents(path)
    removal = await rig.port.remove("worker", path, force=True)
    assert not path.exists()
    assert removal.rescue_ref is not None
    assert removal.rescue_ref.startswith("refs/constellagent/rescue/worker/")
    assert git(rig.repo, "rev-parse", "agents/worker") == tip
    recover(removal)
    assert contents(path) == before


async def test_c1_rescue_can_be_read_file_by_file(rig: Rig) -> None:
    """The tree shows the worktree, the parents what was committed and staged, the message how to get it."""
    path = await rig.create()
    fill_with_everything(path)
    head = git(path, "rev-parse", "HEAD")
    removal = await rig.port.remove("worker", path, force=True)
    ref = removal.rescue_ref or ""
    assert git(rig.repo, "show", f"{ref}:.env") == "SECRET=1"
    assert git(rig.repo, "show", f"{ref}:staged.txt") == "staged, then changed"
    assert git(rig.repo, "show", f"{ref}^2:staged.txt") == "staged"
    assert git(rig.repo, "rev-parse", f"{ref}^1") == head
    assert "sub/b.txt" in git(rig.repo, "diff", "--name-only", "--diff-filter=D", head, ref)
    modes = {line.split("\t")[1]: line.split()[0] for line in git(rig.repo, "ls-tree", ref).splitlines()}
    assert (modes["link"], modes["run.sh"]) == ("120000", "100755")
    message = git(rig.repo, "log", "-1", "--format=%B", ref)
    assert removal.recover in message
    assert "ignored: .env" in message


async def test_f7_rescue_leaves_the_identity_out(rig: Rig) -> None:
    """Keys in `.ravi/` never get into git, rescued or not."""
    path = await rig.create()
    (path / ".ravi").mkdir()
    (path / ".ravi" / "config.json").write_text('{"identity_key": "canary-4711"}')
    (path / "a.txt").write_text("mine\n")
    removal = await rig.port.remove("worker", path, force=True)
    assert git(rig.repo, "grep", "-a", "canary-4711", removal.rescue_ref or "", check=False) == ""


async def test_c1_detached_work_comes_back(rig: Rig) -> None:
    """Commits on no branch are kept by the rescue, and the command checks them out again."""
    path = await rig.create()
    git(path, "checkout", "-q", "--detach")
    lost = commit(path, {"a.txt": "detached\n"})
    removal = await rig.port.remove("worker", path, force=True)
    git(rig.repo, "reflog", "expire", "--expire=now", "--all")
    git(rig.repo, "gc", "-q", "--prune=now")
    recover(removal)
    assert git(path, "rev-parse", "HEAD") == lost
    assert (path / "a.txt").read_text() == "detached\n"


async def test_c1_rebase_with_autostash_is_kept(rig: Rig) -> None:
    """What a rebase in progress stashed away is a parent of the rescue."""
    path = await rig.create()
    base = git(path, "rev-parse", "HEAD")
    commit(path, {"a.txt": "ours\n"})
    git(path, "checkout", "-q", "--detach", base)
    theirs = commit(path, {"a.txt": "theirs\n"})
    git(path, "checkout", "-q", "agents/worker")
    (path / "sub" / "b.txt").write_text("in the stash\n")
    git(path, "rebase", "-q", "--autostash", theirs, check=False)
    stash = (rig.repo / ".git/worktrees/worker/rebase-merge/autostash").read_text().strip()
    removal = await rig.port.remove("worker", path, force=True)
    assert git(rig.repo, "show", f"{stash}:sub/b.txt") == "in the stash"
    assert stash in git(rig.repo, "rev-list", "--parents", "-1", removal.rescue_ref or "").split()


async def test_c10_filtered_files_come_back_exactly(rig: Rig) -> None:
    """Line endings and filters of the repository do not change a byte of what is rescued."""
    commit(rig.repo, {".gitattributes": "*.txt text eol=crlf\n*.rot filter=rot\n"})
    for way in ("clean", "smudge"):
        git(rig.repo, "config", f"filter.rot.{way}", "tr a-zA-Z n-za-mN-ZA-M")
    path = await rig.create()
    (path / "a.txt").write_bytes(b"lf\nonly\n")
    (path / "new.txt").write_bytes(b"cr\r\nand lf\n")
    (path / "new.rot").write_text("plain\n")
    before = contents(path)
    recover(await rig.port.remove("worker", path, force=True))
    assert contents(path) == before


async def test_files_and_folders_that_changed_places_come_back(rig: Rig) -> None:
    """A file that became a folder, and a folder that became a file or a link, come back as they were."""
    path = await rig.create()
    (path / "a.txt").unlink()
    (path / "a.txt").mkdir()
    (path / "a.txt" / "inner").write_text("x")
    shutil.rmtree(path / "sub")
    (path / "sub").symlink_to("a.txt")
    before = contents(path)
    recover(await rig.port.remove("worker", path, force=True))
    assert contents(path) == before


async def test_c1_too_much_is_refused_with_the_largest_files(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than a rescue may hold is not removed, and the largest files are named."""
    monkeypatch.setattr(leftovers, "LIMIT", 1000)
    path = await rig.create()
    (path / "build").mkdir()
    (path / "build" / "big.o").write_bytes(b"x" * 2000)
    (path / "a.txt").write_text("mine\n")
    with pytest.raises(RefusedError) as caught:
        await rig.port.remove("worker", path, force=True)
    assert "build/big.o" in caught.value.losses[0]
    assert (path / "a.txt").read_text() == "mine\n"
    assert git(rig.repo, "for-each-ref", "refs/constellagent") == ""


async def test_c1_repository_within_cannot_be_rescued(rig: Rig) -> None:
    """A clone inside the worktree would lose its history, so even force refuses."""
    path = await rig.create()
    (path / "clone").mkdir()
    git(path / "clone", "init", "-q", "-b", "main")
    commit(path / "clone", {"x": "y"})
    with pytest.raises(RefusedError, match="holds what a rescue cannot"):
        await rig.port.remove("worker", path, force=True)
    assert (path / "clone" / "x").exists()


async def test_c1_change_while_rescuing_stops_the_removal(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that changes between the rescue and the check is not removed."""
    path = await rig.create()
    (path / "mine.txt").write_text("first\n")
    pack = leftovers.pack

    def pack_then_change(*args: object) -> None:
        pack(*args)  # type: ignore[arg-type]
        (path / "mine.txt").write_text("second\n")

    monkeypatch.setattr(leftovers, "pack", pack_then_change)  # the only way to be in time
    with pytest.raises(ConflictError, match="changed while it was kept"):
        await rig.port.remove("worker", path, force=True)
    assert (path / "mine.txt").read_text() == "second\n"


async def test_c2_removing_a_missing_worktree_keeps_what_was_staged(rig: Rig) -> None:
    """Where the folder was deleted by hand, git forgets the worktree, and staged content is kept first."""
    agent = rig.agent()
    path = await rig.create(agent)
    (path / "staged.txt").write_text("only staged\n")
    git(path, "add", "staged.txt")
    shutil.rmtree(path)
    assert await rig.port.losses("worker", path) == []
    removal = await rig.port.remove("worker", path, force=False)
    assert (await rig.look(agent)).worktree == Absent()
    assert git(rig.repo, "show", f"{removal.rescue_ref}:staged.txt") == "only staged"
    recover(removal)
    assert (path / "staged.txt").read_text() == "only staged\n"


async def test_c6_what_is_not_ours_is_not_removed(rig: Rig) -> None:
    """A worktree that a person made, a folder of something else and the main checkout are left alone."""
    path = Path(rig.agent().path)
    git(rig.repo, "worktree", "add", "-q", "-b", "theirs", str(path))
    with pytest.raises(ConflictError, match="did not make"):
        await rig.port.remove("worker", path, force=True)
    with pytest.raises(ConflictError, match="did not make"):
        await rig.port.remove("worker", rig.repo, force=True)
    other = rig.root / "other"
    other.mkdir()
    (other / "file").write_text("x")
    with pytest.raises(ConflictError, match="no worktree of ours"):
        await rig.port.remove("other", other, force=True)
    assert path.exists()
    assert other.exists()


@pytest.mark.parametrize("gone_first", ["a.txt", ".git"])
async def test_removal_that_died_half_way_goes_on(rig: Rig, gone_first: str) -> None:
    """After a kill in the middle of git's deleting, the look still finds it ours and the removal ends."""
    agent = rig.agent()
    path = await rig.create(agent)
    step = rig.journal.step(Step.WORKTREE_REMOVE, "worker")
    await step.__aenter__()  # and never left: the process died
    (path / gone_first).unlink()
    assert (await rig.facts(agent)).state in {WorktreeState.MISSING, WorktreeState.READY}
    await rig.port.remove("worker", path, force=False)
    assert not path.exists()
    assert (await rig.look(agent)).worktree == Absent()


@pytest.mark.parametrize("holds", ["", "file"])
async def test_the_folder_of_an_addition_that_never_came_to_git_goes(rig: Rig, holds: str) -> None:
    """It was made for a worktree that was called off; what somebody put into it since then is left alone."""
    path = Path(rig.agent().path)
    step = rig.journal.step(Step.WORKTREE_ADD, "worker")
    await step.__aenter__()  # and never left: it was cancelled
    place.make(path)
    if holds:
        (path / holds).write_text("x")
        with pytest.raises(ConflictError, match="not empty"):
            await rig.port.remove("worker", path, force=True)
    else:
        await rig.port.remove("worker", path, force=True)
    assert path.exists() is bool(holds)


async def test_an_empty_folder_that_we_did_not_make_stays(rig: Rig) -> None:
    """Nothing tells of an addition there."""
    path = Path(rig.agent().path)
    path.mkdir(parents=True)
    await rig.port.remove("worker", path, force=True)
    assert path.is_dir()


async def test_what_git_cannot_delete_is_said(rig: Rig) -> None:
    """A file that nobody may delete is left, and the error names the folder."""
    if os.getuid() == 0 and shutil.which("chattr") is None:
        pytest.skip("root may delete anything here")
    path = await rig.create()
    held = path / "sub"
    held.chmod(0o500)
    if os.getuid() == 0:
        done = subprocess.run(["chattr", "+i", held / "b.txt"], check=False, capture_output=True)
        if done.returncode != 0:
            pytest.skip("this file system has no immutable files, and root may delete anything")
    try:
        with pytest.raises(WorldError):
            await rig.port.remove("worker", path, force=False)
    finally:
        held.chmod(0o700)
        if os.getuid() == 0:
            subprocess.run(["chattr", "-i", held / "b.txt"], check=True)
    assert (held / "b.txt").exists()


async def test_c12_sparse_worktree_is_rescued_whole(rig: Rig, tmp_path: Path) -> None:
    """Files that a sparse checkout leaves out are not taken for deleted ones."""
    repo = make_repo(tmp_path / "sparse", files={"in/a": "1", "out/b": "2"})
    git(repo, "sparse-checkout", "set", "in")
    other = await Rig.over(tmp_path / "rig2", repo)
    path = await other.create()
    (path / "in" / "mine").write_text("x")
    before = contents(path)
    removal = await other.port.remove("worker", path, force=True)
    assert git(repo, "show", f"{removal.rescue_ref}:out/b") == "2"
    recover(removal)
    assert contents(path) == before


async def test_commits_that_a_branch_keeps_need_not_keep_the_worktree(rig: Rig) -> None:
    """Where the branch is known to stay, only commits that no branch holds are a loss."""
    path = await rig.create()
    kept = commit(path, {"a.txt": "on the branch\n"})
    with pytest.raises(RefusedError, match="would lose work"):
        await rig.port.remove("worker", path, force=False)
    git(path, "checkout", "-q", "--detach")
    commit(path, {"a.txt": "on no branch\n"})
    with pytest.raises(RefusedError) as caught:
        await rig.port.remove("worker", path, force=False, branch_stays=True)
    assert caught.value.losses == ("detached: 1 commit on no branch",)
    git(path, "checkout", "-q", "agents/worker")

    await rig.port.remove("worker", path, force=False, branch_stays=True)

    assert not path.exists()
    assert git(rig.repo, "rev-parse", "agents/worker") == kept


async def test_a_branch_goes_only_while_it_holds_nothing_of_its_own(rig: Rig) -> None:
    """One that moved on, is checked out, or does not begin there stays; one that is gone is no error."""
    path = await rig.create()
    base = git(rig.repo, "rev-parse", "main")
    assert not await rig.port.drop_branch("agents/worker", base)
    await rig.port.remove("worker", path, force=False)
    git(rig.repo, "branch", "moved", "main")
    git(rig.repo, "update-ref", "refs/heads/moved", commit(rig.repo, {"a.txt": "more\n"}))

    assert not await rig.port.drop_branch("main", git(rig.repo, "rev-parse", "main"))
    assert not await rig.port.drop_branch("moved", base)
    assert await rig.port.drop_branch("agents/worker", base)
    assert await rig.port.drop_branch("agents/worker", base)

    refs = git(rig.repo, "for-each-ref", "--format=%(refname:short)", "refs/heads")
    assert refs.split() == ["main", "moved"]


async def test_our_worktrees_are_found_by_how_their_names_begin(rig: Rig) -> None:
    """By git's lock, or by our mark where a person unlocked one; what others made is not ours."""
    first = await rig.create(rig.agent("worker@1", branch="runs/1"))
    second = await rig.create(rig.agent("worker@2", branch="runs/2"))
    await rig.create(rig.agent("worker"))
    await rig.create(rig.agent("other@1", branch="runs/3"))
    git(rig.repo, "worktree", "unlock", str(second))
    git(rig.repo, "worktree", "add", "-q", "-b", "mine", str(rig.folder / "mine"))

    assert await rig.port.named("worker@") == {"worker@1": first, "worker@2": second}
    assert set(await rig.port.named("")) == {"worker", "worker@1", "worker@2", "other@1"}
