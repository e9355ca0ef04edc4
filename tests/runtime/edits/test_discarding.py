"""Throwing away, and getting back."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from constellagent.errors import ConflictError, RefusedError, UsageError
from constellagent.runtime.edits import discarding
from constellagent.runtime.files import writing
from constellagent.runtime.worktrees import leftovers
from tests.runtime.edits.conftest import Ground
from tests.runtime.worktrees.rig import contents


def _back(ground: Ground, done: list[str]) -> None:
    command = done[-1].removeprefix("get it back with: ")
    assert command != done[-1]
    ground.git("-c", f"alias.back=!{command}", "back")


async def test_everything_goes_and_comes_back_exactly(ground: Ground) -> None:
    """Files are as the index has them, untracked ones are gone, and one command restores every byte."""
    ground.write("a.txt", b"staged\n")
    ground.git("add", "a.txt")
    ground.write("a.txt", b"changed\r\n\xff").chmod(0o755)
    (ground.tree / "b.txt").unlink()
    (ground.tree / "b.txt").symlink_to("nowhere")
    ground.write("new\n.txt", b"new").chmod(0o600)
    ground.write("deep/er/\udcff", b"\0\xff")
    ground.write("x.log", "ignored")
    before = contents(ground.tree)
    done = await ground.do("discard")
    assert done["done"][:2] == ["discarded the changes of 2 files", "removed 2 files, which git did not know"]
    assert ground.status() == ["M  a.txt"]
    assert (ground.tree / "a.txt").read_bytes() == b"staged\n"
    assert (ground.tree / "b.txt").read_text() == "two\n"
    assert not (ground.tree / "deep").exists()
    assert (ground.tree / "x.log").exists()
    assert ground.git("rev-parse", f"{done['rescue']}^") == ground.git("rev-parse", "HEAD")
    _back(ground, done["done"])
    assert contents(ground.tree) == before


async def test_only_what_is_named_goes(ground: Ground) -> None:
    """Other changes stay, and a deleted file comes back without a rescue: nothing of it is lost."""
    ground.write("a.txt", "changed\n")
    (ground.tree / "sub/c.txt").unlink()
    ground.write("new.txt", "x")
    done = await ground.do("discard", paths=["sub"])
    assert done == {"done": ["discarded the changes of sub/c.txt"], "rescue": ""}
    assert ground.status() == [" M a.txt", "?? new.txt"]
    with pytest.raises(UsageError):
        await ground.do("discard", paths=["a.txt", "sub/c.txt"])
    assert ground.status() == [" M a.txt", "?? new.txt"]


async def test_nothing_to_discard_is_said(ground: Ground) -> None:
    """Without changes nothing is made, not even a ref."""
    assert await ground.do("discard") == {"done": ["nothing to discard"], "rescue": ""}
    assert ground.git("for-each-ref", "refs/constellagent") == ""


async def test_a_folder_in_the_place_of_a_file(ground: Ground) -> None:
    """Where a folder with files has taken the place of a file, the file comes back."""
    (ground.tree / "b.txt").unlink()
    ground.write("b.txt/inside", "x")
    done = await ground.do("discard")
    assert (ground.tree / "b.txt").read_text() == "two\n"
    assert ground.raw("show", f"{done['rescue']}:b.txt/inside") == b"x"


async def test_a_file_that_git_only_intends_to_add(ground: Ground) -> None:
    """A file of `git add -N` goes with its place in the index."""
    ground.write("new.txt", "x")
    ground.git("add", "-N", "new.txt")
    done = await ground.do("discard", path="new.txt")
    assert ground.status() == []
    assert ground.raw("show", f"{done['rescue']}:new.txt") == b"x"


async def test_a_conflict_is_not_thrown_away(ground: Ground) -> None:
    """While a file is in conflict, discarding it would lose both sides, so it is refused."""
    ground.commit("work", {"b.txt": "ours\n"})
    ground.commit("work", {"b.txt": "theirs\n"}, at=ground.repo)
    ground.git("merge", "main", check=False)
    before = contents(ground.tree)
    for keys in ({}, {"path": "b.txt"}):
        with pytest.raises(ConflictError, match="both sides"):
            await ground.do("discard", **keys)
    assert contents(ground.tree) == before


async def test_a_repository_within_is_refused(ground: Ground) -> None:
    """A repository inside has commits of its own: named it is refused, among all it is left out."""
    ground.git("init", "-q", "inner")
    ground.git("commit", "-q", "--allow-empty", "-m", "x", at=ground.tree / "inner")
    with pytest.raises(RefusedError):
        await ground.do("discard", path="inner")
    assert (await ground.do("discard"))["done"] == ["nothing to discard"]
    assert (ground.tree / "inner/.git").is_dir()


async def test_more_than_a_rescue_holds_is_refused(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too large to be kept is not thrown away."""
    monkeypatch.setattr(leftovers, "LIMIT", 10)
    ground.write("large", "x" * 11)
    with pytest.raises(RefusedError, match="MiB"):
        await ground.do("discard")
    assert (ground.tree / "large").exists()


async def test_what_is_written_meanwhile_stays(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is written between the rescue and the removal stays, and the answer says so."""
    ground.write("a.txt", "mine\n")
    ground.write("b.txt", "mine\n")
    remove: Callable[..., object] = writing.remove

    def late(root: Path, path: str, version: str, **keys: int) -> object:
        if path == "a.txt":
            (root / path).write_text("agent\n")
        return remove(root, path, version, **keys)

    monkeypatch.setattr(discarding, "remove", late)
    with pytest.raises(ConflictError, match=r"a\.txt changed meanwhile"):
        await ground.do("discard")
    assert (ground.tree / "a.txt").read_text() == "agent\n"
    assert (ground.tree / "b.txt").read_text() == "two\n"


async def test_a_lock_of_another_git_leaves_no_hole(ground: Ground) -> None:
    """A lock that an agent's git holds on the index keeps no file from coming back."""
    ground.write("a.txt", "mine\n")
    lock = Path(ground.git("rev-parse", "--absolute-git-dir")) / "index.lock"
    lock.touch()
    done = await ground.do("discard", path="a.txt")
    lock.unlink()
    assert (ground.tree / "a.txt").read_text().startswith("line 1\n")
    assert ground.raw("show", f"{done['rescue']}:a.txt") == b"mine\n"
    assert ground.status() == []


async def test_a_discard_that_fails_halfway_says_how_all_comes_back(ground: Ground) -> None:
    """Where the index cannot be written after the files went, the error has the way back, and it works."""
    ground.write("new.txt", "x")
    ground.git("add", "-N", "new.txt")
    lock = Path(ground.git("rev-parse", "--absolute-git-dir")) / "index.lock"
    lock.touch()
    with pytest.raises(ConflictError, match="halfway") as raised:
        await ground.do("discard")
    lock.unlink()
    command = raised.value.hint.removeprefix("what was taken away comes back with: ")
    ground.git("-c", f"alias.back=!{command}", "back")
    assert (ground.tree / "new.txt").read_text() == "x"


async def test_a_writer_in_a_race_never_loses_its_last_word(ground: Ground) -> None:
    """Whatever an agent writes while changes are thrown away is in the file or in a rescue."""
    over, written = threading.Event(), 0

    def write() -> None:
        nonlocal written
        while not over.wait(0.15):
            written += 1
            new = ground.tree / ".new"
            new.write_text(f"{written}\n")
            new.rename(ground.tree / "a.txt")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while written < 6:
            try:
                await ground.do("discard", path="a.txt")
            except (ConflictError, UsageError):
                continue
    finally:
        over.set()
        writer.join()
    refs = ground.git("for-each-ref", "--format=%(refname)", "refs/constellagent/trash").split()
    kept = [ground.git("show", f"{ref}:a.txt") for ref in refs]
    assert str(written) in {*kept, (ground.tree / "a.txt").read_text().strip()}
