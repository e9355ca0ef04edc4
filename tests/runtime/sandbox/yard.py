"""A repository with two agents' worktrees, a person, and our state: what sandboxes are made over."""

import os
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from constellagent.plan.desired import DesiredAgent
from constellagent.ravi.private_files import write_private
from constellagent.runtime.paths import Paths, private_folder
from constellagent.runtime.sandbox.ground import Ground
from constellagent.runtime.sandbox.sandboxes import Sandboxes, Shelter, Stay
from constellagent.runtime.worktrees import marker
from constellagent.runtime.worktrees.marker import Marker
from constellagent.spec.models import Agent
from constellagent.spec.sandbox import Sandbox

CONSTELLATION = "c0ffee"


def git(folder: Path, *args: str) -> str:
    """Run git as a person would, without that person's configuration."""
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    done = subprocess.run(["git", *args], cwd=folder, env=env, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@dataclass
class Yard:
    """The places of one test.

    Attributes:
        folder: all of it lies below.
        sandboxes: over this state, repository and person.
    """

    folder: Path
    sandboxes: Sandboxes

    @classmethod
    def build(cls, folder: Path) -> "Yard":
        """Make everything in an empty folder."""
        folder = folder.resolve()
        for name in ("repo", "person", "trees"):
            (folder / name).mkdir()
        yard = cls(
            folder,
            Sandboxes(Paths(folder / "home"), lambda: _only(folder / "trees"), None, folder / "person"),
        )
        yard.paths.create()
        git(yard.repo, "init", "-q", "-b", "main")
        git(yard.repo, "config", "user.email", "someone@example.com")
        git(yard.repo, "config", "user.name", "Someone")
        (yard.repo / "file").write_text("one\n")
        git(yard.repo, "add", ".")
        git(yard.repo, "commit", "-qm", "one")
        for name in ("one", "two"):
            git(yard.repo, "worktree", "add", "-q", "--lock", "-b", f"agents/{name}", str(yard.tree(name)))
            known = Marker(CONSTELLATION, name, filled=True, complete=True)
            marker.write(yard.admin(name), known)
        return yard

    @property
    def paths(self) -> Paths:
        """Our state."""
        return Paths(self.folder / "home")

    @property
    def repo(self) -> Path:
        """The main checkout."""
        return self.folder / "repo"

    @property
    def common(self) -> Path:
        """Git's folder of the repository."""
        return self.repo / ".git"

    @property
    def person(self) -> Path:
        """The home folder of the person."""
        return self.folder / "person"

    def tree(self, name: str = "one") -> Path:
        """Return an agent's worktree."""
        return self.folder / "trees" / name

    def admin(self, name: str = "one") -> Path:
        """Return git's folder of an agent's worktree."""
        return self.common / "worktrees" / name

    def agent(self, name: str = "one", **sandbox: Any) -> DesiredAgent:
        """Declare an agent in a sandbox."""
        declared = Sandbox(**{"kind": "bwrap", **sandbox})
        spec = Agent(command=("true",), sandbox=declared)
        return DesiredAgent(name, self.tree(name), f"agents/{name}", "auto", None, spec, "")

    def stay(self, **changes: Any) -> Stay:
        """Return a stay of the agent `one`; `said` is what its file says of the sandbox."""
        agent = self.agent(**changes.pop("said", {}))
        env = {"PATH": os.environ["PATH"]}
        return replace(Stay(CONSTELLATION, agent, self.tree(), self.common, env=env), **changes)

    async def ground(self, **changes: Any) -> Ground:
        """Return the ground of a stay."""
        return await self.sandboxes.ground(self.stay(**changes))

    async def shelter(self, **changes: Any) -> Shelter:
        """Return what goes around a program, with its description written down."""
        stay = self.stay(**changes)
        folder = self.paths.sessions / (stay.session or "setup")
        private_folder(folder)
        shelter = await self.sandboxes.around(stay, folder)
        for name, text in shelter.files.items():
            write_private(folder, name, text.encode())
        return shelter

    def env(self, shelter: Shelter) -> dict[str, str]:
        """Return the environment of a program in the sandbox."""
        who = {
            f"GIT_{role}_{what}": "one@example.com"
            for role in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        }
        return {"PATH": os.environ["PATH"], "HOME": str(self.person), **who, **shelter.env}

    def run(self, shelter: Shelter, *argv: str, **options: Any) -> "subprocess.CompletedProcess[str]":
        """Run a program in the sandbox."""
        return subprocess.run(
            [*shelter.prefix, *argv],
            cwd=self.tree(),
            env=self.env(shelter),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            **options,
        )

    def shell(self, shelter: Shelter, script: str) -> "subprocess.CompletedProcess[str]":
        """Run a line of shell in the sandbox."""
        return self.run(shelter, "/bin/sh", "-c", script)


async def _only(*roots: Path) -> tuple[Path, ...]:
    return roots
