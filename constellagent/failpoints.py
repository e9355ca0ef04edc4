"""Failing on purpose, by name, so that tests can prove that no place to fail loses anything.

`CONSTELLAGENT_FAIL_AT=worktree.add:after` ends the process (exit 137, no cleanup, as `kill -9` would) when
that point is reached. A name is a member of an enumeration (`FilePoint` here, `ports.Step`, `points` of the
runtime and of the provider) with `:before` or `:after`. A kind may follow: `=kill` is meant without one,
`=error` fails as a broken disk does, `=full` as a full one, `=stop` hangs; `@3` means the third time only.
Several are parted by commas. The command line and the daemon refuse a name that no enumeration has. Where
the variable is not set, functions are not even wrapped. Each fault that happens is written down, a line with
its point, in the file that `CONSTELLAGENT_FAIL_TOLD` names: whoever asks for a fault must know that it came.
"""

import errno
import functools
import os
import signal
from collections.abc import Callable
from enum import StrEnum

TYPE_CHECKING = False
if TYPE_CHECKING:  # each session's holder imports this module, and `typing` is dear to import
    from typing import Any, ParamSpec, TypeVar

    P = ParamSpec("P")
    R = TypeVar("R")

VARIABLE = "CONSTELLAGENT_FAIL_AT"
TOLD = "CONSTELLAGENT_FAIL_TOLD"
"""The variable that names the file in which faults are written down; nothing is where it is not set."""
EXIT = 137

_KINDS = frozenset({"kill", "error", "full", "stop"})
_COROUTINE = 0x80
"""The flag of code that is `async def`; `inspect` knows it too, and is dear to import in a holder."""


class FilePoint(StrEnum):
    """What happens to every durable file; the file's name stands in between: `file.commit.state:before`."""

    COMMIT = "file.commit"
    MIGRATE = "file.migrate"
    BACKUP = "file.backup"
    ASIDE = "file.aside"
    """A damaged file gets its second name."""
    ASIDE_LOG = "file.aside_log"
    """Its log gets another name."""
    EXCHANGE = "file.exchange"
    """The file that was made anew takes its place."""


class _Fault:
    """What happens at a point: always, or (`only` is not 0) the so manieth time."""

    __slots__ = ("kind", "only", "passed")

    def __init__(self, kind: str, only: int) -> None:
        self.kind = kind
        self.only = only
        self.passed = 0


def _read(text: str) -> dict[str, _Fault]:
    """Return the faults that a value of the variable asks for, by point.

    Raises:
        SystemExit: it asks for a kind of fault that there is not, or for no number.
    """
    faults: dict[str, _Fault] = {}
    for word in filter(None, text.split(",")):
        point, _, what = word.strip().partition("=")
        point, _, count = (point if what else word.strip()).partition("@")
        kind, _, number = what.partition("@")
        count, kind = number or count, kind or "kill"
        if kind not in _KINDS or not (count or "0").isdecimal():
            raise SystemExit(f"{VARIABLE}: {word!r} is no POINT[=kill|error|full|stop][@N]")
        faults[point] = _Fault(kind, int(count or 0))
    return faults


_faults: dict[str, _Fault] = _read(os.environ.get(VARIABLE, ""))
_wrapping = VARIABLE in os.environ


def arm(text: str) -> None:
    """Ask for other faults from now on; in vain at `around`, unless the variable was set from the start."""
    _faults.clear()
    _faults.update(_read(text))


def reach(point: str) -> None:
    """Fail here if `point` was asked for.

    Raises:
        OSError: it was asked for as an `error`, or as a `full` disk.
    """
    if _faults and (fault := _faults.get(point)) is not None:
        _fail(point, fault)


def around(point: StrEnum) -> "Callable[[Callable[P, R]], Callable[P, R]]":
    """Decorate what changes something durably: `point:before` is reached before it, `point:after` after."""

    def wrap(function: "Callable[P, R]") -> "Callable[P, R]":
        if not _wrapping:
            return function
        before, after = f"{point}:before", f"{point}:after"
        if function.__code__.co_flags & _COROUTINE:

            @functools.wraps(function)
            async def later(*args: "P.args", **kwargs: "P.kwargs") -> "Any":
                reach(before)
                result = await function(*args, **kwargs)  # type: ignore[misc] # the flag says that it can be
                reach(after)
                return result

            return later  # type: ignore[return-value] # what it returns is awaited just as `function`'s is

        @functools.wraps(function)
        def now(*args: "P.args", **kwargs: "P.kwargs") -> "R":
            reach(before)
            result = function(*args, **kwargs)
            reach(after)
            return result

        return now

    return wrap


def _fail(point: str, fault: _Fault) -> None:
    fault.passed += 1
    if fault.only not in {0, fault.passed}:
        return
    if told := os.environ.get(TOLD):
        _tell(told, point)
    if fault.kind == "kill":
        os._exit(EXIT)
    if fault.kind == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)
        return
    number = errno.EIO if fault.kind == "error" else errno.ENOSPC
    raise OSError(number, os.strerror(number), point)


def _tell(place: str, point: str) -> None:
    """Write down that a fault happens now: nothing of the process is left to say so afterwards."""
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        os.write(descriptor, f"{point}\n".encode())
    finally:
        os.close(descriptor)
