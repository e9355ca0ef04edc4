"""What lives of this state folder's sessions, whatever `state.db` knows of them.

A holder is ours where the status file in our own session folder names it, or where what it holds reports to
our own socket. A process is ours where it carries a session's marker and our state folder's name. What the
state does not know is not absent: no agent is started beside one that runs.
"""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from constellagent import backups
from constellagent.errors import ConflictError, ConstellagentError, UnavailableError, WorldError
from constellagent.runtime import processes, session_notes
from constellagent.runtime.holder import protocol
from constellagent.runtime.holder.launch import read_status
from constellagent.runtime.paths import Paths
from constellagent.runtime.store.sessions import SessionRow

_HOME = "CONSTELLAGENT_HOME"
_MEND = "`constellagent doctor --fix` finds them again"


class Alive(NamedTuple):
    """Who lives of each session of this state folder: pid to start."""

    holders: Mapping[str, Mapping[int, str]]
    members: Mapping[str, Mapping[int, str]]

    @property
    def sessions(self) -> frozenset[str]:
        """The ids of all sessions of which anything lives."""
        return frozenset(self.holders.keys() | self.members.keys())


def alive(paths: Paths) -> Alive:
    """Look who lives of this state folder's sessions.

    Raises:
        OSError: processes cannot be looked at.
    """
    seen = processes.variables(frozenset({processes.MARKER, protocol.REPORT_SOCKET, _HOME}))
    own, members = {os.getpid(), os.getppid()}, dict[str, dict[int, str]]()
    for pid, values in seen.items():
        session = values.get(processes.MARKER, "")
        start = processes.start_of(pid) if _is_ours(paths, session, values) and pid not in own else None
        if start is not None:
            members.setdefault(session, {})[pid] = start
    holders = {
        session: found
        for session, found in processes.all_holders().items()
        if session in members or _names(paths, session, found)
    }
    return Alive(holders, members)


def left(paths: Paths) -> tuple[int, int]:
    """Return how many sessions of this state folder live, and of how many there are folders.

    Raises:
        OSError: processes, or one of our folders, cannot be looked at.
    """
    kept = {entry for entry in _entries(paths.sessions) if _is_id(entry)}
    sockets = {entry.removesuffix(".sock") for entry in _entries(paths.run)}
    heard = {one for one in sockets if _is_id(one) and _answers(paths.session_socket(one))}
    return len(alive(paths).sessions | heard), len(kept)


def refuse_lost(paths: Paths) -> None:
    """Refuse to begin a new `state.db` while there are sessions that the lost one knew; changes nothing.

    Raises:
        UnavailableError: there are some, or nobody can tell.
    """
    try:
        if not _is_new(paths.database):
            return
        living, kept = left(paths)
    except OSError as error:
        raise UnavailableError(
            f"cannot tell what there is of sessions without {paths.database}: {error.strerror}",
            hint="`constellagent doctor` says what it sees",
        ) from error
    if living or kept:
        raise UnavailableError(
            f"{paths.database} is gone, and {max(living, kept)} sessions of it have folders or are alive "
            f"({living} alive)",
            hint=f"{_MEND}; nothing was started and nothing written",
        )


class Strangers:
    """What lived before this daemon and is not live as far as the state knows."""

    def __init__(self, paths: Paths) -> None:
        """Nothing is looked at yet."""
        self._paths = paths
        self._found: dict[tuple[str, str, str], list[str]] | None = None
        self._once = asyncio.Lock()

    async def refuse(self, row: SessionRow, live: Callable[[], Awaitable[Collection[SessionRow]]]) -> None:
        """Refuse to start a session of an agent or service of which another one lives that is not known.

        It is looked once: what begins later is this daemon's own. `live` returns what the state says lives.

        Raises:
            ConflictError: one lives.
            WorldError: that cannot be looked at.
        """
        if row.role == "run":
            return
        try:
            async with self._once:
                if self._found is None:
                    self._found = await asyncio.to_thread(_strangers, self._paths, await live())
            living = [one for one in self._found.get(_key(row), ()) if await asyncio.to_thread(_lives, one)]
        except OSError as error:
            raise WorldError(f"cannot look at processes: {error.strerror}") from error
        if living:
            raise ConflictError(
                f"{row.subject} runs already, in session {living[0]}, which the state does not know",
                hint=_MEND.replace("them", "it"),
            )


def _strangers(paths: Paths, live: Collection[SessionRow]) -> dict[tuple[str, str, str], list[str]]:
    found = dict[tuple[str, str, str], list[str]]()
    for session in sorted(alive(paths).sessions - {row.id for row in live}):
        row = _noted(paths.sessions / session)
        if row is not None:
            found.setdefault(_key(row), []).append(session)
    return found


def _noted(folder: Path) -> SessionRow | None:
    try:
        note = session_notes.read(folder)
    except WorldError:
        return None
    return note.row if note else None


def _lives(session: str) -> bool:
    return bool(processes.holders_of(session) or processes.with_marker(session))


def _is_new(database: Path) -> bool:
    """Say whether nothing was ever kept in a database: it is not there, or it is empty."""
    version = backups.version_of(database)
    if version is not None:
        return version == 0
    try:
        return database.lstat().st_size == 0
    except FileNotFoundError:
        return True


def _answers(path: Path) -> bool:
    """Say whether a holder listens there, as one does that no look at processes shows."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(1.0)
        try:
            client.connect(os.fspath(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except TimeoutError:
            return True  # it is busy, which takes somebody
    return True


def _entries(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - names alone are wanted
    except FileNotFoundError:
        return []


def _is_ours(paths: Paths, session: str, values: Mapping[str, str]) -> bool:
    """Say whether a process carries our marker and our state folder's name."""
    if not _is_id(session):
        return False
    reports = values.get(protocol.REPORT_SOCKET) == str(paths.session_socket(session))
    return reports or values.get(_HOME) == str(paths.home)


def _is_id(session: str) -> bool:
    return len(session) == 32 and not session.strip("0123456789abcdef")


def _names(paths: Paths, session: str, found: Mapping[int, str]) -> bool:
    """Say whether the status file in our folder of the session names one of these holders."""
    if not _is_id(session):
        return False
    try:
        status = read_status(paths.sessions / session)
    except ConstellagentError:
        return False
    return status is not None and found.get(int(status.get("holder_pid") or 0)) == status.get("holder_start")


def _key(row: SessionRow) -> tuple[str, str, str]:
    return row.constellation, row.role, row.subject
