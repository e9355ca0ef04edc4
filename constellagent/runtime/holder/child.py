"""Starting a session's program in a new pty, or saying in words why it cannot be started."""

import os
import resource
import signal
import stat

from ptyprocess import PtyProcess

from constellagent.failpoints import around
from constellagent.runtime.points import Point


class StartError(Exception):
    """The program was not started.

    Attributes:
        reason: why, for a person.
        hint: what to do about it, or empty.
    """

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


@around(Point.HOLDER_PROGRAM)
def start(
    argv: list[str],
    cwd: str,
    env: dict[str, str],
    size: tuple[int, int],
    umask: int,
    descriptors: int = 0,
) -> PtyProcess:
    """Start `argv` in `cwd` with exactly `env`; returns after its exec has succeeded.

    `size` is rows and columns. The program gets the default action of every signal, even of those that the
    holder ignores. With `descriptors` it may open so many files, not as many as the daemon and its holders.

    Raises:
        StartError: it could not be started; nothing runs.
    """
    _check_words([*argv, *env, *env.values()])
    _check_folder(cwd)
    holder = os.getpid()
    program = find(argv[0], env.get("PATH", os.defpath), cwd)

    def prepare() -> None:
        _reset_signals()
        os.umask(umask)
        _limit(descriptors)
        os.chdir(cwd)  # not through ptyprocess: there a failure would leave a second holder behind

    try:
        child = PtyProcess.spawn([program, *argv[1:]], env=env, preexec_fn=prepare, dimensions=size)
    except BaseException as error:
        if os.getpid() != holder:
            os._exit(127)  # ptyprocess lets some failures out in the child, which must not go on as a holder
        if not isinstance(error, OSError):
            raise StartError(f"cannot run {program}: {error}") from error
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise StartError(f"cannot run {program}: {reason}", _hint(error.errno)) from error
    os.set_blocking(child.fd, False)
    return child


def find(command: str, path: str, cwd: str) -> str:
    """Return the file that `command` names: on `path`, or relative to `cwd` where it has a slash.

    Raises:
        StartError: there is none that may be run.
    """
    if not command:
        raise StartError("the command is empty", "give at least a program's name")
    folders = [""] if "/" in command else [folder or "." for folder in path.split(os.pathsep)]
    found = ""
    for folder in folders:
        file = f"{cwd}/{folder}/{command}" if not folder.startswith("/") else f"{folder}/{command}"
        if not folder:
            file = command if command.startswith("/") else f"{cwd}/{command}"
        try:
            mode = os.stat(file).st_mode  # noqa: PTH116 - pathlib is dear to import
        except OSError:
            continue
        if stat.S_ISREG(mode) and os.access(file, os.X_OK):
            return file
        found = found or file
    if found:
        found = os.path.normpath(found)
        what = "a folder" if os.path.isdir(found) else "not executable"  # noqa: PTH112 - the same
        raise StartError(f"{found} is {what}", f"chmod +x {found}" if what == "not executable" else "")
    where, searched = (f"in {cwd}", "") if "/" in command else ("on PATH", f"; PATH is {path}")
    raise StartError(f"command not found: {command} {where}", f"install it, or correct the command{searched}")


def _check_words(words: list[str]) -> None:
    for word in words:
        try:
            fits = b"\0" not in os.fsencode(word)
        except UnicodeEncodeError:
            fits = False
        if not fits:
            raise StartError("an argument or variable holds a character that no program can be given")


def _check_folder(cwd: str) -> None:
    try:
        mode = os.stat(cwd).st_mode  # noqa: PTH116 - pathlib is dear to import
    except OSError as error:
        raise StartError(f"cannot start in {cwd}: {os.strerror(error.errno or 0)}") from error
    if not stat.S_ISDIR(mode):
        raise StartError(f"cannot start in {cwd}: it is not a folder")
    if not os.access(cwd, os.X_OK):
        raise StartError(f"cannot start in {cwd}: permission denied")


def _hint(number: int | None) -> str:
    if number == 8:  # ENOEXEC
        return "a script must begin with a line such as #!/bin/sh"
    if number == 7:  # E2BIG
        return "arguments and environment are too long together; pass the long part in a file"
    return ""


def _limit(descriptors: int) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if descriptors and (hard == resource.RLIM_INFINITY or descriptors <= hard):
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, hard))


def _reset_signals() -> None:
    """Take the default action for what Python ignores, as a program expects to be started."""
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
