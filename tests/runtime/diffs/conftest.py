"""A repository whose files change, and git as the daemon runs it."""

from pathlib import Path

import pytest

from constellagent.runtime.diffs import RunWork
from constellagent.runtime.git import Git
from tests.runtime.worktrees.rig import Rig, make_repo


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository with one commit of two files."""
    lines = "".join(f"line {number}\n" for number in range(1, 21))
    return make_repo(
        tmp_path / "repo", files={"a.txt": lines, "b.py": "one = 1\ntwo = 2\n", ".gitignore": "*.log\n"}
    )


@pytest.fixture
def git(repo: Path) -> Git:
    """Git in that repository."""
    return Git(repo, timeout=30, env={"GIT_CONFIG_NOSYSTEM": "1", "HOME": "/nonexistent"})


@pytest.fixture
async def rig(tmp_path: Path, repo: Path) -> Rig:
    """The worktrees of agents in that repository."""
    return await Rig.over(tmp_path, repo)


async def no_runs(constellation: str, run: str) -> RunWork | None:
    """Know of no run."""
    return None
