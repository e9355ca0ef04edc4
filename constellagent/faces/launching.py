"""Starting the daemon when a command needs it, without ever having two.

Whoever finds nobody at the socket starts a daemon; the daemon itself holds the lock, so of two that are
started at once one ends and both starters reach the other.
"""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from constellagent.errors import UnavailableError
from constellagent.faces import handing
from constellagent.faces.blocking import BlockingClient
from constellagent.runtime.clock import SystemClock
from constellagent.runtime.locks import held_by
from constellagent.runtime.paths import Paths

START_TIMEOUT = 15.0
"""Seconds that a daemon may take until it answers."""

LOST_THE_RACE = 75
"""Exit code of a daemon that found another one running."""

_KEPT = frozenset(
    {
        "DBUS_SESSION_BUS_ADDRESS",  # where the desktop's keyring answers
        "HOME",
        "LANG",
        "LOGNAME",
        "PATH",
        "PYTHONPATH",
        "SHELL",
        "SSL_CERT_DIR",
        "SSL_CERT_FILE",
        "TMPDIR",
        "TZ",
        "USER",
    }
)
_KEPT_IN_ANY_CASE = frozenset({"ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"})
_KEPT_PREFIXES = ("CONSTELLAGENT_", "LC_", "XDG_")
LARGEST_LOG = 4 << 20
"""Bytes beyond which the next daemon begins a new log and the old one is kept once."""
_TAIL = 2000


def reach(paths: Paths) -> BlockingClient:
    """Connect to the daemon, starting it where nobody listens.

    Raises:
        UnavailableError: it cannot be started or does not answer in time; carries the end of its log.
    """
    try:
        return BlockingClient.connect(paths.control_socket)
    except UnavailableError:
        refuse_inside_session(os.environ)
        paths.create()
        return _start(paths)


def refuse_inside_session(environ: Mapping[str, str]) -> None:
    """Refuse to start a daemon as part of an agent's process tree: it would end with that agent's session.

    Raises:
        UnavailableError: this process belongs to a session.
    """
    if environ.get("CONSTELLAGENT_SESSION"):
        raise UnavailableError(
            "the daemon does not run, and an agent's session cannot start it",
            hint="start it from outside: `constellagent status`",
        )


def daemon_environment(environ: Mapping[str, str], paths: Paths) -> dict[str, str]:
    """Return the few variables that the daemon gets: those it reads, and those that git and TLS need."""
    kept = {
        name: value
        for name, value in environ.items()
        if name in _KEPT or name.upper() in _KEPT_IN_ANY_CASE or name.startswith(_KEPT_PREFIXES)
    }
    return kept | {"CONSTELLAGENT_HOME": str(paths.home)}


def owner(paths: Paths) -> int | None:
    """Return the pid of the daemon that holds the lock, whether or not it answers; None where nobody does."""
    pid = (held_by(paths.daemon_lock) or "").rpartition(" ")[2]
    return int(pid) if pid.isdecimal() else None


def _start(paths: Paths) -> BlockingClient:
    """Start a daemon and wait for it, or for another one that was started at the same time."""
    log = paths.daemon_log
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > LARGEST_LOG:
            log.replace(log.with_suffix(".log.1"))  # the one before it is enough for looking back
    begin = log.stat().st_size if log.exists() else 0
    clock = SystemClock()
    deadline = clock.monotonic() + START_TIMEOUT
    child = _spawn(paths, log)
    pause, spare = 0.01, 2
    while clock.monotonic() < deadline:
        try:
            client = BlockingClient.connect(paths.control_socket)
        except UnavailableError:
            ended = child.poll()
            if ended == LOST_THE_RACE and spare and owner(paths) is None:
                child, spare = _spawn(paths, log), spare - 1  # the winner is gone again
            elif ended is not None and (ended != LOST_THE_RACE or owner(paths) is None):
                raise UnavailableError(
                    f"the daemon ended while it started (exit status {ended}){_said(log, begin)}",
                    hint=f"its log is {log}; `constellagent doctor` checks what it needs",
                ) from None
            time.sleep(pause)
            pause = min(pause * 1.5, 0.1)
        else:
            child.returncode = 0  # it goes on without us, so nobody is to warn that it was not waited for
            return client
    child.returncode = 0
    raise UnavailableError(
        f"the daemon does not answer within {START_TIMEOUT:.0f} s{_said(log, begin)}",
        hint=f"its log is {log}; `constellagent daemon stop` ends one that hangs",
    )


def _spawn(paths: Paths, log: Path) -> subprocess.Popen[bytes]:
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    env, secrets = handing.parted(daemon_environment(os.environ, paths))
    try:
        child = subprocess.Popen(
            [sys.executable, "-m", "constellagent", "daemon", "run"],
            stdin=subprocess.PIPE if secrets else subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            cwd="/",
            env=env,
            start_new_session=True,
        )
    except OSError as error:
        raise UnavailableError(f"the daemon cannot be started: {error.strerror}") from error
    finally:
        os.close(descriptor)
    if child.stdin is not None:
        with contextlib.suppress(BrokenPipeError), child.stdin:  # it ended at once; its log tells why
            child.stdin.write(secrets)
    return child


def _said(log: Path, begin: int) -> str:
    """Return what the log gained since `begin` from its last error on, ready to be appended to a message."""
    with log.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(begin, end - _TAIL))
        lines = file.read().decode("utf-8", "replace").rstrip().splitlines()
    first = max(
        (number for number, line in enumerate(lines) if line.startswith("error:")), default=len(lines) - 1
    )
    return "".join(f"\n  {line}" for line in lines[max(first, 0) :])
