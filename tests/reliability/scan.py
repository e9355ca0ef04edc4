"""Looks for words that must be nowhere: in files, in git's objects, on command lines, in environments."""

import base64
import contextlib
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

_PAUSE = 0.004
"""Seconds between two looks at the process table."""

_LARGEST = 64 << 20
_STRACE = ("strace", "-f", "-q", "-s", "100000", "-e", "trace=execve", "-e", "signal=none")


def forms(word: str) -> list[bytes]:
    """Return how a word looks in clear and in the encodings in which it is still no secret."""
    plain = word.encode()
    # Base64 groups three bytes, so the same word looks different at each of three places; its first and last
    # group depend on the neighbours and are left out.
    shifted = [base64.b64encode(bytes(shift) + plain)[4 * bool(shift) : -4] for shift in range(3)]
    found = [plain, plain.hex().encode(), plain.hex().upper().encode(), *shifted]
    found += [form.translate(bytes.maketrans(b"+/", b"-_")) for form in shifted]
    found += [word.encode("utf-16-le"), word.encode("utf-16-be"), plain[::-1]]
    return list(dict.fromkeys(found))


class Scanner:
    """Knows the words, by what they are called, and finds them in bytes."""

    def __init__(self, words: Mapping[str, str]) -> None:
        """Prepare every form of every word."""
        assert all(len(word) >= 8 for word in words.values()), "a short word is found by chance"
        self._forms = {name: forms(word) for name, word in words.items()}

    def found(self, data: bytes, *, but: Iterable[str] = ()) -> set[str]:
        """Return the names of the words in `data`, apart from those that may be there."""
        allowed = set(but)
        return {
            name
            for name, looks in self._forms.items()
            if name not in allowed and any(look in data for look in looks)
        }

    def in_files(self, files: Iterable[Path], *, but: Iterable[str] = ()) -> dict[str, set[str]]:
        """Return the names that are found, by file, also in the files' own names."""
        hits: dict[str, set[str]] = {}
        for file in files:
            data = os.fsencode(file) + b"\n"
            with contextlib.suppress(OSError):  # it went away, or is a socket
                if file.is_file() and not file.is_symlink() and file.stat().st_size <= _LARGEST:
                    data += file.read_bytes()
            if names := self.found(data, but=but):
                hits[str(file)] = names
        return hits

    def in_objects(self, repo: Path) -> set[str]:
        """Return the names that are found in any object of a repository, reachable or not."""
        done = subprocess.run(
            ["git", "cat-file", "--batch-all-objects", "--batch"], cwd=repo, check=True, capture_output=True
        )
        return self.found(done.stdout)


def below(folder: Path, *, without: Iterable[Path] = ()) -> Iterator[Path]:
    """Yield everything below `folder`, apart from some files or folders."""
    left_out = set(without)
    try:
        paths = list(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):  # it is not there, or went away since it was listed
        return
    for path in paths:
        if path in left_out:
            continue
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from below(path, without=left_out)


def new_temporary_files(since: float, *, without: Path) -> Iterator[Path]:
    """Yield what was written since then where temporary files are, apart from one folder."""
    for root in (Path("/tmp"), Path("/var/tmp"), Path("/dev/shm")):
        for path in below(root, without=[without]):
            with contextlib.suppress(OSError):
                if path.stat().st_mtime >= since:
                    yield path


@dataclass
class Seen:
    """One look at a process that differed from the looks before."""

    pid: int
    argv: bytes
    environ: bytes


@dataclass
class Watch:
    """Looks at all processes of the machine again and again: their command lines and environments."""

    seen: dict[tuple[int, bytes, bytes], Seen] = field(default_factory=dict)
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Begin to look."""
        self._thread = threading.Thread(target=self._look, name="watch")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Look no more."""
        self._over.set()
        assert self._thread is not None
        self._thread.join()

    def _look(self) -> None:
        while not self._over.is_set():
            for entry in os.listdir("/proc"):  # noqa: PTH208 - a fresh Path for each entry is slow
                if entry.isdecimal() and int(entry) != os.getpid():
                    argv, environ = _content(entry, "cmdline"), _content(entry, "environ")
                    # Of one that became another program between the two, neither belongs to the other.
                    if argv and argv == _content(entry, "cmdline"):
                        self.seen[int(entry), argv, environ] = Seen(int(entry), argv, environ)
            time.sleep(_PAUSE)


class Execs:
    """Every program that the descendants of a process start, with its arguments; where `strace` may look."""

    def __init__(self, pid: int, log: Path) -> None:
        """Attach to a process; `attached` says whether that worked."""
        self._log = log
        self.attached = False
        self._process: subprocess.Popen[bytes] | None = None
        if shutil.which("strace") is None:
            return
        self._process = subprocess.Popen(
            [*_STRACE, "-o", str(log), "-p", str(pid)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self._process.poll() is None and not self.attached:
            self.attached = f"TracerPid:\t{self._process.pid}\n" in Path(f"/proc/{pid}/status").read_text()
            time.sleep(0.01)

    def detach(self) -> bytes:
        """Let go, and return what was seen."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(60)
        return self._log.read_bytes() if self._log.exists() else b""


def _content(pid: str, name: str) -> bytes:
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:  # noqa: PTH123 - a Path is slow here
            return file.read()
    except OSError:
        return b""
