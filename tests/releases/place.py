"""Where the state of an earlier release lies while a test uses it, and how it gets there and back into text.

State is of its place: a constellation's id and what is sealed in the state are derived from the path of its
file. So kept states all come from one place, are put back there, and one test at a time has it.
"""

import base64
import contextlib
import fcntl
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from tests.reliability.lab import Lab, git, wait_for

KEPT = Path(__file__).resolve().parent.parent / "data" / "releases"
"""One folder for each state that is kept."""
FOLDER = Path("/tmp/constellagent-kept")
"""The one place of all kept states."""
VALUE = "a value from the shell"
"""What the shell of the one who applied had in `KEPT_VALUE`."""
DATABASES = {"state": "state.db", "provider": "ravi/provider.db"}
_MADE_ANEW = ("bin", "run", "locks", "logs")
_REBUILT = {"index", "logs", "refs", "ORIG_HEAD"}
_ELSEWHERE = "00000000-0000-0000-0000-000000000000"
"""Stands for the boot in which the kept sessions ran."""


def names() -> list[str]:
    """Return the kept states, the oldest first."""
    found = [folder.name for folder in KEPT.iterdir() if (folder / "facts.json").exists()]
    return sorted(found, key=lambda name: tuple(version_of(name).values()))


def version_of(name: str) -> dict[str, int]:
    """Return the versions of the databases of a kept state, as its facts say."""
    versions: dict[str, int] = facts_of(name)["versions"]
    return versions


def facts_of(name: str) -> dict[str, Any]:
    """Return what was true of a state when it was kept."""
    found: dict[str, Any] = json.loads((KEPT / name / "facts.json").read_text())
    return found


class Place(Lab):
    """A lab in the one place of kept states; commands may be those of another release.

    Attributes:
        package: the folder with the package whose commands are run, None for this one.
    """

    package: Path | None = None

    def __enter__(self) -> Self:
        """Wait until no other test has the place, and clear it."""
        self._lock = os.open(f"{FOLDER}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.folder = FOLDER
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(mode=0o700)
        (FOLDER / "user").mkdir()
        return self

    def __exit__(self, *_: object) -> None:
        """End all that runs there, clear the place and leave it to the next."""
        super().__exit__()
        os.close(self._lock)

    def environment(self, **more: str) -> dict[str, str]:
        """Return an environment that is the same on every machine."""
        fixed = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": f"{FOLDER}/user"}
        package = {"PYTHONPATH": str(self.package)} if self.package else {}
        return super().environment(**fixed, **package, **more)

    def kill_everything(self) -> None:
        """End the daemon and all sessions as a power cut would."""
        self.kill_all()
        wait_for(lambda: not self.tree(), "everything to be dead")

    def dump(self, name: str, facts: dict[str, Any]) -> Path:
        """Write what lies here as text below `KEPT`; nothing may run any more."""
        target = KEPT / name
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for short, file in DATABASES.items():
            (target / f"{short}.sql").write_text(as_sql(self.home / file))
        (target / "repo.export").write_text(git(self.repo, "fast-export", "--all"))
        files = {str(path.relative_to(FOLDER)): _packed(path) for path in (*self._state(), *self._work())}
        for short, content in {"files": files, "facts": facts}.items():
            text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False)
            (target / f"{short}.json").write_text(f"{text}\n")
        return target

    def _state(self) -> Iterator[Path]:
        """Yield the files of the state that are kept as they are."""
        databases = {f"{file}{end}" for file in DATABASES.values() for end in ("", "-wal", "-shm")}
        for path in sorted(self.home.rglob("*")):
            inside = path.relative_to(self.home)
            if path.is_file() and inside.parts[0] not in _MADE_ANEW and str(inside) not in databases:
                yield path

    def _work(self) -> Iterator[Path]:
        """Yield what git's export leaves out: how worktrees are registered, and what is not committed."""
        for path in sorted((self.repo / ".git").rglob("*")):
            inside = path.relative_to(self.repo / ".git")
            kept = inside.parts[0] == "worktrees" or str(inside) in {"config", "info/exclude"}
            if path.is_file() and kept and not _REBUILT & set(inside.parts):
                yield path
        for line in git(self.repo, "worktree", "list", "--porcelain").splitlines():
            worktree = Path(line.partition("worktree ")[2])
            if line.startswith("worktree ") and worktree != self.repo:
                listed = git(worktree, "ls-files", "-z", "--others")
                yield from (worktree / inside for inside in listed.split("\0") if inside)

    def restore(self, name: str) -> dict[str, Any]:
        """Put a kept state back where it was made, as if the machine had been started again since."""
        kept = KEPT / name
        files: dict[str, dict[str, str]] = json.loads((kept / "files.json").read_text())
        self.home.mkdir(mode=0o700)
        self.repo.mkdir()
        git(self.repo, "init", "-q", "-b", "main")
        with (kept / "repo.export").open("rb") as export:
            command = ["git", "-C", str(self.repo), "fast-import", "--quiet"]
            subprocess.run(command, env=self.environment(), stdin=export, check=True)
        git(self.repo, "reset", "-q", "--hard", "main")
        for inside, packed in files.items():
            _unpack(FOLDER / inside, packed)
        for gitdir in (self.repo / ".git" / "worktrees").glob("*/gitdir"):
            link = Path(gitdir.read_text().strip())
            link.parent.mkdir(parents=True, exist_ok=True)
            link.write_text(f"gitdir: {gitdir.parent}\n")
            git(link.parent, "reset", "-q", "--hard")
        for short, file in DATABASES.items():
            as_database((kept / f"{short}.sql").read_text(), self.home / file)
        with contextlib.closing(sqlite3.connect(self.home / "state.db")) as state:
            state.execute("UPDATE sessions SET boot_id = ?", (_ELSEWHERE,))
            state.commit()
        for folder in (self.home, *(path for path in self.home.rglob("*") if path.is_dir())):
            folder.chmod(0o700)
        return facts_of(name)


def _packed(path: Path) -> dict[str, str]:
    """Return a file's mode and content, as text where it is some."""
    content, mode = path.read_bytes(), f"{path.stat().st_mode & 0o777:04o}"
    try:
        return {"mode": mode, "text": content.decode()}
    except UnicodeDecodeError:
        return {"mode": mode, "base64": base64.b64encode(content).decode()}


def _unpack(path: Path, packed: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = packed["text"].encode() if "text" in packed else base64.b64decode(packed["base64"])
    path.write_bytes(content)
    path.chmod(int(packed["mode"], 8))


def as_sql(database: Path) -> str:
    """Return all that a database says, its version too."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        return "\n".join((*connection.iterdump(), f"PRAGMA user_version = {version};", ""))


def as_database(text: str, database: Path) -> None:
    """Make the database that `as_sql` has written down."""
    database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript(text)
    database.chmod(0o600)
