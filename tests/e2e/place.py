"""A laboratory in which any file and any repository can stand, and what tests of whole commands ask it."""

import contextlib
import os
import subprocess
import textwrap
from pathlib import Path
from typing import Any

from tests.reliability.lab import Lab, _pids, _read, git, wait_for

SLEEPER = '{command: [sleep, "600"]}'
"""An agent that runs until it is stopped."""


class Place(Lab):
    """A lab with a file of the test's own choosing."""

    def write(self, text: str) -> None:
        """Write the constellation's file, without committing it; the constellation is named `lab`."""
        self.file.write_text(f"version: 1\nname: lab\n{textwrap.dedent(text)}")

    def agent(self, block: str = SLEEPER, *, name: str = "docs", more: str = "") -> None:
        """Declare one agent."""
        self.write(f"{textwrap.dedent(more)}\nagents:\n  {name}: {block}\n")

    def tree_of(self, name: str = "docs") -> Path:
        """Return where the worktree of an agent is declared to be."""
        return self.folder / "repo.worktrees" / name

    def lines(self, *args: str, **env: str) -> list[str]:
        """Return the lines of the plan."""
        return self.run("plan", *args, check=0, **env).stdout.splitlines()

    def settled(self) -> None:
        """Assert that nothing is left to do."""
        self.run("plan", "--detailed-exitcode")

    def view(self, name: str = "docs") -> dict[str, Any]:
        """Return how `status` shows one agent or service."""
        (view,) = self.json("status")
        rows = [*view["agents"], *view["services"]]
        return next(row for row in rows if row["name"] == name)

    def commands(self, verb: str) -> list[int]:
        """Return the pids of commands of this place that run now."""
        home = os.fsencode(f"CONSTELLAGENT_HOME={self.home}")
        begin = b"-m\0constellagent\0" + os.fsencode(verb) + b"\0"
        return [
            pid
            for pid in _pids()
            if begin in _read(pid, "cmdline") and home in _read(pid, "environ").split(b"\0")
        ]

    def waits_for(self, file: Path) -> str:
        """Wait until an agent wrote a file in one piece, and return what it holds."""
        wait_for(file.exists, f"{file} to be written")
        return file.read_text()


def commit(repo: Path, files: dict[str, str], message: str = "more") -> None:
    """Commit these files."""
    for name, content in files.items():
        path = repo / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", message)


def holding(folder: Path, wanted: bytes) -> list[Path]:
    """Return the files below a folder that hold some bytes; looks again where a file goes away meanwhile."""
    while True:
        with contextlib.suppress(FileNotFoundError):
            return [path for path in folder.rglob("*") if path.is_file() and wanted in path.read_bytes()]


def git_quietly(repo: Path, *args: str) -> None:
    """Run plain git as a person does, whatever comes of it."""
    env = {"PATH": os.environ["PATH"], "HOME": str(repo), "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(
        ["git", *args], cwd=repo, env=env, check=False, capture_output=True, stdin=subprocess.DEVNULL
    )


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """Assert that a failure is told in words, with what to do, and without a traceback."""
    said = done.stdout + done.stderr
    assert "Traceback" not in said, said
    for word in words:
        assert word in said, f"{word!r} is missing in:\n{said}"
