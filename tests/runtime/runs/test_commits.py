"""Commits of a run: on its branch, and wherever else its folder stands."""

from dataclasses import replace
from pathlib import Path

from constellagent.plan.fires import Fire
from constellagent.runtime.git import Git
from constellagent.runtime.runs import commits
from constellagent.runtime.store.ledger import LedgerRow
from tests.runtime.runs.rig import NINE
from tests.runtime.worktrees.rig import commit, git, make_repo

FIRE = Fire("ab" * 16, "docs/nightly", "clock", NINE, 1, "schedule", "succeeded", NINE)


def row(repo: Path, branch: str = "", path: str = "") -> LedgerRow:
    """Return a row whose base is the present commit of `main`."""
    return LedgerRow("c", FIRE, NINE, base=git(repo, "rev-parse", "main"), branch=branch, path=path)


async def made(repo: Path, ended: LedgerRow) -> tuple[list[str], int]:
    """Return the subjects of the commits, and how many there are."""
    found = await commits.made(Git(repo, timeout=20.0), ended)
    return [one["subject"] for one in found.named], found.count


async def test_the_branch_counts_where_the_folder_is_gone(tmp_path: Path) -> None:
    """Newest first, with whole ids; what the base has is not counted."""
    repo = make_repo(tmp_path / "repo")
    ended = row(repo, branch="runs/x", path=str(tmp_path / "gone"))
    git(repo, "checkout", "-q", "-b", "runs/x")
    commit(repo, {"a.txt": "two\n"}, "First")
    last = commit(repo, {"a.txt": "three\n"}, "Second")
    git(repo, "checkout", "-q", "main")

    found = await commits.made(Git(repo, timeout=20.0), ended)

    assert found.named[0] == {"id": last, "subject": "Second"}
    assert await made(repo, ended) == (["Second", "First"], 2)


async def test_commits_beside_the_branch_count_too(tmp_path: Path) -> None:
    """A run that left its branch (detached) is asked where it stands, and each commit counts once."""
    repo = make_repo(tmp_path / "repo")
    path = tmp_path / "tree"
    git(repo, "worktree", "add", "-q", "-b", "runs/x", str(path))
    ended = row(repo, branch="runs/x", path=str(path))
    commit(path, {"a.txt": "two\n"}, "On the branch")
    git(path, "checkout", "-q", "--detach")
    commit(path, {"a.txt": "three\n"}, "Beside it")

    assert await made(repo, ended) == (["Beside it", "On the branch"], 2)


async def test_many_commits_are_counted_and_the_newest_named(tmp_path: Path) -> None:
    """A report names fifty."""
    repo = make_repo(tmp_path / "repo")
    ended = row(repo, path=str(repo))
    for number in range(commits.MOST + 3):
        git(repo, "commit", "-q", "--allow-empty", "-m", f"c{number}")

    subjects, count = await made(repo, ended)

    assert (len(subjects), subjects[0], count) == (commits.MOST, f"c{commits.MOST + 2}", commits.MOST + 3)


async def test_subjects_can_be_shown(tmp_path: Path) -> None:
    """Bytes that are no text and what would move a terminal's cursor are replaced; long ones are cut."""
    repo = make_repo(tmp_path / "repo")
    ended = row(repo, path=str(repo))
    message = b"\x1b[31mred \xff end " + b"x" * 500
    git(repo, "commit", "-q", "--allow-empty", "-F", "-", stdin=message)

    ((subject,), _) = await made(repo, ended)

    assert subject.isprintable()
    assert subject.startswith("\N{REPLACEMENT CHARACTER}[31mred ")
    assert len(subject) == 200


async def test_nothing_is_made_up(tmp_path: Path) -> None:
    """No base, nothing beyond it, or nothing left at all: no commits, and no error."""
    repo = make_repo(tmp_path / "repo")
    (tmp_path / "plain").mkdir()

    assert await made(repo, replace(row(repo, path=str(repo)), base="")) == ([], 0)
    assert await made(repo, row(repo, path=str(repo))) == ([], 0)
    assert await made(repo, row(repo, branch="runs/gone", path=str(tmp_path / "plain"))) == ([], 0)
    assert await commits.head(Git(repo, timeout=20.0), repo) == git(repo, "rev-parse", "main")
    assert await commits.head(Git(repo, timeout=20.0), tmp_path / "plain") == ""
