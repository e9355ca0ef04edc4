"""What an error looks like to a client of the API: problem details (RFC 9457), with our hint.

Our own errors say all they know. A defect says only that it was one: its words may hold secrets.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NotRequired, TypedDict

from constellagent.errors import (
    BusyError,
    ConflictError,
    ConstellagentError,
    RefusedError,
    SpecError,
    UnavailableError,
    UsageError,
    WorldError,
)
from constellagent.faces import wire
from constellagent.ravi.failures import MissingError, UnfitError

CONTENT_TYPE = "application/problem+json"

_STATUSES: tuple[tuple[type[ConstellagentError], int], ...] = (
    (SpecError, 422),
    (UsageError, 422),
    (MissingError, 404),
    (UnfitError, 422),
    (RefusedError, 409),
    (ConflictError, 409),
    (BusyError, 423),
    (UnavailableError, 503),
    (WorldError, 502),
    (ConstellagentError, 502),
)
"""The status of each class of error; the first that fits counts. A git error is a world error."""


class ProblemView(TypedDict):
    """Why a request failed.

    `kind` names the class of the error, `hint` says what to do, `details` is what else is known.
    """

    type: str
    title: str
    status: int
    detail: str
    kind: str
    hint: NotRequired[str]
    details: NotRequired[dict[str, Any]]


class HttpError(UsageError):
    """A request that is refused by the server itself, with the status that says so.

    Attributes:
        status: the HTTP status.
        headers: what else the answer must carry (`Allow`, `Retry-After`).
        more: what `details` holds.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        hint: str = "",
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.headers = dict(headers or {})
        self.more = dict(more or {})

    def details(self) -> Mapping[str, object]:
        """Return what the server added."""
        return self.more


class UnknownError(HttpError):
    """What the path, or a name in the query, stands for does not exist."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(404, message, hint=hint)


def status_of(error: ConstellagentError) -> int:
    """Return the HTTP status that stands for the error."""
    if isinstance(error, HttpError):
        return error.status
    return next(status for kind, status in _STATUSES if isinstance(error, kind))


def problem(error: ConstellagentError, status: int | None = None) -> ProblemView:
    """Return the problem details of an error of ours; `status` wins over its own."""
    body = wire.error_body(error)
    status = status_of(error) if status is None else status
    view = ProblemView(
        type="about:blank",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=body["message"],
        kind=body["kind"],
    )
    if body["hint"]:
        view["hint"] = body["hint"]
    if body["details"]:
        view["details"] = body["details"]
    return view


def defect() -> ProblemView:
    """Return the problem details that stand for a defect of ours."""
    return ProblemView(
        type="about:blank",
        title=HTTPStatus.INTERNAL_SERVER_ERROR.phrase,
        status=500,
        detail="the daemon met a defect",
        kind="ConstellagentError",
        hint="the daemon's log has the traceback",
    )


def encode(value: Any) -> bytes:
    """Return the value as JSON in ASCII, so that odd bytes in a path survive as lone surrogates."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii") + b"\n"
