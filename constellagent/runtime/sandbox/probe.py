"""Whether the system's sandbox works here, found out by running it, and what to do where it does not.

Linux has bubblewrap, macOS `sandbox-exec`.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import NamedTuple

from constellagent.errors import UnavailableError
from constellagent.runtime.sandbox.bwrap import NAMESPACES
from constellagent.spec.sandbox import SandboxKind

_INHERITED = ("LD_LIBRARY_PATH",)
"""What an interpreter that is linked in an unusual way needs to start at all."""
_LIMIT = 10.0
"""Seconds; a machine that takes longer for it is not usable."""
_GOOD_FOR, _BAD_FOR = 60.0, 3.0
"""Seconds for which an answer counts: what does not work is about to be mended."""
_PLACES = os.pathsep.join(("/usr/local/bin", "/usr/bin", "/bin", "/run/current-system/sw/bin"))
_INSTALL = "install it: apt install bubblewrap, dnf install bubblewrap or pacman -S bubblewrap"
_TRIED = ("--perms", "1777", "--tmpfs", "/dev/shm", "--ro-bind-try", "/proc/sys", "/proc/sys")  # noqa: S108 - it is in the sandbox
"""Options of which an old one knows nothing; no interpreter lies at such places, as one may below `/tmp`."""


_NEEDS: dict[SandboxKind, str] = {"bwrap": "Linux", "seatbelt": "macOS"}


class Trouble(NamedTuple):
    """Why there can be no sandbox, and what to do about it."""

    why: str
    hint: str

    def error(self) -> UnavailableError:
        """Return it as an error."""
        return UnavailableError(self.why, hint=self.hint)


class Probe:
    """Tells whether the system's sandbox works; tries it at most once a minute.

    Attributes:
        kind: which one this system has.
    """

    def __init__(self, search: str = "", platform: str = sys.platform) -> None:
        """`search` stands in for the folders in which it is looked for."""
        self.kind: SandboxKind = "seatbelt" if platform == "darwin" else "bwrap"
        self._search = search
        self._linux = platform.startswith("linux")
        self._asked_at = -_GOOD_FOR
        self._found: Trouble | None = None
        self._lock = asyncio.Lock()

    @property
    def program(self) -> str:
        """Where it is, empty for nowhere. Only where systems keep it: an agent may write to a PATH."""
        if self.kind == "seatbelt":
            return shutil.which("sandbox-exec", path=self._search or "/usr/bin") or ""
        return shutil.which("bwrap", path=self._search or _PLACES) or ""

    async def trouble(self, kind: SandboxKind | None = None) -> Trouble | None:
        """Return why this kind, or the system's own, cannot be used; None where it can."""
        if kind is not None and kind != self.kind:
            return Trouble(
                f"`sandbox: {kind}` needs {_NEEDS[kind]}",
                f"declare `sandbox: {self.kind}` on {_NEEDS[self.kind]}",
            )
        async with self._lock:
            age = time.monotonic() - self._asked_at
            if age >= (_GOOD_FOR if self._found is None else _BAD_FOR):
                self._found = await self._look()
                self._asked_at = time.monotonic()
            return self._found

    async def _look(self) -> Trouble | None:
        program = self.program
        if self.kind == "seatbelt":
            return await _look_at_seatbelt(program)
        if not self._linux:
            return Trouble("`sandbox: bwrap` needs Linux", "there is no sandbox for this system")
        if not program:
            return Trouble("bubblewrap (bwrap) is not installed; nothing runs without its sandbox", _INSTALL)
        argv = (program, *NAMESPACES, "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", *_TRIED)
        said = await _said(*argv, "--", sys.executable, "-I", "-S", "-c", "")
        if said is None:
            return None
        return Trouble(f"bubblewrap cannot make a sandbox here: {said}", _advice(said))


async def _look_at_seatbelt(program: str) -> Trouble | None:
    if not program:
        return Trouble(
            "sandbox-exec is not here; nothing runs without its sandbox", "macOS has it in /usr/bin"
        )
    said = await _said(program, "-p", "(version 1)(allow default)", "/usr/bin/true")
    if said is None:
        return None
    return Trouble(
        f"sandbox-exec cannot make a sandbox here: {said}",
        "it makes none inside another: start the daemon outside of one",
    )


async def _said(*argv: str) -> str | None:
    """Return what a program that failed said, None for one that succeeded."""
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            # Ours may hold passphrases, which any program of this user could read in /proc.
            env={"PATH": os.defpath} | {name: os.environ[name] for name in _INHERITED if name in os.environ},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        return f"{argv[0]}: {error.strerror}"
    try:
        async with asyncio.timeout(_LIMIT):
            _, said = await process.communicate()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        return f"it took longer than {_LIMIT:g} s"
    if process.returncode == 0:
        return None
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"exit status {process.returncode}"


def _advice(said: str, root: Path = Path("/")) -> str:
    """Return what to do where bubblewrap failed with these words."""
    if "unknown option" in said.lower():
        return "install bubblewrap 0.5 or newer"
    proc = root / "proc/sys"
    if _says(proc / "kernel/apparmor_restrict_unprivileged_userns", "1"):
        return (
            "AppArmor forbids it (Ubuntu 23.10 and newer): apt install apparmor-profiles, copy "
            "/usr/share/apparmor/extra-profiles/bwrap-userns-restrict to /etc/apparmor.d/, reload apparmor; "
            "or sysctl kernel.apparmor_restrict_unprivileged_userns=0"
        )
    if _says(proc / "kernel/unprivileged_userns_clone", "0"):
        return "allow user namespaces: sysctl kernel.unprivileged_userns_clone=1"
    if _says(proc / "user/max_user_namespaces", "0"):
        return "allow user namespaces: sysctl user.max_user_namespaces=15000"
    if (root / ".dockerenv").exists() or (root / "run/.containerenv").exists():
        return (
            "in a container: start it with --security-opt seccomp=unconfined --security-opt "
            "apparmor=unconfined --security-opt systempaths=unconfined, or declare `sandbox: none` there, "
            "where the container is the sandbox"
        )
    return "`bwrap --ro-bind / / true` shows it; an administrator can allow unprivileged user namespaces"


def _says(place: Path, value: str) -> bool:
    try:
        return place.read_text().strip() == value
    except OSError:
        return False
