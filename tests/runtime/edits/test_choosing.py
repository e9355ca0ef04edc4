"""Which changes a request means."""

import pytest

from constellagent.errors import UsageError
from constellagent.runtime.edits.choosing import Choice, counted

_KNOWN = ["a", "ab", "a/b", "dir/x", "dir/y", "dirt", "inner/"]


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (None, _KNOWN),
        ([], []),
        (["a"], ["a", "a/b"]),
        (["dir/"], ["dir/x", "dir/y"]),
        (["inner"], ["inner/"]),
        (["*", "none"], []),
    ],
)
def test_a_path_means_itself_and_what_is_in_it(paths: list[str] | None, expected: list[str]) -> None:
    """No path means all, a folder means what is in it, and nothing is a pattern."""
    assert Choice.of(paths).among(_KNOWN) == expected


def test_paths_are_checked_and_must_mean_something() -> None:
    """A path out of the worktree is refused, and so is one without changes."""
    for path in ("../x", ".git", "", "/"):
        with pytest.raises(UsageError):
            Choice.of([path])
    choice = Choice.of(["dir", "none"])
    with pytest.raises(UsageError, match="nothing to stage at 'none'"):
        choice.require(choice.among(_KNOWN), "to stage")
    Choice.of(None).require([], "to stage")


def test_one_is_named_and_many_are_counted() -> None:
    """A single file is called by its name."""
    assert (counted(["a"]), counted(["a", "b"]), counted([])) == ("a", "2 files", "0 files")
