"""Counting commits through the worker."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from constellagent.runtime.git import Git
from constellagent.runtime.objects import Objects
from tests.runtime.worktrees.rig import commit, git, make_repo


class Counting(Git):
    """Git that counts what it is asked."""

    asked = 0

    async def run(self, *args: str, **options: object) -> object:  # type: ignore[override]
        """Count, then run."""
        self.asked += 1
        return await super().run(*args, **options)  # type: ignore[arg-type]


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository with one commit."""
    return make_repo(tmp_path / "repo")


@pytest.fixture
def cli(repo: Path) -> Counting:
    """Git in that repository."""
    return Counting(repo, timeout=30)


@pytest.fixture
async def objects(cli: Counting) -> AsyncIterator[Objects]:
    """The thing under test."""
    found = Objects(cli)
    yield found
    await found.close()


async def test_counts_as_git_does_without_asking_git(objects: Objects, cli: Counting, repo: Path) -> None:
    """The worker answers ahead counts for many pairs in one go, and git is not run."""
    base = git(repo, "rev-parse", "HEAD")
    tips = [commit(repo, {"a.txt": f"{n}\n"}) for n in range(3)]
    assert await objects.ahead(repo, [(tip, base) for tip in tips] + [(base, tips[0])]) == [1, 2, 3, 0]
    assert await objects.ahead(repo, []) == []
    assert cli.asked == 0


async def test_unknown_commit_is_none(objects: Objects, repo: Path) -> None:
    """A commit that does not exist has no count, and the others still have theirs."""
    head = git(repo, "rev-parse", "HEAD")
    assert await objects.ahead(repo, [("1" * 40, head), ("no commit", head), (head, head)]) == [None, None, 0]


async def test_c12_sha256_falls_back_to_git(tmp_path: Path) -> None:
    """A repository that libgit2 cannot open is counted by git."""
    repo = make_repo(tmp_path / "other", "--object-format=sha256")
    base = git(repo, "rev-parse", "HEAD")
    tip = commit(repo, {"a.txt": "2\n"})
    cli = Counting(repo, timeout=30)
    objects = Objects(cli)
    assert await objects.ahead(repo, [(tip, base)]) == [1]
    assert cli.asked == 1
    await objects.close()


async def test_killed_worker_is_replaced(objects: Objects, cli: Counting, repo: Path) -> None:
    """A worker that dies costs one fallback at most; the next question has a new one."""
    head = git(repo, "rev-parse", "HEAD")
    assert await objects.ahead(repo, [(head, head)]) == [0]
    worker = objects._worker
    assert worker is not None
    worker.kill()
    await worker.wait()
    assert await objects.ahead(repo, [(head, head)]) == [0]
    assert objects._worker is not worker
    assert cli.asked == 0


async def test_cancelled_question_cannot_answer_the_next(objects: Objects, repo: Path) -> None:
    """An answer that nobody waits for any more is not taken for that of the next question."""
    base = git(repo, "rev-parse", "HEAD")
    tip = commit(repo, {"a.txt": "2\n"})
    asking = asyncio.ensure_future(objects.ahead(repo, [(tip, base)] * 500))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert await objects.ahead(repo, [(base, base)]) == [0]


async def test_libgit2_stays_out_of_this_process(objects: Objects, repo: Path) -> None:
    """Asking does not load pygit2 here, where it would hold the interpreter's lock."""
    head = git(repo, "rev-parse", "HEAD")
    before = "pygit2" in sys.modules
    await objects.ahead(repo, [(head, head)])
    assert ("pygit2" in sys.modules) == before
