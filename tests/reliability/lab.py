"""A constellation in a laboratory: its own repository and state, the real commands, the laws to check.

Every process of a lab is found by the state folder in its environment or on its command line, so nothing
outside the lab is ever looked at twice or signalled.
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

ENV_KEPT = ("PATH", "HOME", "LANG", "COVERAGE_PROCESS_START")
DEADLINE = 30.0
LONGEST = 150.0
"""Seconds that a command may take: more than any that is told itself for how long to wait."""

AGENT = """
  agent-{n}:
    command: [sh, -c, "while :; do sleep 60; done"]
    branch: work/agent-{n}
    setup: [[sh, -c, "echo set up > setup-done.txt"]]
"""


def git(repo: Path, *args: str) -> str:
    """Run git in a repository of the lab and return what it printed."""
    env = {"PATH": os.environ["PATH"], "HOME": str(repo), "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(["git", *args], cwd=repo, env=env, check=True, capture_output=True, text=True)
    return done.stdout


@dataclass
class Lab:
    """One repository with `agents` declared agents, and one state folder."""

    agents: int = 8
    extra: str = ""
    folder: Path = field(init=False)

    def __enter__(self) -> Self:
        """Create folder, repository and file."""
        self.folder = Path(tempfile.mkdtemp(prefix="ca-lab-", dir="/tmp"))
        self.repo.mkdir()
        git(self.repo, "init", "-q", "-b", "main")
        git(self.repo, "config", "user.name", "Lab")
        git(self.repo, "config", "user.email", "lab@example.com")
        for number in range(40):
            (self.repo / f"file-{number}.txt").write_text(f"line {number}\n" * 50)
        (self.repo / ".gitignore").write_text("*.log\n")
        self.declare(self.agents)
        git(self.repo, "add", "-A")
        git(self.repo, "commit", "-qm", "start")
        return self

    def __exit__(self, *_: object) -> None:
        """End everything that the lab started, then remove it."""
        self.kill_all()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def repo(self) -> Path:
        """The main checkout."""
        return self.folder / "repo"

    @property
    def home(self) -> Path:
        """The state folder."""
        return self.folder / "home"

    @property
    def file(self) -> Path:
        """The constellation's file."""
        return self.repo / "constellation.yaml"

    def worktree(self, number: int) -> Path:
        """The worktree of one agent."""
        return self.folder / "repo.worktrees" / f"agent-{number}"

    def declare(self, agents: int) -> None:
        """Write the file for so many agents."""
        blocks = "".join(AGENT.format(n=number) for number in range(agents))
        declared = f"agents:\n{blocks}{self.extra}" if blocks or self.extra else "agents: {}\n"
        self.file.write_text(f"version: 1\nname: lab\n{declared}")

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of the lab's commands."""
        kept = {name: os.environ[name] for name in ENV_KEPT if name in os.environ}
        return {**kept, "CONSTELLAGENT_HOME": str(self.home), "NO_COLOR": "1", **more}

    def start(self, *args: str, **env: str) -> subprocess.Popen[str]:
        """Start a command."""
        return subprocess.Popen(
            [sys.executable, "-m", "constellagent", *args],
            cwd=self.repo,
            env=self.environment(**env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *args: str, check: int | None = 0, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; `check` is the exit code that it must have, None for any."""
        process = self.start(*args, **env)
        out, err = process.communicate(timeout=LONGEST)
        if check is not None and process.returncode != check:
            said = f"{out}\n{err}\n{self.daemon_log()}"
            raise AssertionError(f"{' '.join(args)}: exit {process.returncode}, wanted {check}\n{said}")
        return subprocess.CompletedProcess(args, process.returncode, out, err)

    def json(self, *args: str, **env: str) -> Any:
        """Run a reading command with --json and return what it printed."""
        return json.loads(self.run(*args, "--json", check=0, **env).stdout)

    def daemon_log(self) -> str:
        """Return the end of the daemon's log."""
        log = self.home / "logs" / "daemon.log"
        return log.read_text(errors="replace")[-4000:] if log.exists() else ""

    def daemon_pid(self) -> int | None:
        """Return the pid of the lab's daemon, found in the process table."""
        wanted = os.fsencode(f"CONSTELLAGENT_HOME={self.home}")
        alike = {
            pid
            for pid in _pids()
            if b"daemon\0run" in _read(pid, "cmdline") and wanted in _read(pid, "environ").split(b"\0")
        }
        # What it starts looks like it until it has become its program.
        return next((pid for pid in alike if _parent(pid) not in alike and _alive(pid)), None)

    def kill_daemon(self) -> bool:
        """Kill the daemon and the git commands below it, as a power cut would; says whether there was one."""
        pid = self.daemon_pid()
        if pid is None:
            return False
        gits = [child for child in _descendants(pid) if b"git" in _read(child, "cmdline").split(b"\0")[0]]
        for victim in (pid, *gits):
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
        wait_for(lambda: not _alive(pid), "the daemon to be dead")
        return True

    def tree(self) -> dict[int, str]:
        """Return all live processes of the lab except daemons and commands: holders and agents."""
        marks = (os.fsencode(str(self.home)), os.fsencode(str(self.folder / "repo.worktrees")))
        sessions = self.home / "sessions"
        ids = [entry.name.encode() for entry in sessions.iterdir()] if sessions.is_dir() else []
        found: dict[int, str] = {}
        for pid in _pids():
            if pid == os.getpid() or not _alive(pid):
                continue
            line = _read(pid, "cmdline")
            if b"-m\0constellagent" in line:
                continue
            environ = _read(pid, "environ")
            if any(mark in environ for mark in marks) or any(session in line for session in ids):
                found[pid] = line.replace(b"\0", b" ").decode(errors="replace")
        return found

    def sessions(self) -> set[str]:
        """Return the ids of sessions that the process table shows."""
        ids: set[str] = set()
        for pid in _pids():
            for part in _read(pid, "environ").split(b"\0"):
                if part.startswith(b"CONSTELLAGENT_SESSION=") and pid in self.tree():
                    ids.add(part.partition(b"=")[2].decode())
        return ids

    def kill_all(self) -> None:
        """End every process of the lab, also a daemon that one which was dying had just started."""
        while self.kill_daemon():
            pass
        for _ in range(50):
            victims = self.tree()
            if not victims:
                return
            for pid in victims:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)

    def kill_holder(self, session: str) -> None:
        """Kill the holder of one session."""
        status = json.loads((self.home / "sessions" / session / "status.json").read_text())
        os.kill(status["holder_pid"], signal.SIGKILL)

    def adoption_seconds(self) -> str:
        """Return how long the newest daemon took to adopt, as it logged it."""
        log = (self.home / "logs" / "daemon.log").read_text(errors="replace")
        said = re.findall(r"adopted \d+ sessions in ([0-9.]+) s", log)
        return str(said[-1])

    def identities(self) -> list[str]:
        """Return the names of all identities that the local provider has, archived ones too."""
        database = self.home / "ravi" / "provider.db"
        if not database.exists():
            return []
        with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            return [name for (name,) in connection.execute("SELECT name FROM identities ORDER BY name")]

    def locks(self) -> list[Path]:
        """Return git's lock files in the repository (`locked` files of worktrees are ours and stay)."""
        folders = os.walk(self.repo / ".git")  # which passes over folders that go meanwhile
        files = (Path(folder, name) for folder, _, names in folders for name in names)
        return [file for file in files if file.suffix == ".lock"]

    def check(self) -> None:
        """Assert that the world is as declared, once each, with nothing left over."""
        status = self.json("status")
        (view,) = status
        going = {agent["name"]: agent["session"]["live"] for agent in view["agents"]}
        assert going == {f"agent-{n}": True for n in range(self.agents)}, going
        live = {agent["session"]["id"] for agent in view["agents"]}
        assert self.sessions() == live
        holders = [line for line in self.tree().values() if "holder/__main__.py" in line]
        assert len(holders) == len(live), holders
        assert self.identities() == sorted(f"agent-{n}" for n in range(self.agents))
        assert self.locks() == []
        names = git(self.repo, "worktree", "list", "--porcelain").count("worktree ")
        assert names == self.agents + 1
        git(self.repo, "fsck", "--no-dangling")
        for number in range(self.agents):
            untracked = set(git(self.worktree(number), "status", "--porcelain").splitlines())
            assert untracked - {"?? precious.txt"} == {"?? setup-done.txt"}
            assert (self.worktree(number) / ".ravi" / "config.json").is_file()


def manifest(folder: Path) -> dict[str, str]:
    """Return the digest of every file below `folder`, by relative path."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def wait_for(condition: Any, what: str, seconds: float = DEADLINE) -> None:
    """Return once `condition()` holds; fails with `what` where it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s in vain for {what}")
        time.sleep(0.01)


def queues(*pids: int) -> dict[Path, int]:
    """Return for how long each thread of these has been ready to run and did not, in nanoseconds."""
    found: dict[Path, int] = {}
    for pid in pids:
        for file in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it ended since it was listed
                found[file] = int(file.read_text().split()[1])
    return found


def starved(before: dict[Path, int], now: dict[Path, int]) -> float:
    """Return for how many seconds between two looks at `queues` the thread waited that waited longest."""
    return max((waited - before.get(file, waited) for file, waited in now.items()), default=0) / 1e9


def state_of(pid: int) -> str:
    """Return the letter of a process's state, "" where there is none."""
    return _read(pid, "stat").rpartition(b") ")[2][:1].decode()


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def _alive(pid: int) -> bool:
    state = _read(pid, "stat").rpartition(b") ")[2][:1]
    return state not in {b"", b"Z", b"X"}


def _parent(pid: int) -> int:
    fields = _read(pid, "stat").rpartition(b") ")[2].split()
    return int(fields[1]) if fields else 0


def _descendants(pid: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for child in _pids():
        fields = _read(child, "stat").rpartition(b") ")[2].split()
        if fields:
            parents.setdefault(int(fields[1]), []).append(child)
    found, queue = [], [pid]
    while queue:
        children = parents.get(queue.pop(), [])
        found += children
        queue += children
    return found
