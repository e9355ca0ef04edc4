"""The only place that starts git.

A repository's own configuration can make git run programs (hooks, a file system monitor, pagers, external
diffs). Every call goes through one helper that switches these off, drops the `GIT_*` variables of the caller,
never asks on a terminal, and ends git together with its children when time is up or the caller is cancelled.
Filters and ssh commands of a repository still run, because content would be wrong without them: a repository
is trusted with them when its constellation file is approved.
"""

import asyncio
import contextlib
import os
import re
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from constellagent import space
from constellagent.errors import ConflictError, ConstellagentError, GitError, UnavailableError
from constellagent.runtime import occupants

OLDEST = (2, 33)
"""The first git whose `worktree add` records why a worktree is locked."""

_HARDENING = (
    "core.fsmonitor=false",
    "core.pager=cat",
    "core.editor=true",
    "sequence.editor=true",
    "protocol.ext.allow=never",
    "gc.auto=0",
    "maintenance.auto=false",
    "log.showSignature=false",
    "submodule.recurse=false",
    "worktree.useRelativePaths=false",
    "checkout.workers=4",
)
_NO_PROGRAMS = dict.fromkeys(("diff", "show", "log"), ("--no-ext-diff", "--no-textconv"))
_PASSED = frozenset(
    {
        "ALL_PROXY",
        "GNUPGHOME",
        "HOME",
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "LOGNAME",
        "NO_PROXY",
        "PATH",
        "SSH_AUTH_SOCK",
        "SSL_CERT_DIR",
        "SSL_CERT_FILE",
        "TMPDIR",
        "USER",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        "all_proxy",
        "http_proxy",
        "https_proxy",
        "no_proxy",
    }
)
_LOCKED = re.compile(
    r"Unable to create '(?P<lock>.+?\.lock)': File exists|could not lock config file (?P<config>.+?): File"
)
_RETRY_AFTER = (0.25, 0.5, 1.0)
_GRACE = 5.0


Around = Callable[[Path, str, Mapping[str, str]], Awaitable[Sequence[str]]]
"""Returns what goes before git's own words in a folder, for a command with variables: those of a sandbox."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one git command came to.

    Attributes:
        status: its exit status; negative for a signal.
        stdout: its output, as bytes, because names in a repository need not be text.
        stderr: what it said, decoded leniently.
    """

    status: int
    stdout: bytes
    stderr: str

    @property
    def text(self) -> str:
        """The output as one piece of text without the newline at its end; names that are no text survive."""
        return os.fsdecode(self.stdout).removesuffix("\n")

    @property
    def fields(self) -> list[str]:
        """The parts of an output that was asked for with `-z`."""
        return [os.fsdecode(part) for part in self.stdout.split(b"\0") if part]


class Git:
    """Runs git commands in one repository.

    Attributes:
        repo: the folder in which commands run unless they name another.
        timeout: seconds after which a command is ended.
    """

    def __init__(
        self,
        repo: Path,
        *,
        timeout: float,
        hooks: bool = False,
        env: Mapping[str, str] | None = None,
        around: Around | None = None,
    ) -> None:
        """`hooks` lets the repository's hooks run; `env` adds to the small environment that git gets.

        `around` keeps git in a sandbox where a folder was in the hands of somebody who is in one.
        """
        self.repo = repo
        self.timeout = timeout
        self._hooks = hooks
        self._around = around
        self._env = {**_environment(), **(env or {})}

    async def run(
        self,
        *args: str,
        cwd: Path | None = None,
        stdin: bytes = b"",
        check: bool = True,
        env: Mapping[str, str] | None = None,
    ) -> Result:
        """Run one git command; with `check`, a status other than 0 is an error.

        A lock of another git is waited for, two seconds at most.

        Raises:
            GitError: git failed, or was ended because its time was up.
            ConflictError: another git holds a lock that the command needs, or left it behind.
            UnavailableError: git is not installed.
        """
        folder = cwd or self.repo
        environment = {**self._env, **(env or {})}
        words = () if self._around is None else await self._around(folder, args[0], environment)
        argv = [*words, *self._argv(args)]
        result = await self._once(argv, args, folder, stdin, environment)
        for delay in _RETRY_AFTER:
            if not _lock_in_the_way(result, folder):
                break
            await asyncio.sleep(delay)
            result = await self._once(argv, args, folder, stdin, environment)
        if lock := _lock_in_the_way(result, folder):
            raise await _locked(lock, args)
        if check and result.status != 0:
            raise GitError(args, result.status, space.of_program(result.stderr, folder))
        return result

    async def version(self) -> tuple[int, int]:
        """Return git's major and minor version.

        Raises:
            ConstellagentError: it is too old for us.
        """
        said = (await self.run("version", cwd=Path("/"))).text
        found = re.search(r"(\d+)\.(\d+)", said)
        version = (int(found[1]), int(found[2])) if found else (0, 0)
        if version < OLDEST:
            oldest = ".".join(map(str, OLDEST))
            raise ConstellagentError(f"{said} is too old", hint=f"install git {oldest} or newer")
        return version

    def _argv(self, args: Sequence[str]) -> list[str]:
        settings = _HARDENING if self._hooks else ("core.hooksPath=/dev/null", *_HARDENING)
        options = [part for setting in settings for part in ("-c", setting)]
        command, *rest = args
        extra = _NO_PROGRAMS.get(command, ())
        return ["git", "--no-optional-locks", "--no-pager", *options, command, *extra, *rest]

    async def _once(
        self, argv: Sequence[str], args: Sequence[str], folder: Path, stdin: bytes, env: Mapping[str, str]
    ) -> Result:
        async with occupants.ourselves(folder):
            return await self._started(argv, args, folder, stdin, env)

    async def _started(
        self, argv: Sequence[str], args: Sequence[str], folder: Path, stdin: bytes, env: Mapping[str, str]
    ) -> Result:
        try:
            process = await asyncio.create_subprocess_exec(
                *argv,
                cwd=folder,
                env=env,
                stdin=asyncio.subprocess.PIPE if stdin else asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
        except FileNotFoundError as error:
            if not folder.is_dir():
                raise GitError(args, 128, f"there is no folder {folder}") from error
            raise UnavailableError("git was not found", hint="install git, or add it to PATH") from error
        except OSError as error:
            raise GitError(args, 128, f"cannot start git in {folder}: {error.strerror}") from error
        try:
            async with asyncio.timeout(self.timeout):
                stdout, stderr = await process.communicate(stdin or None)
        except TimeoutError as error:
            said = f"ended after {self.timeout:g} s"
            raise GitError(
                args, None, said, hint="raise CONSTELLAGENT_GIT_TIMEOUT if it only needs longer"
            ) from error
        finally:
            if process.returncode is None:
                await asyncio.shield(_end(process))
        return Result(process.returncode or 0, stdout, stderr.decode(errors="replace"))


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill git and what it started; a child that left the group cannot keep us waiting."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    try:
        async with asyncio.timeout(_GRACE):
            await process.communicate()
    except TimeoutError:
        process._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001 - no public way to drop pipes that a stray child holds


def _environment() -> dict[str, str]:
    passed = {name: value for name, value in os.environ.items() if name in _PASSED}
    return {**passed, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "GIT_OPTIONAL_LOCKS": "0"}


def _lock_in_the_way(result: Result, folder: Path) -> Path | None:
    found = _LOCKED.search(result.stderr) if result.status != 0 else None
    if found is None:
        return None
    return folder / (found["lock"] or f"{found['config']}.lock")


async def _locked(lock: Path, args: Sequence[str]) -> ConflictError:
    """Describe a lock that did not go away: where, how old, and who holds it."""
    try:
        age = f"{max(0.0, time.time() - lock.stat().st_mtime):.0f} s old"
    except OSError:
        age = "gone by now"
    holders = await occupants.holding(lock)
    who = f"held by pid {', '.join(map(str, holders))}" if holders else "held by no process that we can see"
    hint = "wait until it is done" if holders else f"if no git is at work there, remove it: rm {lock}"
    return ConflictError(f"git {' '.join(args[:2])}: {lock} is in the way ({age}, {who})", hint=hint)
