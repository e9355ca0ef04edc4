"""A real repository and the port over it, with the smallest journal and records that outlive a process."""

import asyncio
import json
import os
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from constellagent import failpoints
from constellagent.plan.desired import DesiredAgent
from constellagent.plan.observed import There, WorktreeFacts
from constellagent.runtime import repository
from constellagent.runtime.clock import SystemClock
from constellagent.runtime.events import Event
from constellagent.runtime.git import Git
from constellagent.runtime.paths import Paths
from constellagent.runtime.ports import Record, Step, WorktreeLook
from constellagent.runtime.repository import Repository
from constellagent.runtime.worktrees import GitWorktrees
from constellagent.spec.models import Agent

CONSTELLATION = "c0ffee"
ENV = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    **{
        f"GIT_{role}_{part}": value
        for role in ("AUTHOR", "COMMITTER")
        for part, value in (("NAME", "Test"), ("EMAIL", "test@example.test"))
    },
}


def git(folder: Path, *args: str, check: bool = True, stdin: bytes = b"") -> str:
    """Run git as a person would, without our hardening."""
    done = subprocess.run(
        ["git", *args], cwd=folder, env=ENV, input=stdin, capture_output=True, check=False, timeout=50
    )
    if check and done.returncode != 0:
        raise AssertionError(f"git {args}: {done.stderr.decode(errors='replace')}")
    return os.fsdecode(done.stdout).strip()


def make_repo(folder: Path, *options: str, files: Mapping[str, str] | None = None) -> Path:
    """Make a repository with one commit."""
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main", *options)
    commit(folder, files or {"a.txt": "one\n", "sub/b.txt": "two\n", ".gitignore": "*.log\nbuild/\n.env\n"})
    return folder


def commit(folder: Path, files: Mapping[str, str], message: str = "work") -> str:
    """Write files and commit them; returns the commit."""
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        git(folder, "add", "-f", "--", name)
    git(folder, "commit", "-q", "--allow-empty", "-m", message)
    return git(folder, "rev-parse", "HEAD")


def _replace(file: Path, content: str) -> None:
    """Write a file in one piece, because the process may be killed at any time."""
    new = file.with_suffix(".new")
    new.write_text(content)
    new.replace(file)


class FileJournal:
    """A journal in a file, so that a process that dies leaves its intents behind."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.steps: list[tuple[Step, str]] = []

    def _open(self) -> list[list[str]]:
        return list(json.loads(self._file.read_text())) if self._file.exists() else []

    @asynccontextmanager
    async def step(self, step: Step, subject: str, **detail: str) -> AsyncIterator[None]:
        """Write the intent, let the body act, take the intent back."""
        self.steps.append((step, subject))
        _replace(self._file, json.dumps([*self._open(), [step.value, subject]]))
        failpoints.reach(f"{step.value}:before")
        yield
        failpoints.reach(f"{step.value}:after")
        _replace(self._file, json.dumps([one for one in self._open() if one != [step.value, subject]]))

    async def open_steps(self, subject: str) -> Sequence[Step]:
        """Return what was begun and not ended."""
        return [Step(step) for step, whose in self._open() if whose == subject]


class FileRecords:
    """Records in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    async def all(self) -> Mapping[str, Record]:
        """Return the records by agent."""
        if not self._file.exists():
            return {}
        rows = json.loads(self._file.read_text())
        return {name: Record(name, Path(path), branch) for name, (path, branch) in rows.items()}

    async def put(self, record: Record) -> None:
        """Remember."""
        self._save({**await self.all(), record.agent: record})

    async def drop(self, agent: str) -> None:
        """Forget."""
        self._save({name: one for name, one in (await self.all()).items() if name != agent})

    def _save(self, records: Mapping[str, Record]) -> None:
        _replace(self._file, json.dumps({name: (str(one.path), one.branch) for name, one in records.items()}))


class Rig:
    """A repository, a folder for worktrees, and the port over both."""

    def __init__(
        self,
        folder: Path,
        repo: Repository,
        *,
        timeout: float = 60.0,
        hooks: bool = False,
        setup_timeout: float = 20.0,
    ) -> None:
        self.folder = folder
        self.repo = repo.root
        self.repository = repo
        self.root = folder / "trees"
        self.journal = FileJournal(folder / "journal.json")
        self.records = FileRecords(folder / "records.json")
        self.git = Git(
            repo.root, timeout=timeout, hooks=hooks, env={"GIT_CONFIG_NOSYSTEM": "1", "HOME": "/nonexistent"}
        )
        self.events: list[Event] = []
        self.port = GitWorktrees(
            repo,
            CONSTELLATION,
            self.root,
            git=self.git,
            journal=self.journal,
            records=self.records,
            paths=Paths(folder / "home"),
            clock=SystemClock(),
            checkouts=asyncio.Semaphore(2),
            setup_timeout=setup_timeout,
        )

    @classmethod
    async def over(cls, folder: Path, repo: Path, **options: Any) -> "Rig":
        """Build the rig in `folder` over the repository at `repo`."""
        (folder / "home" / "logs").mkdir(parents=True, exist_ok=True)
        (folder / "home").chmod(0o700)
        return cls(folder, await repository.find(repo), **options)

    def agent(
        self, name: str = "worker", *, base: str = "auto", branch: str = "", **spec: Any
    ) -> DesiredAgent:
        """Declare an agent."""
        path = self.root / name
        return DesiredAgent(
            name, path, branch or f"agents/{name}", base, None, Agent(command=("true",), **spec), ""
        )

    async def look(self, agent: DesiredAgent) -> WorktreeLook:
        """Look at one agent."""
        return (await self.port.look([agent]))[agent.name]

    async def facts(self, agent: DesiredAgent) -> WorktreeFacts:
        """Return what lies at the agent's worktree; it must be there."""
        found = (await self.look(agent)).worktree
        assert isinstance(found, There), found
        return found.value

    async def create(
        self, agent: DesiredAgent | None = None, *, env: Mapping[str, str] | None = None
    ) -> Path:
        """Create an agent's worktree as apply does; returns its folder."""
        agent = agent or self.agent()
        await self.port.take_back([agent])
        seen = await self.look(agent)
        if isinstance(seen.branch, There):
            await self.port.register(agent, seen.branch.value.commit, new_branch=False)
        else:
            assert isinstance(seen.base, There), seen.base
            await self.port.register(agent, seen.base.value, new_branch=True)
        await self.port.fill(agent)
        await self.port.finish(agent, env or {"PATH": os.environ["PATH"]}, self.events.append)
        return Path(agent.path)


def contents(folder: Path) -> dict[str, tuple[str, int, bytes]]:
    """Return every file and link below a folder but git's own: kind, mode and bytes."""
    found: dict[str, tuple[str, int, bytes]] = {}
    for where, folders, names in os.walk(folder):
        folders[:] = [one for one in folders if one != ".git"]
        for name in (*names, *(one for one in folders if Path(where, one).is_symlink())):
            file = Path(where, name)
            if name == ".git":
                continue
            key = os.path.relpath(file, folder)
            if file.is_symlink():
                found[key] = ("link", 0, os.readlink(os.fsencode(file)))  # noqa: PTH115 - a Path would change the bytes
            else:
                found[key] = ("file", file.stat().st_mode & 0o7777, file.read_bytes())
    return found
