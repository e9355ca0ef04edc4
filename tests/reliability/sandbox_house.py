"""A person's machine in small: a home with secrets, services, two constellations, and agents in sandboxes."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Self

import pytest

from constellagent.runtime.control import SessionView
from constellagent.runtime.paths import Paths
from constellagent.runtime.sandbox import places
from tests.e2e.place import Place
from tests.reliability.housed_daemon import BARE, MISSING, PERSON, WITHOUT
from tests.reliability.lab import git, wait_for

ROOT = Path(__file__).parents[2]
ORDINARY = 12345
"""A user that is nobody else's here."""
_FILES = ("rc", ".json", ".toml", ".yml", ".xml", ".properties", "_history", "credentials", "token", "hist")
_MORE = (".pgpass", ".boto", ".s3cfg", "-hsts", "info", ".cnf")
"""How the names of those hidden places end that are files."""
AGENT = "{{command: [sleep, '600'], sandbox: {{kind: bwrap, network: {network}}}}}"


class House(Place):
    """A place of a person with a home.

    Attributes:
        user: as whom everything runs.
    """

    def __init__(self, *, ordinary: bool = False) -> None:
        """Say whether everything runs as an ordinary user; only root can arrange that."""
        super().__init__(agents=0)
        self.user = ORDINARY if ordinary else os.getuid()
        self._open = ExitStack()
        self._daemon: subprocess.Popen[bytes] | None = None
        self._python = sys.executable

    def __enter__(self) -> Self:
        """Build it, outside of all folders of temporary files: those are hidden by another rule."""
        super().__enter__()
        shutil.rmtree(self.folder)
        ground = Path("/home") if os.getuid() == 0 else Path.home() / ".cache"
        ground.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix="ca-house-", dir=ground))
        self.folder.chmod(0o755)
        for repo in (self.repo, self.other):
            repo.mkdir()
            git(repo, "init", "-q", "-b", "main")
            git(repo, "config", "user.name", "Lab")
            git(repo, "config", "user.email", "lab@example.com")
            (repo / "README.md").write_text("# A project\n")
            git(repo, "add", "-A")
            git(repo, "commit", "-qm", "start")
        self._furnish()
        (self.other / "constellation.yaml").write_text(
            "version: 1\nname: other\nagents:\n  far: {command: [sleep, '600']}\n"
        )
        if self.user != os.getuid():
            self._python = _interpreter(self.folder / "python")
        self._own()
        return self

    def __exit__(self, *_: object) -> None:
        """End everything and remove it."""
        self.down()
        self._open.close()
        super().__exit__()

    @property
    def other(self) -> Path:
        """The repository of another constellation."""
        return self.folder / "other"

    @property
    def person(self) -> Path:
        """The person's home."""
        return self.folder / "person"

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of the person's commands and daemon."""
        return super().environment(**{PERSON: str(self.person), "HOME": str(self.person)} | more)

    def start(self, *args: str, **env: str) -> subprocess.Popen[str]:
        """Start a command as the person."""
        return subprocess.Popen(
            [*self._as_user(), self._python, "-m", "constellagent", *args],
            cwd=self.repo,
            env=self.environment(**env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def up(self, *, bare: bool = False, missing: bool = False, without: str = "") -> None:
        """Start the daemon, with nothing around sandboxed agents where it is `bare`."""
        self.down()
        more = {BARE: "1"} if bare else {}
        more |= {MISSING: "1"} if missing else {}
        more |= {WITHOUT: without} if without else {}
        Paths(self.home).logs.mkdir(parents=True, exist_ok=True)
        self._own()
        with Paths(self.home).daemon_log.open("ab") as log:
            self._daemon = subprocess.Popen(
                [*self._as_user(), self._python, "-m", "tests.reliability.housed_daemon"],
                cwd=ROOT,
                env=self.environment(**more),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_for(self._answers, "the daemon to answer")

    def down(self) -> None:
        """End the daemon; sessions go on."""
        if self._daemon is not None:
            self._daemon.send_signal(signal.SIGTERM)
            self._daemon.wait(30)
            self._daemon = None

    def settle(self, network: str = "host") -> None:
        """Declare and start the agents of both constellations, and make what the page keeps."""
        agent = AGENT.format(network=network)
        self.write(f"agents:\n  docs: {agent}\n  near: {agent}\n")
        self._own()
        self.run("apply", "--yes")
        self.run("apply", "--yes", "--file", str(self.other / "constellation.yaml"))
        self.run("token", "create", "canary")

    def verify(self, agent: str = "docs", check: int | None = None) -> dict[str, dict[str, Any]]:
        """Run the battery; returns its lines by name."""
        refs = self._refs()
        done = self.run("sandbox", "verify", agent, "--json", check=check)
        assert self._refs() == refs
        self.report = self._read(done.stdout, done.stderr)
        assert "lines" in self.report, f"{done.stdout}\n{done.stderr}\n{self.daemon_log()}"
        return {line["name"]: line for line in self.report["lines"]}

    def listen(self, place: Path) -> None:
        """Listen at a unix socket until the house is left."""
        listener = self._open.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        listener.bind(str(place))
        listener.listen()
        if not str(place).startswith("\0"):
            place.chmod(0o777)
            self._open.callback(place.unlink, missing_ok=True)

    def session(self, name: str = "docs") -> SessionView:
        """Return the newest session of an agent."""
        view: SessionView = self.view(name)["session"]
        return view

    def _refs(self) -> dict[str, bytes]:
        """Return the loose refs of the repository; git itself would not look at another user's."""
        folder = self.repo / ".git" / "refs"
        return {str(place): place.read_bytes() for place in folder.rglob("*") if place.is_file()}

    def _read(self, text: str, said: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(text)
        except ValueError as error:
            raise AssertionError(f"{text}\n{said}\n{self.daemon_log()}") from error
        return found

    def _furnish(self) -> None:
        """Put a secret into each place that holds some."""
        for name in places.HIDDEN:
            place = self.person / name
            place.parent.mkdir(parents=True, exist_ok=True)
            if name.endswith((*_FILES, *_MORE)):
                place.write_text("a secret\n")
            elif not place.is_dir():
                place.mkdir()
                (place / "canary").write_text("a secret\n")
        (self.person / ".gitconfig").write_text("[user]\n\tname = A Person\n\temail = person@example.com\n")

    def _own(self) -> None:
        if self.user != os.getuid():
            for place in (self.folder, *self.folder.rglob("*")):
                with suppress(FileNotFoundError):
                    os.chown(place, self.user, self.user, follow_symlinks=False)

    def _as_user(self) -> list[str]:
        user = str(self.user)
        if self.user == os.getuid():
            return []
        ids = ("--reuid", user, "--regid", user, "--clear-groups")
        return ["setpriv", *ids, "--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all", "--"]

    def _answers(self) -> bool:
        assert self._daemon is not None
        assert self._daemon.poll() is None, self.daemon_log()
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as near:
            try:
                near.connect(str(Paths(self.home).control_socket))
            except OSError:
                return False
        return True


def _interpreter(folder: Path) -> str:
    """Return an interpreter that every user may run, with all that this one has."""
    own = Path(sys.executable).resolve()
    if _open_to_all(own) and _open_to_all(Path(sys.prefix)):
        return sys.executable
    base = shutil.which(f"python3.{sys.version_info.minor}", path="/usr/local/bin:/usr/bin")
    if base is None:
        pytest.skip("no interpreter of this version that an ordinary user may run")
    subprocess.run([base, "-m", "venv", "--without-pip", str(folder)], check=True)
    (packages,) = folder.glob("lib/python3*/site-packages")
    (packages / "ours.pth").write_text(f"{sysconfig.get_path('purelib')}\n{ROOT}\n")
    return str(folder / "bin" / "python")


def _open_to_all(place: Path) -> bool:
    return all(folder.stat().st_mode & 0o001 for folder in (place, *place.parents))
