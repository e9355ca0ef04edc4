"""What a worktree is compared with: its base's fork point, HEAD, or a named commit."""

from pathlib import Path

import pytest

from constellagent.errors import ConflictError, GitError, UsageError, WorldError
from constellagent.plan.observed import Absent, Look, There, Unknown
from constellagent.runtime.diffs import sides
from constellagent.runtime.diffs.sides import Side
from constellagent.runtime.git import Git
from tests.runtime.worktrees.rig import commit
from tests.runtime.worktrees.rig import git as by_hand


async def resolved(git: Git, repo: Path, against: str, base: Look[str]) -> Side:
    """Resolve in the repository."""
    return await sides.resolve(git, repo, base, "main", against)


@pytest.fixture
def fork(repo: Path) -> str:
    """Let branch and base part: two commits on the branch, one on the base; returns where they parted."""
    start = by_hand(repo, "rev-parse", "HEAD")
    by_hand(repo, "checkout", "-q", "-b", "work")
    commit(repo, {"b.py": "1\n"})
    commit(repo, {"b.py": "2\n"})
    by_hand(repo, "checkout", "-q", "main")
    commit(repo, {"a.txt": "base went on\n"})
    by_hand(repo, "checkout", "-q", "work")
    return start


async def test_the_base_is_where_the_branch_left_it(git: Git, repo: Path, fork: str) -> None:
    """What the base got since is not the agent's work; ahead and behind say how far they are apart."""
    base = There(by_hand(repo, "rev-parse", "main"))

    assert await resolved(git, repo, "base", base) == Side(fork, ahead=2, behind=1)


async def test_head_and_commits_are_taken_as_they_are(git: Git, repo: Path, fork: str) -> None:
    """HEAD, a branch, and part of an id are compared with directly."""
    base = There(by_hand(repo, "rev-parse", "main"))

    assert await resolved(git, repo, "HEAD", base) == Side(by_hand(repo, "rev-parse", "work"), 2, 1)
    assert (await resolved(git, repo, "main", base)).commit == base.value
    assert (await resolved(git, repo, fork[:8], base)).commit == fork
    assert (await resolved(git, repo, "HEAD~1", base)).commit == by_hand(repo, "rev-parse", "work~1")


async def test_without_a_common_commit_it_is_the_base(git: Git, repo: Path) -> None:
    """A branch that shares no history with its base is compared with the base itself."""
    base = There(by_hand(repo, "rev-parse", "HEAD"))
    by_hand(repo, "checkout", "-q", "--orphan", "alone")
    commit(repo, {"a.txt": "1\n"})

    assert (await resolved(git, repo, "base", base)).commit == base.value


async def test_a_branch_without_a_commit(git: Git, repo: Path) -> None:
    """Before the first commit of a branch HEAD is the empty tree, and nobody knows how far it is ahead."""
    base = There(by_hand(repo, "rev-parse", "HEAD"))
    by_hand(repo, "checkout", "-q", "--orphan", "alone")

    head = await resolved(git, repo, "HEAD", base)

    assert head == Side(by_hand(repo, "hash-object", "-t", "tree", "--stdin"))
    assert await resolved(git, repo, "base", base) == Side(base.value)


@pytest.mark.parametrize("name", ["wrok", "--help", "a b", "x\ny", " ", "HEAD:a.txt", "é\udce9"])
async def test_no_such_commit(git: Git, repo: Path, fork: str, name: str) -> None:
    """What is no commit is wrong usage; a slip of the finger gets a suggestion."""
    with pytest.raises(UsageError, match="there is no commit") as caught:
        await resolved(git, repo, name, There(fork))
    assert ("did you mean work?" in caught.value.message) == (name == "wrok")


async def test_a_base_that_is_not_known(git: Git, repo: Path) -> None:
    """A base that names nothing is for a person to correct, one that could not be looked at may come back."""
    with pytest.raises(ConflictError, match="names no commit"):
        await resolved(git, repo, "base", Absent())
    with pytest.raises(WorldError, match="git is away"):
        await resolved(git, repo, "base", Unknown("git is away"))
    assert (await resolved(git, repo, "HEAD", Unknown("git is away"))).ahead is None


async def test_a_base_that_is_gone_meanwhile(git: Git, repo: Path) -> None:
    """A base commit that git has no more leaves ahead and behind unknown."""
    gone = There("1" * 40)

    assert await resolved(git, repo, "base", gone) == Side(gone.value)


async def test_the_index_and_the_worktree_are_themselves(git: Git, repo: Path, fork: str) -> None:
    """They are no commits; ahead and behind are known all the same."""
    base = There(by_hand(repo, "rev-parse", "main"))

    assert await resolved(git, repo, "index", base) == Side("index", 2, 1)
    assert await sides.commit_of(git, repo, base, "main", "worktree") == "worktree"
    assert await sides.commit_of(git, repo, base, "main", "index") == "index"
    assert await sides.commit_of(git, repo, base, "main", "base") == fork
    assert await sides.commit_of(git, repo, base, "main", "work~2") == fork


@pytest.mark.parametrize("name", ["@{upstream}", "main@{u}", "main@{99}", "nowhere@{1}"])
async def test_names_at_which_git_gives_up(git: Git, repo: Path, name: str) -> None:
    """A branch without an upstream, or a reflog that is shorter, leaves the other names known."""
    head = by_hand(repo, "rev-parse", "HEAD")

    assert await sides.commits(git, repo, "HEAD", name, "main") == [head, None, head]


async def test_an_upstream_is_a_commit(git: Git, repo: Path, tmp_path: Path) -> None:
    """A branch that has an upstream names it so."""
    by_hand(tmp_path, "clone", "-q", str(repo), str(tmp_path / "clone"))

    found = await sides.commits(git, tmp_path / "clone", "@{upstream}")

    assert found == [by_hand(repo, "rev-parse", "HEAD")]


async def test_git_that_fails_is_no_missing_commit(git: Git, tmp_path: Path) -> None:
    """Where nothing can be looked at, no name is called absent."""
    with pytest.raises(GitError):
        await sides.commits(git, tmp_path, "HEAD", "main@{1}")


async def test_the_first_commit_of_a_history_is_compared_with_nothing(git: Git, repo: Path) -> None:
    """`empty` is no file at all, so that even a commit without a parent has a difference."""
    side = await resolved(git, repo, sides.EMPTY, Absent())

    assert side.commit == by_hand(repo, "hash-object", "-t", "tree", "/dev/null")
