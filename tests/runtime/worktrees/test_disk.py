"""A full disk: an error in words, and nothing half-made that a later apply cannot complete."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from constellagent.errors import WorldError
from constellagent.plan.observed import WorktreeState
from tests.runtime.worktrees.rig import Rig, commit, contents, git, make_repo


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], check=False, capture_output=True
    )
    if done.returncode != 0:
        pytest.skip("only root may mount a small file system")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.fixture
def full(small: Path) -> Path:
    """The same with next to no space left, and the file that takes it."""
    ballast = small / "ballast"
    descriptor = os.open(ballast, os.O_WRONLY | os.O_CREAT)
    try:
        while os.write(descriptor, b"x" * 65536):
            pass
    except OSError:
        os.close(descriptor)
    return ballast


async def test_a5_full_while_checking_out(rig: Rig, small: Path) -> None:
    """A checkout that does not fit fails with git's words; with space again, the next apply completes it."""
    commit(rig.repo, {f"big{number}.txt": f"{number}" * 300_000 for number in range(6)})
    rig.root = small / "trees"
    ballast = small / "ballast"
    ballast.write_bytes(b"x" * 1_000_000)
    agent = rig.agent()
    with pytest.raises(WorldError, match=r"(?i)no space left|unable to write|could not write"):
        await rig.create(agent)
    assert (await rig.facts(agent)).state is WorktreeState.UNFINISHED
    ballast.unlink()
    for number in range(5):
        git(rig.repo, "rm", "-q", f"big{number}.txt")
    git(rig.repo, "commit", "-q", "-m", "smaller")
    git(Path(agent.path), "reset", "-q", "--soft", git(rig.repo, "rev-parse", "HEAD"))
    for left in Path(agent.path).glob("big[0-4].txt"):
        left.unlink()
    (rig.repo / ".git" / "worktrees" / "worker" / "index").unlink(missing_ok=True)
    path = await rig.create(agent)
    assert git(path, "status", "--porcelain") == ""


async def test_a5_full_while_registering(rig: Rig, full: Path) -> None:
    """Where even the folder cannot be made, nothing is registered; with space again it works."""
    rig.root = full.parent / "trees"
    small_files = []
    try:
        for number in range(10_000):
            extra = full.parent / f"f{number}"
            extra.mkdir()
            small_files.append(extra)
    except OSError:
        pass
    agent = rig.agent()
    with pytest.raises(WorldError):
        await rig.create(agent)
    assert "worker" not in git(rig.repo, "worktree", "list")
    full.unlink()
    for extra in small_files:
        extra.rmdir()
    await rig.create(agent)


async def test_a5_full_repository_while_rescuing(small: Path, tmp_path: Path) -> None:
    """A rescue that does not fit removes nothing."""
    repo = make_repo(small / "repo")
    rig = await Rig.over(tmp_path, repo)
    path = await rig.create()
    (path / "mine.bin").write_bytes(os.urandom(4_000_000))
    before = contents(path)
    with pytest.raises(WorldError):
        await rig.port.remove("worker", path, force=True)
    assert contents(path) == before
    assert git(repo, "for-each-ref", "refs/constellagent") == ""
    assert not list((repo / ".git" / "worktrees" / "worker").glob("constellagent-rescue-*"))


async def test_a5_full_while_marking(small: Path, full: Path, tmp_path: Path) -> None:
    """A marker that cannot be written leaves the old one whole, and the error names the file."""
    full.unlink()
    repo = make_repo(small / "repo")
    rig = await Rig.over(tmp_path, repo)
    script = f"test -e {tmp_path}/once || cat /dev/zero >{small}/fill 2>/dev/null; touch {tmp_path}/once"
    agent = rig.agent(setup=(("sh", "-c", script),))
    with pytest.raises(WorldError, match=r"constellagent\.json"):
        await rig.create(agent)
    assert (await rig.facts(agent)).state is WorktreeState.UNFINISHED
    (small / "fill").unlink()
    await rig.create(agent)
    assert (await rig.facts(agent)).state is WorktreeState.READY
