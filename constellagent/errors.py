"""The whole error tree, split by what the reader must do.

    ConstellagentError            exit code
    ├── UsageError                64   call it differently
    ├── SpecError                 65   mend the file; carries every Problem with its place
    ├── RefusedError               3   something would be lost; carries what
    ├── ConflictError              1   the world is not as declared; a person must decide
    ├── WorldError                 1   a call failed and may work later; carries a delay
    │   └── GitError               1   git said no; carries the command and what it wrote
    ├── UnavailableError          69   the daemon or the provider cannot be reached
    └── BusyError                 75   somebody else is at it; carries who

Exit code 0 is done and 2 is "changes pending", which is a result and no error.
This module imports nothing of ours, so every layer may raise from it.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple


class Problem(NamedTuple):
    """One thing wrong in a constellation file. A named tuple, because `dataclasses` is dear to import.

    Attributes:
        line: 1-based; 0 where the whole file is meant.
        column: 1-based; 0 where the whole file is meant.
        path: dotted keys from the top (`agents.docs.branch`), empty for the file.
        message: what is wrong, in words that say what to write instead.
        rule: code of the rule about schedules that it breaks, empty for any other.
    """

    line: int
    column: int
    path: str
    message: str
    rule: str = ""

    def render(self, file: str) -> str:
        """Return `file:line:column: path: message`, the form that editors jump to."""
        place = f"{file}:{self.line}:{self.column}" if self.line else file
        return f"{place}: {self.path}: {self.message}" if self.path else f"{place}: {self.message}"


class ConstellagentError(Exception):
    """Base of all errors that a reader is meant to see.

    Attributes:
        exit_code: what the command line exits with.
        hint: what to do about it, one sentence, or empty.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def details(self) -> Mapping[str, object]:
        """Return what the JSON form carries beside message and hint."""
        return {}


class UsageError(ConstellagentError):
    """The command was called wrongly."""

    exit_code = 64


class SpecError(ConstellagentError):
    """A constellation file cannot be used; every problem in it is listed."""

    exit_code = 65

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(problem.render(file) for problem in problems))
        self.file = file
        self.problems = tuple(problems)

    def details(self) -> Mapping[str, object]:
        """Return the problems as rows."""
        return {
            "file": self.file,
            "problems": [
                {"line": p.line, "column": p.column, "path": p.path, "message": p.message, "rule": p.rule}
                for p in self.problems
            ],
        }


class RefusedError(ConstellagentError):
    """Going on would lose something; nothing was done.

    Attributes:
        losses: one line for each thing that would be lost.
    """

    exit_code = 3

    def __init__(self, message: str, losses: Sequence[str] = (), *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.losses = tuple(losses)

    def details(self) -> Mapping[str, object]:
        """Return the losses."""
        return {"losses": list(self.losses)}


class ConflictError(ConstellagentError):
    """The world is in a state that only a person can decide about."""


class WorldError(ConstellagentError):
    """A call to the world failed; trying again may work.

    Attributes:
        delay: seconds to wait before the next try, or None where nobody knows.
    """

    def __init__(self, message: str, *, hint: str = "", delay: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.delay = delay


class GitError(WorldError):
    """A git command failed.

    Attributes:
        command: the git subcommand and its arguments, without our hardening flags.
        status: its exit status, or None where it was ended by our time limit.
        stderr: what it wrote to stderr, decoded leniently.
    """

    def __init__(self, command: Sequence[str], status: int | None, stderr: str, *, hint: str = "") -> None:
        said = stderr.strip() or "no message"
        ended = "timed out" if status is None else f"failed ({status})"
        super().__init__(f"git {' '.join(command)} {ended}: {said}", hint=hint)
        self.command = tuple(command)
        self.status = status
        self.stderr = stderr


class UnavailableError(ConstellagentError):
    """The daemon or the identity provider cannot be reached."""

    exit_code = 69


class BusyError(ConstellagentError):
    """Another process holds what is needed.

    Attributes:
        owner: who holds it (`apply by pid 4711`), or empty where unknown.
    """

    exit_code = 75

    def __init__(self, message: str, *, owner: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.owner = owner

    def details(self) -> Mapping[str, object]:
        """Return who holds it."""
        return {"owner": self.owner}
