"""Starting holders, reading what they left, and clearing up after one that was killed: the daemon's side."""

import asyncio
import contextlib
import importlib.util
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any, Literal

from constellagent import failpoints
from constellagent.errors import WorldError
from constellagent.failpoints import around
from constellagent.runtime import descriptors, ports
from constellagent.runtime.holder import __main__ as program
from constellagent.runtime.holder import status
from constellagent.runtime.holder.tree import Ending
from constellagent.runtime.points import Point

_HANDSHAKE = 10.0
_INHERITED = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", failpoints.VARIABLE, failpoints.TOLD)
"""What an interpreter that is linked in an unusual way needs to start at all, and what tests fail it by."""


@around(Point.SESSION_SPAWN)
async def launch(
    launch: ports.Launch,
    session: str,
    folder: Path,
    socket: Path,
    log_bytes: int,
    *,
    pty_size: Literal["latest", "smallest"] = "latest",
    clipboard: bool = False,
) -> dict[str, Any]:
    """Start a holder and, in it, the program; returns its first status once the program's exec has succeeded.

    `folder` must exist and be private; `socket` must be at most 100 bytes long. The holder outlives the
    caller, and keeps the output in `folder/log`. `pty_size` says whose size the pty gets of several viewers:
    the latest active one's, or the smallest rows and columns of all. With `clipboard` the program may write
    to the clipboard of a terminal that is attached.

    Raises:
        WorldError: the program could not be started; says why. Nothing is left running.
    """
    text = json.dumps(
        {
            "session": session,
            "argv": list(launch.argv),
            "cwd": os.fspath(launch.cwd.absolute()),
            "env": dict(launch.env),
            "rows": launch.rows,
            "columns": launch.columns,
            "socket": os.fspath(socket.absolute()),
            "folder": os.fspath(folder.absolute()),
            "log_bytes": log_bytes,
            "grace": launch.grace.total_seconds(),
            "pty_size": pty_size,
            "clipboard": clipboard,
            "descriptors": descriptors.for_programs(),
        }
    )
    answers: list[dict[str, Any]] = []
    try:
        async with asyncio.timeout(_HANDSHAKE):
            await _handshake(session, f"{_home_of('ptyprocess')}\n{text}".encode(), answers)
    except BaseException as error:
        await asyncio.shield(sweep(session))
        if isinstance(error, TimeoutError):
            raise WorldError(
                f"the holder of {launch.subject} did not answer within {_HANDSHAKE:g} s"
            ) from error
        if isinstance(error, OSError):
            raise WorldError(f"cannot start a holder for {launch.subject}: {error.strerror}") from error
        raise
    outcome = answers[-1] if answers else {}
    if not outcome.get("started"):
        await sweep(session)  # a holder that failed late may have started the program already
        socket.unlink(missing_ok=True)
        reason = outcome.get("reason") or f"its holder ended without a word; see {folder}/holder.log"
        raise WorldError(f"{launch.subject} was not started: {reason}", hint=outcome.get("hint", ""))
    return {name: value for name, value in outcome.items() if name != "started"}


async def _handshake(session: str, text: bytes, answers: list[dict[str, Any]]) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-S",
        str(program.__file__),
        session,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={"PATH": os.defpath} | {name: os.environ[name] for name in _INHERITED if name in os.environ},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        with contextlib.suppress(ConnectionError):  # it ended early: the answer, or its absence, tells
            process.stdin.write(text)
            await process.stdin.drain()
            process.stdin.close()
        while line := await process.stdout.readline():
            answers.append(json.loads(line))
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)  # not process.kill(): it would reap, and the event loop does
        raise
    finally:
        await process.wait()


def _home_of(package: str) -> str:
    """Return the folder to import `package` from."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise WorldError(f"{package} is not installed", hint="reinstall constellagent")
    return os.fspath(Path(found.origin).parent.parent)


def read_status(folder: Path) -> dict[str, Any] | None:
    """Return what the holder of the session in `folder` wrote last, None where it never wrote.

    `ended_at` is None while it runs, and for ever where the holder was killed: look for `holder_pid` and
    `holder_start` then.

    Raises:
        WorldError: there is a status and it cannot be read.
    """
    try:
        try:
            return status.read(os.fspath(folder))
        except ValueError:
            time.sleep(0.01)  # on a full disk the end is written in place
            return status.read(os.fspath(folder))
    except (OSError, ValueError) as error:
        raise WorldError(f"cannot read {folder / status.NAME}: {error}") from error


async def sweep(session: str, *, grace: float = 0.5) -> int:
    """End all that is left of a session, its holder and whatever carries its marker; returns how many.

    Raises:
        WorldError: processes cannot be looked at, or some did not end.
    """
    ending = Ending(session, grace=grace, now=time.monotonic())
    try:
        while not await asyncio.to_thread(ending.step, time.monotonic()):  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.02)
    except OSError as error:
        raise WorldError(f"cannot look at processes: {error.strerror}") from error
    if ending.survivors:
        raise WorldError(f"processes {ending.survivors} of session {session} could not be ended")
    return len(ending.ended)
