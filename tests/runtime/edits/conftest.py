"""An agent's worktree beside the main checkout, and the editor as the daemon has it."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from constellagent.plan.desired import DesiredAgent
from constellagent.runtime.clock import SystemClock
from constellagent.runtime.edits import Author, Editor
from constellagent.runtime.git import Git
from constellagent.runtime.review_views import BrowseRequest, ChangeRequest
from constellagent.runtime.standing import Standing, find
from tests.runtime.worktrees.rig import Rig, make_repo
from tests.runtime.worktrees.rig import git as run_git

AGENT = Author("worker", "worker@acme.test")
PERSON = Author("Pat Person", "pat@example.test")


class Ground:
    """One agent's worktree, changed through an editor and looked at with git.

    Attributes:
        repo: the main checkout, on `main`.
        tree: the agent's worktree, on `agents/worker`.
        editor: what is tested.
        agent: what is declared.
        author: who the agent commits as.
        told: the traces that were left, and whether they are of the agent's own doing.
    """

    def __init__(self, rig: Rig, agent: DesiredAgent, tree: Path, home: Path) -> None:
        self.rig = rig
        self.repo = rig.repo
        self.tree = tree
        self.agent = agent
        self.home = home
        self.author: Author | None = AGENT
        self.cli = Git(
            Path("/"),
            timeout=50,
            env={"GIT_CONFIG_NOSYSTEM": "1", "HOME": str(home), "XDG_CONFIG_HOME": str(home)},
        )
        self.told: list[tuple[str, bool]] = []
        self.editor = Editor(self.cli, SystemClock(), self._identity, self._trace)

    async def _identity(self, file: str, agent: str) -> Author | None:
        assert (file, agent) == ("constellation.yaml", "worker")
        return self.author

    async def _trace(self, file: str, agent: str, text: str, *, as_agent: bool = False) -> None:
        assert (file, agent) == ("constellation.yaml", "worker")
        self.told.append((text, as_agent))

    def become(self, person: Author | None) -> None:
        """Let git's configuration name somebody, or nobody."""
        content = f"[user]\n\tname = {person.name}\n\temail = {person.email}\n" if person else ""
        (self.home / ".gitconfig").write_text(content)

    async def standing(self) -> Standing:
        """Look at the worktree as the daemon does before every request."""
        return await find([self.agent], self.rig.port, self.agent.name)

    async def ask(self, action: Any, **keys: Any) -> Any:
        """Ask the editor for facts, hunks or a merge preview."""
        request = BrowseRequest(file="constellation.yaml", agent="worker", action=action, **keys)  # type: ignore[typeddict-item] # a test names real keys
        return await self.editor.answer(await self.standing(), request)

    async def do(self, action: Any, **keys: Any) -> Any:
        """Have the editor do something."""
        request = ChangeRequest(file="constellation.yaml", agent="worker", action=action, **keys)  # type: ignore[typeddict-item] # a test names real keys
        return await self.editor.change(await self.standing(), request)

    def git(self, *args: str, at: Path | None = None, **options: Any) -> str:
        """Run git as a person would in the worktree."""
        return run_git(at or self.tree, *args, **options)

    def write(self, name: str, content: bytes | str) -> Path:
        """Write a file of the worktree."""
        file = self.tree / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def commit(
        self, message: str = "work", files: Mapping[str, str] | None = None, *, at: Path | None = None
    ) -> str:
        """Commit files in the worktree, or another one; returns the commit."""
        folder = at or self.tree
        for name, content in (files or {}).items():
            (folder / name).write_text(content)
        self.git("add", "-A", at=folder)
        self.git("commit", "-q", "--allow-empty", "-m", message, at=folder)
        return self.git("rev-parse", "HEAD", at=folder)

    def raw(self, *args: str, at: Path | None = None) -> bytes:
        """Return the bytes that a git command writes."""
        done = subprocess.run(
            ["git", *args], cwd=at or self.tree, capture_output=True, check=True, timeout=50
        )
        return done.stdout

    def status(self) -> list[str]:
        """Return the lines of `git status --short`, in git's order."""
        said = os.fsdecode(self.raw("status", "--porcelain", "-z", "--untracked-files=all", "--no-renames"))
        return [line for line in said.split("\0") if line]


@pytest.fixture
async def ground(tmp_path: Path) -> Ground:
    """A repository with a few files, and an agent's worktree of it."""
    lines = "".join(f"line {number}\n" for number in range(1, 21))
    repo = make_repo(
        tmp_path / "repo",
        files={"a.txt": lines, "b.txt": "two\n", "sub/c.txt": "three\n", ".gitignore": "*.log\n"},
    )
    rig = await Rig.over(tmp_path, repo)
    agent = rig.agent("worker", base="main")
    tree = await rig.create(agent)
    home = tmp_path / "person"
    home.mkdir()
    ground = Ground(rig, agent, tree, home)
    ground.become(PERSON)
    return ground
