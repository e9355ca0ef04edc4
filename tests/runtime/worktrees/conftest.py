"""Fixtures of the worktree tests."""

from pathlib import Path

import pytest

from tests.runtime.worktrees.rig import Rig, git, make_repo


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository with one commit."""
    return make_repo(tmp_path / "repo")


@pytest.fixture
async def rig(tmp_path: Path, repo: Path) -> Rig:
    """The port over a repository; whatever a test did, git finds the repository sound afterwards."""
    return await Rig.over(tmp_path, repo)


@pytest.fixture(autouse=True)
def _sound(tmp_path: Path) -> object:
    yield
    if (tmp_path / "repo" / ".git").exists():
        git(tmp_path / "repo", "fsck", "--strict", "--no-dangling")
