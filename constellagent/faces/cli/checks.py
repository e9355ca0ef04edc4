"""What `doctor` looks at: each check looks at one thing and says ok, warn or fail, and what to do.

A check never raises and changes nothing; what cannot be looked at is a `fail` or a `warn` with the reason.
"""

import os
import shutil
import sqlite3
import stat
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import constellagent
from constellagent.errors import ConstellagentError
from constellagent.runtime.paths import Paths

LONGEST_SOCKET = 103
"""Bytes of a unix socket's path that both Linux and macOS take."""

_OLDEST_SQLITE = (3, 37)
_LITTLE_SPACE, _NO_SPACE = 1 << 30, 100 << 20


Level = Literal["ok", "warn", "fail"]


class Check(NamedTuple):
    """What one check found. `advice` is empty where there is nothing to do; `details` are for programs."""

    name: str
    level: Level
    found: str
    advice: str = ""
    details: Mapping[str, Any] = MappingProxyType({})


def every(paths: Paths) -> Iterator[Check]:
    """Yield the checks in the order in which a person would look."""
    yield python()
    yield git()
    yield sqlite()
    yield engine()
    yield settings()
    yield state(paths)
    yield socket(paths)
    yield disk(paths)
    yield root_key(paths)
    yield from daemon(paths)
    yield hosted()
    yield sandbox()


def python() -> Check:
    """Look at the interpreter."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Check("python", "ok", f"{version} ({sys.executable})")


def git() -> Check:
    """Look at git, which does all work on worktrees."""
    import asyncio

    from constellagent.runtime.git import Git

    try:
        version = asyncio.run(Git(Path("/"), timeout=10).version())
    except ConstellagentError as error:
        return Check("git", "fail", error.message, error.hint)
    return Check("git", "ok", ".".join(map(str, version)))


def sqlite() -> Check:
    """Look at the SQLite that Python was built with."""
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        return Check("sqlite", "fail", version, "use a Python with SQLite 3.37 or newer")
    return Check("sqlite", "ok", version)


def engine() -> Check:
    """Look at the terminal engine, and whether it keeps its cells where they are read fastest."""
    try:
        from constellagent.term import screen
    except (ImportError, OSError, ConstellagentError) as error:
        advice = "install constellagent anew, on a system for which pyghostty has a wheel"
        return Check("terminals", "fail", f"the terminal engine cannot be loaded: {error}", advice)
    found, fault = f"engine {screen.ENGINE}", screen.fault()
    if fault:
        advice = "screens are right, but slower to draw; install the pyghostty that constellagent asks for"
        return Check("terminals", "warn", f"{found}: {fault}", advice)
    return Check("terminals", "ok", found)


def settings() -> Check:
    """Look at the CONSTELLAGENT_* variables of this shell."""
    from constellagent.runtime.settings import Settings

    try:
        Settings()
    except ConstellagentError as error:
        return Check("settings", "fail", error.message, error.hint)
    names = sorted(name for name in os.environ if name.startswith("CONSTELLAGENT_"))
    return Check("settings", "ok", ", ".join(names) or "defaults")


def state(paths: Paths) -> Check:
    """Look at the folder that holds all state."""
    home = paths.home
    try:
        found = home.lstat()
    except FileNotFoundError:
        return _state_to_be_made(home)
    except OSError as error:
        return Check(
            "state", "fail", f"{home}: {error.strerror}", "set CONSTELLAGENT_HOME to a folder of yours"
        )
    mode = stat.S_IMODE(found.st_mode)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        return Check("state", "fail", f"{home} is not a folder of yours", "set CONSTELLAGENT_HOME to one")
    if mode & 0o077:
        return Check("state", "fail", f"{home} has mode {mode:04o}", f"chmod 700 {home}")
    if not os.access(home, os.W_OK | os.X_OK):
        return Check("state", "fail", f"{home} cannot be written", f"chmod 700 {home}")
    return Check("state", "ok", f"{home} (mode {mode:04o})")


def _state_to_be_made(home: Path) -> Check:
    above = next(folder for folder in home.parents if folder.exists())
    if above.is_dir() and os.access(above, os.W_OK | os.X_OK):
        return Check("state", "ok", f"{home} (not there yet; the first command makes it)")
    said = f"{home} is not there and cannot be made in {above}"
    return Check("state", "fail", said, "set CONSTELLAGENT_HOME to a place where you may write")


def socket(paths: Paths) -> Check:
    """Look at how long the longest socket path would be."""
    length = len(os.fsencode(paths.session_socket("0" * 32)))
    found = f"{paths.control_socket} ({length} of {LONGEST_SOCKET} bytes with a session's name)"
    if length > LONGEST_SOCKET:
        return Check("sockets", "fail", found, "set CONSTELLAGENT_HOME to a shorter path")
    return Check("sockets", "ok", found)


def disk(paths: Paths) -> Check:
    """Look at the space where state lies."""
    place = next(folder for folder in (paths.home, *paths.home.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    found = f"{free / (1 << 30):.1f} GiB free at {place}"
    if free < _NO_SPACE:
        return Check("disk", "fail", found, "free some space: output and worktrees would be cut short")
    return Check("disk", "warn" if free < _LITTLE_SPACE else "ok", found)


def root_key(paths: Paths) -> Check:
    """Look at where the key of everything encrypted is kept, and what that is good for; never makes one."""
    from constellagent.ravi.vault import places, sources
    from constellagent.runtime.settings import Settings

    try:
        found = sources.look(paths.ravi, Settings())
    except ConstellagentError as error:
        return Check("root key", "fail", error.message, error.hint)
    if found is None:
        return Check("root key", "ok", "none yet; the daemon makes one when it starts first")
    if found.key is None:
        place = "under a passphrase, which is not given here, so it was not tried"
    else:
        place = found.key.source
    return Check("root key", "ok", f"{place}: {places.PROTECTION[found.kind]}")


def daemon(paths: Paths) -> Iterator[Check]:
    """Look at the daemon and, through it, at the identity provider; never starts it."""
    from constellagent.faces.blocking import BlockingClient
    from constellagent.faces.launching import owner

    try:
        with BlockingClient.connect(paths.control_socket) as client:
            info = client.info()
    except ConstellagentError as error:
        pid = owner(paths)
        if pid is None:
            yield Check("daemon", "ok", "does not run; a command that needs it starts it")
        else:
            advice = f"see {paths.daemon_log}; `constellagent daemon stop` ends it"
            yield Check("daemon", "fail", f"pid {pid} does not answer: {error.message}", advice)
        return
    found = f"pid {info['pid']}, version {info['version']}"
    if info["version"] != constellagent.__version__:
        advice = "`constellagent daemon stop` changes over; sessions go on"
        yield Check("daemon", "warn", f"{found}, and this command is {constellagent.__version__}", advice)
    else:
        yield Check("daemon", "ok", found)
    yield Check("provider", "ok", info["provider_url"])


def hosted() -> Check:
    """Look for a key of the hosted provider; only `identities.provider: ravi` needs one. Never says it."""
    from constellagent.runtime import hosted_key

    setting, shell = os.environ.get(hosted_key.SETTING, ""), hosted_key.of_shell(os.environ)
    try:
        found = hosted_key.look(setting, shell, hosted_key.login_file())
        if found is None:
            return Check("hosted", "ok", "no key of the hosted provider; only `provider: ravi` needs one")
        hosted_key.find(setting, shell, hosted_key.login_file())
    except ConstellagentError as error:
        return Check("hosted", "warn", error.message, error.hint)
    if found.warning:
        return Check("hosted", "warn", found.warning, f"chmod 600 {hosted_key.login_file()}")
    return Check("hosted", "ok", f"management key from {found.source}")


def sandbox() -> Check:
    """Look for what a sandbox needs here: bubblewrap, on macOS `sandbox-exec`."""
    import asyncio

    from constellagent.runtime.sandbox.probe import Probe

    probe = Probe()
    if trouble := asyncio.run(probe.trouble()):
        return Check("sandbox", "warn", trouble.why, trouble.hint)
    return Check("sandbox", "ok", f"`sandbox: {probe.kind}` works here ({probe.program})")
