"""What lies in the state folder: which files, how large, whose to read; the daemon's log; what sessions left.

What programs wrote (the output of sessions and of setup steps) is told by its size, and as a text only where
a person asked for it.
"""

import json
import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from constellagent.runtime import processes
from constellagent.runtime.holder import status
from constellagent.runtime.holder.log import LogReader
from constellagent.runtime.paths import Paths

_ENTRY = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:,]{8,16} [A-Z]{4,8} constellagent(?:\.[a-z_]{1,40}){0,8}:"
)
_CODE = re.compile(
    r' {1,8}File "[^"\n]{0,200}/(?:constellagent|python3\.[0-9]+|site-packages)/[\w./-]{1,120}", line \d{1,6}'
    r"(?:, in \w{1,80})?"
)
_RAISED = re.compile(r"(?:[a-z_]{1,40}\.){0,8}[A-Z][A-Za-z]{2,60}(?:Error|Exception|Exit|Interrupt)(?=:|$)")
_LEFT_OUT = "  (words left out)"
_MOST_FILES = 5000
_MOST_SESSIONS = 50
_LOG = 256 << 10
"""Bytes of a log's end that are told."""
_SHORT_LOG = 16 << 10
_SESSION = (
    *("version", "session", "constellation", "role", "subject", "started_at", "grace", "boot_id", "folder"),
)
_STATUS = (
    *("protocol", "protocol_from", "session", "pid", "start", "boot_id", "clipboard", "holder_pid"),
    *("holder_start", "started_at", "ended_at", "ended_by", "rows", "columns", "answered", "attached"),
    *("exit_status", "signal", "leftovers_killed", "survivors", "log_begin", "log_end", "log_lost"),
)


def listing(paths: Paths) -> list[dict[str, Any]]:
    """Return every file and folder of the state: name, kind and mode, size, time of change."""
    found = list[dict[str, Any]]()
    for place in _below(paths.home):
        if len(found) == _MOST_FILES:
            found.append({"name": f"and more than these {_MOST_FILES}"})
            break
        found.append(_described(place, paths.home))
    return found


def _below(folder: Path) -> Iterator[Path]:
    yield folder
    for above, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(above, name) for name in sorted([*folders, *names]))


def _described(place: Path, home: Path) -> dict[str, Any]:
    name = str(place.relative_to(home)).encode("utf-8", "replace").decode()
    try:
        seen = place.lstat()
    except OSError as error:
        return {"name": name, "fault": error.strerror}
    return {
        "name": name,
        "mode": stat.filemode(seen.st_mode),
        "bytes": seen.st_size,
        "ours": seen.st_uid == os.getuid(),
        "changed": int(seen.st_mtime),
    }


def daemon_logs(paths: Paths, *, bare: bool) -> dict[str, str]:
    """Return the ends of the daemon's log and of the one before it, `bare` or in full."""
    found = sorted(paths.logs.glob(f"{paths.daemon_log.name}*"))
    texts = {f"logs/{place.name}": tail(place, _LOG) for place in found if place.is_file()}
    return {name: without_words(text) for name, text in texts.items()} if bare else texts


def without_words(log: str) -> str:
    """Return of a log when, how grave, who and where in the code, and nothing of what was said."""
    kept = list[str]()
    for line in log.splitlines():
        if found := _ENTRY.match(line) or _CODE.fullmatch(line) or _RAISED.match(line):
            kept.append(found[0])
        elif kept and kept[-1] != _LEFT_OUT:
            kept.append(_LEFT_OUT)
    return "".join(f"{line}\n" for line in kept)


def setup_logs(paths: Paths, *, text: bool) -> dict[str, Any]:
    """Return what setup steps wrote: how much, or the end of it where `text` is wanted."""
    steps = sorted(paths.logs.glob("*/*/setup-*.log"))
    sizes = {str(step.relative_to(paths.logs)): step.stat().st_size for step in steps}
    told: dict[str, Any] = {"logs/setup.json": sizes}
    if text:
        told |= {f"output/setup/{name}": tail(paths.logs / name, _SHORT_LOG) for name in sizes}
    return told


def tail(place: Path, most: int) -> str:
    """Return the end of a file from the start of a line on, as text.

    Raises:
        OSError: it cannot be read.
    """
    with place.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(0, end - most))
        data = file.read(most)
    if end > most:
        # Half a line could be half a secret, which nothing would recognise.
        data = b"(the beginning is left out)\n" + data.partition(b"\n")[2]
    return data.decode("utf-8", "replace")


def sessions(paths: Paths, *, output: bool, bare: bool) -> dict[str, Any]:
    """Return what the newest sessions left: what they are, how they are or ended, and their holder's log."""
    folders = [place for place in paths.sessions.glob("*") if place.is_dir() and not place.is_symlink()]
    folders.sort(key=lambda place: place.stat().st_mtime)
    told = dict[str, Any]()
    for folder in folders[-_MOST_SESSIONS:]:
        told[f"sessions/{folder.name}.json"] = {
            "session": _listed(_json(folder / "session.json"), _SESSION),
            "status": _listed(_status(folder), _STATUS),
            "begun": (folder / "started").exists(),
        }
        if (folder / "holder.log").exists() and (text := tail(folder / "holder.log", _SHORT_LOG)):
            told[f"sessions/{folder.name}.holder.log"] = without_words(text) if bare else text
        if output:
            told[f"output/sessions/{folder.name}.txt"] = (
                LogReader(folder / "log").tail(_LOG)[1].decode("utf-8", "replace")
            )
    return told


def _json(place: Path) -> Any:
    try:
        return json.loads(place.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        return {"fault": type(error).__name__}


def _status(folder: Path) -> Any:
    try:
        return status.read(str(folder)) or {}
    except (OSError, ValueError) as error:
        return {"fault": type(error).__name__}


def _listed(value: Any, names: tuple[str, ...]) -> dict[str, Any]:
    found = value if isinstance(value, Mapping) else {}
    return {name: found[name] for name in (*names, "fault") if name in found}


def running(paths: Paths, daemon: int | None) -> list[dict[str, Any]]:
    """Return our processes, without their words: the daemon, the holders, and how many each session has."""
    known = {place.name for place in paths.sessions.glob("*")}
    found = [{"what": "daemon", "pid": daemon, "state": processes.state_of(daemon)}] if daemon else []
    for session, holders in sorted(processes.all_holders().items()):
        if session not in known:
            continue
        found += [
            {"what": "holder", "session": session, "pid": pid, "state": processes.state_of(pid)}
            for pid in sorted(holders)
        ]
        inside = processes.with_marker(session)
        found += [
            {"what": "process", "session": session, "pid": pid, "state": processes.state_of(pid)}
            for pid in sorted(inside)
        ]
    return found
