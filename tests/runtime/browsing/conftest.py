"""An agent's worktree in a real repository, and somebody who looks into it."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest

from constellagent.runtime.browsing import Browser
from constellagent.runtime.review_views import BrowseRequest
from constellagent.runtime.standing import find
from tests.runtime.diffs.conftest import no_runs
from tests.runtime.worktrees.rig import Rig, make_repo

Ask = Callable[..., Awaitable[Any]]


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository with one commit."""
    files = {"a.txt": "one\ntwo\n", "sub/b.py": "x = 1\n", ".gitignore": "*.log\n"}
    return make_repo(tmp_path / "repo", files=files)


@pytest.fixture
async def rig(tmp_path: Path, repo: Path) -> Rig:
    """The worktrees of agents in that repository."""
    return await Rig.over(tmp_path, repo)


@pytest.fixture
async def tree(rig: Rig) -> Path:
    """The worktree of the agent `worker`."""
    return await rig.create()


@pytest.fixture
def browser(rig: Rig) -> Browser:
    """Who looks."""
    return Browser(rig.git, no_runs)


@pytest.fixture
def ask(rig: Rig, tree: Path, browser: Browser) -> Ask:
    """A question about the worktree of `worker`."""

    async def asked(action: str, **request: Any) -> Any:
        standing = await find([rig.agent()], rig.port, "worker")
        whole = cast("BrowseRequest", {"file": "f", "agent": "worker", "action": action, **request})
        return await browser.answer(standing, whole)

    return asked
