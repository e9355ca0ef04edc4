"""Which versions of the coding agents' programs are installed: each is asked for its version, all at once.

Nothing is trusted to end or to be quiet: a program that hangs is ended with all that it started, and what it
says goes to a file, so that nobody waits for a pipe that some child of it holds open.
"""

import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Literal, NamedTuple

LIMIT = 10.0
"""Seconds that a program may take to say its version."""

Standing = Literal["older", "tested", "newer", "unknown"]

_VERSION = re.compile(rb"\d+(?:\.\d+)+(?:-[0-9A-Za-z.]*[0-9A-Za-z])?")
_MOST = 4096
_KEPT = ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "XDG_CACHE_HOME")
_ASIDE = ("CODEX_HOME", "GEMINI_CLI_HOME")
"""Configuration folders that are not to be the person's: codex leaves links to itself there, and gemini notes
every folder it is started in."""


class Told(NamedTuple):
    """What a program said: its version, else why it is not known."""

    version: str
    fault: str = ""


def versions(asked: Mapping[str, Sequence[str]]) -> dict[str, Told]:
    """Run the commands, all at once, and return what each said, by its key."""
    if not asked:
        return {}
    with ThreadPoolExecutor(len(asked)) as threads:
        return dict(zip(asked, threads.map(_ask, asked.values()), strict=True))


def standing(version: str, tested: tuple[str, str] | None) -> Standing:
    """Say where a version is, compared with the oldest and the newest that were tested."""
    if not version or tested is None:
        return "unknown"
    found, oldest, newest = (_numbers(one) for one in (version, *tested))
    if found < oldest:
        return "older"
    return "newer" if found > newest else "tested"


def _ask(argv: Sequence[str]) -> Told:
    try:
        with tempfile.TemporaryDirectory(prefix="constellagent-", ignore_cleanup_errors=True) as folder:
            return _run(argv, Path(folder))
    except OSError as error:
        return Told("", f"it cannot be started: {error.strerror}")


def _run(argv: Sequence[str], folder: Path) -> Told:
    said = folder / "said"
    env = {name: os.environ[name] for name in _KEPT if name in os.environ}
    for name in _ASIDE:
        aside = folder / name.lower()
        aside.mkdir()  # codex takes only one that is there
        env[name] = str(aside)
    with (
        said.open("wb") as file,
        subprocess.Popen(
            [*argv],
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as child,
    ):
        try:
            status = child.wait(LIMIT)
        except subprocess.TimeoutExpired:
            return Told("", f"it did not say its version within {LIMIT:g} seconds")
        finally:
            if child.returncode is None:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(child.pid, signal.SIGKILL)
    with said.open("rb") as written:
        found = _VERSION.search(written.read(_MOST))
    if status or found is None:
        how = f"it ended with status {status}" if status else "it said none"
        return Told("", f"it did not say its version: {how}")
    return Told(found[0].decode("ascii"))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.partition("-")[0].split("."))
