"""A fresh clone of this very tree with state of its own: what a stranger has after `git clone`.

The files are those that git would track, as they are on disk now, so a test judges the change being made.
"""

import os
import shutil
import socket
import subprocess
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.leftovers import end_leftovers

ROOT = Path(__file__).resolve().parents[1]
"""The checkout that the tests run in."""

_KEPT_NAMES = ("LANG", "TMPDIR", "SYSTEMROOT")
"""What a clone's environment takes over; beside them only what measures coverage."""


EXAMPLE = "constellation.example.yaml"
_EXAMPLE_PORTS = ("18480", "18481", "18482", "18483", "18484")


def tracked_files(root: Path = ROOT) -> list[str]:
    """Return the files that git tracks or would track, relative to `root`."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return sorted(name for name in listing.split("\0") if name and (root / name).is_file())


@dataclass(frozen=True)
class Clone:
    """A clone, and the environment in which its commands run."""

    repo: Path
    env: Mapping[str, str]

    def run(
        self, *argv: str, timeout: float = 120, status: int | None = 0
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the clone; `status` is the exit status that is asserted, None for any."""
        done = subprocess.run(
            argv,
            cwd=self.repo,
            env=dict(self.env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        said = f"{' '.join(argv)} exited {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert status is None or done.returncode == status, said
        return done


def clone_tree(folder: Path) -> Clone:
    """Clone the tree into `folder`, with a home and a state folder beside it."""
    origin, repo, home = folder / "origin", folder / "constellagent", folder / "home"
    for name in tracked_files():
        target = origin / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)
    home.mkdir()
    env = {
        "PATH": f"{sysconfig.get_path('scripts')}:{os.environ['PATH']}",
        "HOME": str(home),
        "CONSTELLAGENT_HOME": str(home / "state"),
        "GIT_CONFIG_NOSYSTEM": "1",
        **{
            name: value for name, value in os.environ.items() if name in _KEPT_NAMES or name.startswith("COV")
        },
    }
    person = ["-c", "user.name=A Stranger", "-c", "user.email=stranger@example.com"]
    for command in (
        ["init", "-q", "-b", "main"],
        ["add", "."],
        [*person, "commit", "-q", "-m", "Everything"],
    ):
        subprocess.run(["git", *command], cwd=origin, env=env, check=True)
    subprocess.run(["git", "clone", "-q", str(origin), str(repo)], env=env, check=True)
    return Clone(repo, env)


def free_the_port(clone: Clone) -> None:
    """Give the example's services ports that are free here, so that two test runs do not meet."""
    file = clone.repo / EXAMPLE
    text = file.read_text(encoding="utf-8")
    with ExitStack() as stack:
        for declared in _EXAMPLE_PORTS:
            probe = stack.enter_context(socket.socket())
            probe.bind(("127.0.0.1", 0))
            text = text.replace(declared, str(probe.getsockname()[1]))
    file.write_text(text, encoding="utf-8")


@contextmanager
def lived_in(clone: Clone) -> Iterator[Clone]:
    """Use a clone, and end its daemon and all its sessions at the end; nothing of them may be left."""
    try:
        yield clone
    finally:
        clone.run("constellagent", "daemon", "stop", "--sessions", "--yes", timeout=60, status=None)
        left = end_leftovers(Path(clone.env["CONSTELLAGENT_HOME"]) / "sessions")
    assert not left, f"processes outlived `daemon stop --sessions`: {left}"
