"""How a headless run went: the verdict on it, and the file in its session's folder that says so."""

import contextlib
import json
import os
import signal
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from constellagent.agents.streams.outcome import Outcome
from constellagent.runtime.headless.progress import amount, count

NAME = "outcome.json"
_MOST_WORDS = 1 << 16
"""Characters of an answer that are kept."""
_MOST_WHY = 500
"""Characters of a reason that are kept: it is shown in one line."""


class End(NamedTuple):
    """How the program of a run ended.

    Attributes:
        exit_status: None where a signal ended it, or it never started.
        signal: that ended it; 0 for none.
        limit: the time limit that it was ended for, in words; empty where it was not.
    """

    exit_status: int | None = None
    signal: int = 0
    limit: str = ""


class Result(NamedTuple):
    """How a run went, all told.

    Attributes:
        ok: it did its work, by its own account, by its exit status, and by its worktree.
        why: in words, where it is not `ok`, or was not allowed all that it wanted.
        timed_out: it was ended for taking longer than its limit.
        exit_status: of its program; None where a signal ended it, or it never started.
        outcome: what the program itself said.
    """

    ok: bool
    why: str
    timed_out: bool
    exit_status: int | None
    outcome: Outcome


def judge(outcome: Outcome, end: End, changed: Callable[[], bool | None]) -> Result:
    """Return the verdict; `changed` says whether the worktree did, and None where nobody can know.

    An exit status of 0 is no success where the program says otherwise, or where it was not allowed to do
    something and there is nothing that it did.
    """
    denied = f"was not allowed to: {', '.join(dict.fromkeys(outcome.denied))}" if outcome.denied else ""
    if end.limit:
        why = f"it took longer than its limit of {end.limit}"
    elif end.signal:
        why = f"killed by {_name(end.signal)}"
    elif end.exit_status is None:
        why = outcome.why or "it was not started"
    elif end.exit_status:
        why = _joined(f"exit status {end.exit_status}", outcome.why)
    elif not outcome.ok:
        why = _joined(outcome.why or "it did not say that it had finished", denied)
    elif denied and changed() is False:
        why = _joined(denied, "changed nothing")
    else:
        return Result(ok=True, why=_line(denied), timed_out=False, exit_status=0, outcome=outcome)
    return Result(False, _line(why), bool(end.limit), end.exit_status, outcome)


def write(folder: str, result: Result) -> None:
    """Write the file, private and at once whole.

    Raises:
        OSError: it cannot be written.
    """
    outcome = result.outcome._replace(answer=result.outcome.answer[:_MOST_WORDS])
    value = result._replace(outcome=outcome)._asdict() | {"outcome": outcome._asdict()}
    fresh = f"{folder}/{NAME}.new"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        fd = os.open(fresh, flags, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(json.dumps(value).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, f"{folder}/{NAME}")  # noqa: PTH105 - pathlib is dear to import
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(fresh)  # noqa: PTH108 - the same
        raise


def read(folder: str) -> Result | None:
    """Return how the run of a session went; None where it is not written, as while it goes on.

    Raises:
        OSError: it is there and cannot be read.
        ValueError: it is there and says nothing of the kind.
    """
    try:
        with open(f"{folder}/{NAME}", encoding="utf-8") as file:  # noqa: PTH123 - pathlib is dear to import
            text = file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        value = json.loads(text)
        status = value["exit_status"]
        return Result(
            ok=value["ok"] is True,
            why=str(value["why"]),
            timed_out=value["timed_out"] is True,
            exit_status=None if status is None else int(status),
            outcome=_outcome(value["outcome"]),
        )
    except (KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"the outcome lacks a part or has one of the wrong kind: {error}") from error


def _outcome(value: Mapping[str, Any]) -> Outcome:
    return Outcome(
        ok=value["ok"] is True,
        why=str(value["why"]),
        answer=str(value["answer"]),
        denied=tuple(str(tool) for tool in value["denied"]),
        conversation=str(value["conversation"]),
        input=count(value["input"]),
        output=count(value["output"]),
        cost=amount(value["cost"]),
        turns=count(value["turns"]),
    )


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _line(text: str) -> str:
    """Return a text as one line that is not too long."""
    line = " ".join(text.split())
    return line if len(line) <= _MOST_WHY else f"{line[: _MOST_WHY - 1]}\N{HORIZONTAL ELLIPSIS}"


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
