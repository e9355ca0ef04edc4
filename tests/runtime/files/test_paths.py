"""Which paths are reached."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.errors import UsageError
from constellagent.runtime.files.paths import checked, reserved


@pytest.mark.parametrize(
    "path", ["a", "a/b.py", ".github/x", "git", ".gitignore", "a b\nc", "x\udcff", "..a", "a\\b", ".ravioli"]
)
def test_plain_paths_are_taken_apart(path: str) -> None:
    """An ordinary path, however odd its characters, gives its parts."""
    assert checked(path) == tuple(path.split("/"))


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/etc/passwd",
        "..",
        "../x",
        "a/../b",
        "a//b",
        "a/",
        "./a",
        "a/.",
        "a\0b",
        "x" * 5000,
        "\ud800",
    ],
)
def test_e7_what_is_no_plain_path_is_refused(path: str) -> None:
    """Nothing leads out of the worktree."""
    with pytest.raises(UsageError):
        checked(path)


@pytest.mark.parametrize(
    "path",
    [
        ".git",
        ".git/config",
        "sub/.git/hooks/x",
        ".GIT/config",
        ".Git",
        ".git.",
        ".git ",
        ".git. .",
        "git~1",
        "GIT~12/config",
        "gi7eba~1",
        ".g\u200cit",
        "\ufeff.git",
        ".git::$INDEX_ALLOCATION",
        ".git:x",
        "a\\.git\\config",
        ".ravi",
        ".RAVI/config.json",
        "deep/in/.ravi/x",
        ".ra\u200dvi",
        "ravi~1",
    ],
)
def test_git_and_the_identity_are_never_reached(path: str) -> None:
    """Every spelling that some file system takes for `.git` or `.ravi` is refused, at any depth."""
    assert reserved(path)
    with pytest.raises(UsageError, match="never shown or changed"):
        checked(path)


@given(st.text(max_size=40))
def test_any_text_is_a_path_inside_or_refused(path: str) -> None:
    """Whatever is given, what comes back are names of single steps downwards."""
    try:
        parts = checked(path)
    except UsageError:
        return
    assert "/".join(parts) == path
    assert not {"", ".", "..", ".git", ".ravi"} & set(parts)
