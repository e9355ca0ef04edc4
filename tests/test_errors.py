"""What the reader of an error gets: words, a hint, an exit code, and rows for machines."""

import inspect

import pytest

from constellagent import errors
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

KINDS = [
    kind for kind in vars(errors).values() if inspect.isclass(kind) and issubclass(kind, ConstellagentError)
]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (ConstellagentError, 1),
        (UsageError, 64),
        (SpecError, 65),
        (RefusedError, 3),
        (ConflictError, 1),
        (WorldError, 1),
        (GitError, 1),
        (UnavailableError, 69),
        (BusyError, 75),
    ],
)
def test_exit_codes(kind: type[ConstellagentError], code: int) -> None:
    """Each kind of error has the exit code that scripts rely on."""
    assert kind.exit_code == code


def test_the_tree_is_drawn_whole() -> None:
    """The picture in the module's docstring names every class, with its exit code."""
    drawn = {
        words[0]: int(words[1])
        for line in (errors.__doc__ or "").splitlines()
        if (words := line.strip(" │├└─").split())
        and words[0].endswith("Error")
        and len(words) > 1
        and words[1].isdigit()
    }

    expected = {kind.__name__: kind.exit_code for kind in KINDS}
    del expected["ConstellagentError"]
    assert drawn == expected


def test_message_and_hint() -> None:
    """The message is what happened, the hint is what to do; neither is lost in `str` or attributes."""
    error = WorldError("the disk is full", hint="make room", delay=2.5)

    assert str(error) == error.message == "the disk is full"
    assert (error.hint, error.delay, error.details()) == ("make room", 2.5, {})
    assert ConstellagentError("x").hint == ""


@pytest.mark.parametrize(
    ("problem", "line"),
    [
        (Problem(12, 5, "agents.docs.branch", "is bad"), "a.yaml:12:5: agents.docs.branch: is bad"),
        (Problem(12, 5, "", "is bad"), "a.yaml:12:5: is bad"),
        (Problem(0, 0, "", "cannot be read"), "a.yaml: cannot be read"),
        (Problem(0, 0, "agents", "is bad"), "a.yaml: agents: is bad"),
    ],
)
def test_problems_render_as_places(problem: Problem, line: str) -> None:
    """A problem is one line in the form that editors jump to; what has no place names the file alone."""
    assert problem.render("a.yaml") == line


def test_a_spec_error_lists_every_problem() -> None:
    """All problems at once: in the message one a line, in the details one a row."""
    problems = [Problem(1, 2, "a", "is bad"), Problem(3, 4, "b", "is worse")]

    error = SpecError("f.yaml", problems)

    assert str(error).splitlines() == ["f.yaml:1:2: a: is bad", "f.yaml:3:4: b: is worse"]
    assert error.details() == {
        "file": "f.yaml",
        "problems": [
            {"line": 1, "column": 2, "path": "a", "message": "is bad", "rule": ""},
            {"line": 3, "column": 4, "path": "b", "message": "is worse", "rule": ""},
        ],
    }


def test_a_refusal_carries_what_would_be_lost() -> None:
    """Losses are rows of their own."""
    error = RefusedError("no", ["a.txt is modified", "2 commits are not pushed"], hint="push")

    assert error.details() == {"losses": ["a.txt is modified", "2 commits are not pushed"]}


def test_busy_says_who() -> None:
    """Who holds it is for machines as well."""
    assert BusyError("busy", owner="apply by pid 4711").details() == {"owner": "apply by pid 4711"}
    assert BusyError("busy").owner == ""


@pytest.mark.parametrize(
    ("status", "stderr", "message"),
    [
        (128, "fatal: no\n", "git worktree add failed (128): fatal: no"),
        (None, "", "git worktree add timed out: no message"),
    ],
)
def test_a_git_error_says_what_git_said(status: int | None, stderr: str, message: str) -> None:
    """The command, how it ended and what git wrote are in the message and apart."""
    error = GitError(["worktree", "add"], status, stderr, hint="look")

    assert error.message == message
    assert (error.command, error.status, error.stderr) == (("worktree", "add"), status, stderr)
    assert error.hint == "look"
