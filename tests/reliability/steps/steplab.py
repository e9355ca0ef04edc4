"""A laboratory whose daemon dies at a point that is named, and is put back to where it stood before."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from constellagent.errors import ConstellagentError, UnavailableError
from constellagent.faces.blocking import BlockingClient
from constellagent.faces.launching import LOST_THE_RACE, owner
from constellagent.failpoints import TOLD, VARIABLE
from constellagent.runtime.paths import Paths
from tests.reliability.lab import Lab, git, wait_for
from tests.reliability.steps.acknowledged import Acknowledged
from tests.reliability.steps.forks import Fork, Forks
from tests.reliability.steps.receiver import Receiver, receiving
from tests.reliability.steps.zygote import TRACE

_TRIES = 5


class Died(Exception):  # noqa: N818 - it is what a test waits for, and no error
    """The daemon is gone: whoever asked it for something does not know what became of it."""


@dataclass
class StepLab(Lab):
    """A `Lab` whose commands and daemons are forks.

    Attributes:
        receiver: to whom events may be posted; it is there as long as the lab.
        acknowledged: what was acknowledged since everything was put back.
    """

    forks: Forks = field(default_factory=Forks)
    receiver: Receiver = field(init=False)
    acknowledged: Acknowledged = field(init=False, default_factory=Acknowledged)
    daemon: Fork | None = field(init=False, default=None)
    armed: bool = field(init=False, default=False)
    _posts: ExitStack = field(init=False, default_factory=ExitStack)

    def __enter__(self) -> Self:
        """Create folder, repository and file."""
        super().__enter__()
        self.said.mkdir()
        self.receiver = self._posts.enter_context(receiving())
        return self

    def __exit__(self, *_: object) -> None:
        """End everything."""
        with self._posts:
            self.down()
            super().__exit__(*_)

    @property
    def said(self) -> Path:
        """Where the forks' words go."""
        return self.folder / "said"

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of the lab's forks: no daemon that they start fails on purpose."""
        return super().environment(**{VARIABLE: "", **more})

    def up(self, fault: str = "", **env: str) -> None:
        """Start a daemon that fails there, and wait until it answers or has died.

        A command whose daemon died starts another one, as commands do; it makes room.
        """
        self.armed = bool(fault)
        if fault:
            self._faults.unlink(missing_ok=True)
            env[TOLD] = str(self._faults)
        environ = self.environment(**{VARIABLE: fault}, **env)
        for _ in range(_TRIES):
            self.down()
            self.daemon = self.forks.start(("daemon", "run"), environ, self.folder, self.said)
            wait_for(lambda: self._gone() or self._answers(), "the daemon to answer")
            if self.daemon.status() != LOST_THE_RACE:
                return
        raise AssertionError("another daemon is always there first")

    def down(self) -> None:
        """Kill the daemon, whoever started it."""
        while self.kill_daemon():
            pass
        self.daemon = None

    def faults(self) -> list[str]:
        """Return the points at which what was asked for last has happened, in any process."""
        return self._faults.read_text().split() if self._faults.exists() else []

    def died(self, seconds: float) -> int | None:
        """Return the exit status of the daemon, once it has died; None where it lives on."""
        assert self.daemon is not None
        return self.daemon.wait(seconds)

    def do(self, *args: str, check: int | None = 0, **env: str) -> str:
        """Run a command; returns what it printed.

        Raises:
            Died: the daemon died of it, or had died before.
        """
        status, fork = self._tried(args, env)
        if check is not None and status != check:
            said = f"{fork.out.read_text()}\n{fork.err.read_text()}\n{self.daemon_log()}"
            raise AssertionError(f"{' '.join(args)}: exit {status}, wanted {check}\n{said}")
        return fork.out.read_text()

    def tried(self, *args: str) -> bool:
        """Run a command that may be refused; says whether it was done.

        Raises:
            Died: the daemon died of it, or had died before.
        """
        return self._tried(args, {})[0] == 0

    def ask(self, *args: str) -> Any:
        """Run a reading command with --json and return what it printed."""
        return json.loads(self.do(*args, "--json"))

    def run(self, *args: str, check: int | None = 0, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, as every lab does."""
        return subprocess.CompletedProcess(args, 0, self.do(*args, check=check, **env), "")

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait for something that the daemon does.

        Raises:
            Died: the daemon is gone.
        """
        wait_for(lambda: self._gone() or condition(), what)
        if self._gone():
            raise Died

    def traced(self) -> list[str]:
        """Return the points that were reached by a daemon that was started with a trace."""
        place = self.folder / "trace"
        return place.read_text().split() if place.exists() else []

    @contextmanager
    def tracing(self) -> Iterator[None]:
        """Let a daemon write down what it reaches."""
        (self.folder / "trace").unlink(missing_ok=True)
        self.up(**{TRACE: str(self.folder / "trace")})
        yield
        self.down()

    def daemon_log(self) -> str:
        """Return the end of what the daemon said."""
        return self.daemon.err.read_text(errors="replace")[-4000:] if self.daemon else ""

    def daemon_pid(self) -> int | None:
        """Return the pid of the daemon that runs, whoever started it."""
        return owner(Paths(self.home))

    def end(self) -> None:
        """End the daemon, and all that it started."""
        self.down()
        self.kill_all()

    def keep(self, name: str) -> None:
        """Remember everything on disk as it is now, by that name; the daemon is ended."""
        self.down()
        for folder in self._folders():
            if folder.exists():
                shutil.copytree(folder, self.folder / name / folder.name, symlinks=True, ignore=_sockets)

    def restore(self, name: str) -> None:
        """End what runs, and bring everything on disk back to where it was kept."""
        self.end()
        for folder in self._folders():
            shutil.rmtree(folder, ignore_errors=True)
            if (self.folder / name / folder.name).exists():
                shutil.copytree(self.folder / name / folder.name, folder, symlinks=True)
        (self.folder / "told.txt").unlink(missing_ok=True)
        self.acknowledged.forget()
        self.receiver.forget()

    def laws(self) -> None:
        """Assert what is true whatever died: nothing orphaned, doubled, locked, or told wrongly."""
        live = {
            agent["session"]["id"] for view in self.ask("status") for agent in view["agents"] if _lives(agent)
        }
        wait_for(lambda: self.sessions() <= live | self.runs(), f"no orphans, {self.tree()} {live}")
        names = self.identities()
        assert len(names) == len(set(names)), names
        assert self.locks() == []
        git(self.repo, "fsck", "--no-dangling", "--no-progress")
        self.do("audit", "verify")

    def runs(self) -> set[str]:
        """Return the sessions of runs that go on."""
        return set()

    def tree_of(self, agent: str) -> Path:
        """The worktree of an agent."""
        return self.folder / "repo.worktrees" / agent

    def change(self, method: str, request: dict[str, object]) -> Any:
        """Ask the daemon as the page does.

        Raises:
            Died: the daemon is gone.
        """
        try:
            with self.client() as client:
                asked = client.browse if method == "browse" else client.change
                whole: Any = {"file": str(self.file), "agent": "ada", **request}
                return asked(whole)
        except UnavailableError as error:
            raise Died from error

    def client(self) -> BlockingClient:
        """Connect to the daemon."""
        return BlockingClient.connect(Paths(self.home).control_socket)

    @property
    def _faults(self) -> Path:
        return self.folder / "faults"

    def _tried(self, args: tuple[str, ...], env: dict[str, str]) -> tuple[int, Fork]:
        if self._gone():
            raise Died
        fork = self.forks.start(args, self.environment(**env), self.repo, self.said)
        status = fork.wait()
        if status is None:
            raise AssertionError(f"{args} does not end")
        if self.armed and (status == 69 or self._gone()):
            raise Died
        return status, fork

    def _folders(self) -> tuple[Path, ...]:
        return (self.home, self.repo, self.folder / "repo.worktrees", self.folder / "origin")

    def _answers(self) -> bool:
        try:
            self.client().close()
        except ConstellagentError:
            return False
        return True

    def _gone(self) -> bool:
        return self.daemon is None or self.daemon.status() is not None


def _sockets(folder: str, names: list[str]) -> list[str]:
    """Return what cannot be copied, and what the next daemon makes anew."""
    return [name for name in names if Path(folder, name).is_socket()]


def _lives(agent: dict[str, Any]) -> bool:
    return bool(agent["session"] and agent["session"]["live"])
