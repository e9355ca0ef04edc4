"""The words on the daemon's socket: one JSON value a line, and the errors that cross it.

    server greets    {"protocol", "version", "pid"}
    client asks      {"id", "method", "params"}
    server answers   {"id", "result"}  or  {"id", "error"}  or  {"id", "item"} ... {"id", "end": true}

Shared by both clients and the server, and light enough that a `status` pays nothing for it.
"""

import json
import math
from collections.abc import Mapping
from typing import Any, TypedDict

from constellagent.errors import (
    BusyError,
    ConflictError,
    ConstellagentError,
    GitError,
    Problem,
    RefusedError,
    SpecError,
    UnavailableError,
    UsageError,
    WorldError,
)

MAX_LINE = 16 << 20
"""Bytes that one line may have; a longer one ends the connection."""

STREAMED = frozenset({"apply"})
"""Methods whose answer is a stream of items that goes on, if need be unheard, to its own end."""

ENDLESS = frozenset({"watch"})
"""Methods whose answer is a stream of items until the client leaves."""

ANSWERED_ACROSS_VERSIONS = frozenset({"info", "shutdown"})
"""Methods whose shapes never change, so that any client can say which daemon runs and end it."""

_KINDS: Mapping[str, type[ConstellagentError]] = {
    kind.__name__: kind
    for kind in (
        ConstellagentError,
        UsageError,
        SpecError,
        RefusedError,
        ConflictError,
        WorldError,
        GitError,
        UnavailableError,
        BusyError,
    )
}


class ErrorBody(TypedDict):
    """An error as JSON. `kind` names a class of `constellagent.errors`."""

    kind: str
    message: str
    hint: str
    exit_code: int
    details: dict[str, Any]


def encode(value: Mapping[str, Any]) -> bytes:
    """Return the value as one line, in ASCII, so that odd bytes in a path survive as lone surrogates.

    Raises:
        ConstellagentError: the line would be longer than `MAX_LINE`.
    """
    line = json.dumps(value, separators=(",", ":")).encode("ascii") + b"\n"
    if len(line) > MAX_LINE:
        raise ConstellagentError(f"a message of {len(line)} bytes is longer than the {MAX_LINE} allowed")
    return line


def decode(line: bytes) -> dict[str, Any]:
    """Return the object that one line holds.

    Raises:
        UsageError: the line is not one JSON object in UTF-8.
    """
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError("a line on the daemon's socket is not JSON") from error
    if not isinstance(value, dict):
        raise UsageError("a line on the daemon's socket is not a JSON object")
    return value


def error_body(error: ConstellagentError) -> ErrorBody:
    """Return the error as JSON; a class unknown to the other side travels as its nearest known base."""
    kind = next(base.__name__ for base in type(error).__mro__ if base.__name__ in _KINDS)
    details = dict(error.details())
    if isinstance(error, WorldError):
        details["delay"] = error.delay
    if isinstance(error, GitError):
        details |= {"command": list(error.command), "status": error.status, "stderr": error.stderr}
    return ErrorBody(
        kind=kind,
        message=error.message,
        hint=error.hint,
        exit_code=error.exit_code,
        details=details,
    )


def error_from(body: Mapping[str, Any]) -> ConstellagentError:
    """Return the error that `error_body` wrote, as the same class; unreadable parts become a plain error."""
    message, hint = str(body.get("message", "the daemon gave no reason")), str(body.get("hint", ""))
    details = body.get("details")
    try:
        return _rebuild(str(body.get("kind")), message, hint, details if isinstance(details, dict) else {})
    except (KeyError, TypeError, ValueError, OverflowError):
        return ConstellagentError(message, hint=hint)


def _rebuild(kind: str, message: str, hint: str, details: Mapping[str, Any]) -> ConstellagentError:
    match kind:
        case "SpecError":
            problems = [
                Problem(int(row["line"]), int(row["column"]), str(row["path"]), str(row["message"]))
                for row in details["problems"]
            ]
            return SpecError(str(details["file"]), problems)
        case "RefusedError":
            return RefusedError(message, [str(loss) for loss in details["losses"]], hint=hint)
        case "BusyError":
            return BusyError(message, owner=str(details["owner"]), hint=hint)
        case "GitError":
            status = None if details["status"] is None else int(details["status"])
            command = [str(word) for word in details["command"]]
            return GitError(command, status, str(details["stderr"]), hint=hint)
        case "WorldError":
            return WorldError(message, hint=hint, delay=_seconds(details["delay"]))
        case _:
            return _KINDS.get(kind, ConstellagentError)(message, hint=hint)


def _seconds(delay: Any) -> float | None:
    """Return how long to wait, None where nobody knows.

    Raises:
        ValueError: it is no time, and so are TypeError and OverflowError.
    """
    found = None if delay is None else float(delay)
    if found is not None and not 0 <= found < math.inf:
        raise ValueError(f"{found} is no time")
    return found


def check_greeting(greeting: Mapping[str, Any], protocol: int) -> None:
    """Check that the daemon speaks our protocol.

    Raises:
        UnavailableError: it does not, or the line is no greeting of ours.
    """
    if greeting.get("protocol") == protocol:
        return
    theirs, version = greeting.get("protocol", "none"), greeting.get("version", "unknown")
    raise UnavailableError(
        f"the daemon speaks protocol {theirs} (version {version}) and this command speaks {protocol}",
        hint="run `constellagent daemon stop`; the next command starts the matching daemon, sessions go on",
    )
