"""Whether a run changed anything in its worktree."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from constellagent.runtime.headless import worktree
from tests.reliability.lab import git


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a repository in which this process stands, with a change that nobody has committed."""
    git(tmp_path, "init", "-q")
    git(tmp_path, "config", "user.name", "A")
    git(tmp_path, "config", "user.email", "a@example.com")
    (tmp_path / "folder").mkdir()
    for name in ("one", "folder/two"):
        (tmp_path / name).write_text("1")
    (tmp_path / ".gitignore").write_text("*.log\n")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "start")
    (tmp_path / "one").write_text("2")
    (tmp_path / "before").write_text("2")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def commit(repo: Path) -> None:
    """Commit what is there."""
    git(repo, "commit", "-qam", "mine")


def write(name: str) -> Callable[[Path], object]:
    """Return what writes a file."""
    return lambda repo: (repo / name).write_text("3")


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        (lambda _: None, False),
        (write("x.log"), False),
        (write("new"), True),
        (write("folder/two"), True),
        (write("one"), True),
        (write("with a\nnewline"), True),
        (lambda repo: (repo / "folder" / "two").unlink(), True),
        (lambda repo: shutil.rmtree(repo / "folder"), True),
        (lambda repo: git(repo, "add", "one"), False),
        (commit, True),
    ],
)
def test_what_counts_as_a_change(repo: Path, change: Callable[[Path], object], changed: bool) -> None:
    """Commits and files count that came during the run; what was there before, or is ignored, does not."""
    base, since = worktree.head(), time.time() + 0.2
    while time.time() < since:
        os.sched_yield()
    began = time.time()
    change(repo)

    assert worktree.changed(base, began) is changed


def test_where_nobody_can_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of a repository nothing is known, which is not the same as nothing changed."""
    monkeypatch.chdir(tmp_path)

    assert worktree.head() == ""
    assert worktree.changed("", 0.0) is None
    assert worktree.changed("0" * 40, 0.0) is None
