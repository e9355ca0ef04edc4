"""Errors as problem details."""

import json

import pytest

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
from constellagent.faces.web.problems import HttpError, UnknownError, defect, encode, problem
from constellagent.ravi.failures import MissingError, UnfitError


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (UsageError("x"), 422, "UsageError"),
        (SpecError("f", [Problem(1, 2, "a", "b")]), 422, "SpecError"),
        (RefusedError("x", ["y"]), 409, "RefusedError"),
        (ConflictError("x"), 409, "ConflictError"),
        (BusyError("x", owner="y"), 423, "BusyError"),
        (UnavailableError("x"), 503, "UnavailableError"),
        (WorldError("x", delay=2.0), 502, "WorldError"),
        (GitError(["push"], 1, "no"), 502, "GitError"),
        (ConstellagentError("x"), 502, "ConstellagentError"),
        (MissingError("x"), 404, "ConstellagentError"),
        (UnfitError("x"), 422, "ConstellagentError"),
        (UnknownError("x"), 404, "UsageError"),
        (HttpError(418, "x"), 418, "UsageError"),
    ],
)
def test_each_error_has_its_status(error: ConstellagentError, status: int, kind: str) -> None:
    """The class tells the status, and is told too, with the error's own words and details."""
    view = problem(error)
    assert (view["status"], view["kind"], view["detail"]) == (status, kind, error.message)
    assert ("details" in view) == bool({**error.details()} or isinstance(error, WorldError))


def test_hints_and_losses_are_told() -> None:
    """What to do, and what would have been lost."""
    view = problem(RefusedError("no", ["a.txt"], hint="commit first"))
    assert view["hint"] == "commit first"
    assert view["details"] == {"losses": ["a.txt"]}


def test_json_is_ascii_and_never_more_than_json() -> None:
    """Odd bytes in a path survive, and what is no JSON is a defect here, not in the client."""
    assert json.loads(encode({"path": "a\udcff"})) == {"path": "a\udcff"}
    assert encode("\u00e9").isascii()
    with pytest.raises(ValueError, match="JSON"):
        encode(float("nan"))
    assert "hint" in defect()
