"""What a face may ask about an agent's changes, and the shapes of the answers."""

from typing import Literal, NotRequired, TypedDict

FileStatus = Literal["added", "modified", "deleted", "renamed", "copied", "type", "unmerged", "untracked"]


class DiffRequest(TypedDict):
    """Whose changes. `against` is `base` (default), `HEAD`, or a commit; the other side is the worktree.

    With `path` or `paths` the answer has the patch of these files, else none. `ignore_space` leaves changes
    of white space out.
    """

    file: str
    agent: str
    against: NotRequired[str]
    path: NotRequired[str]
    paths: NotRequired[list[str]]
    ignore_space: NotRequired[bool]
    context: NotRequired[int]


class FileChange(TypedDict):
    """One changed file; paths are relative to the worktree. Counts are None for a binary file."""

    path: str
    old_path: str | None
    status: FileStatus
    added: int | None
    removed: int | None


class DiffView(TypedDict):
    """An agent's changes. `commit` is what `against` stands for, `patch` git's own unified text.

    `truncated` says that the patch, or the list of files, was longer than is sent.
    """

    agent: str
    against: str
    commit: str
    branch: str
    ahead: int | None
    behind: int | None
    files: list[FileChange]
    added: int
    removed: int
    patch: str | None
    truncated: bool
