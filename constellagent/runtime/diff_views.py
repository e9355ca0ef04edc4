"""What a face may ask about an agent's changes, and the shapes of the answers."""

from typing import Literal, NotRequired, TypedDict

FileStatus = Literal["added", "modified", "deleted", "renamed", "copied", "type", "unmerged", "untracked"]


class DiffRequest(TypedDict):
    """Whose changes, between which two revisions.

    `against` is `base` (default: where the branch left its base), `HEAD`, `index`, a commit, or `empty` (no
    file at all); `to` is `worktree` (default), `index` or a commit. So what is staged is against `HEAD` to
    `index`. With `run`, the id of a schedule's run (or a beginning of it), both sides are those of that run's
    work.
    With `path` or `paths` the answer has the patch of these files, else none. `ignore_space` leaves changes
    of white space out.
    """

    file: str
    agent: str
    against: NotRequired[str]
    to: NotRequired[str]
    run: NotRequired[str]
    path: NotRequired[str]
    paths: NotRequired[list[str]]
    ignore_space: NotRequired[bool]
    context: NotRequired[int]


class FileChange(TypedDict):
    """One changed file; paths are relative to the worktree. Counts are None for a binary file.

    `old_mode` and `mode` are git's (`100644`), empty where that side has no such file.
    """

    path: str
    old_path: str | None
    status: FileStatus
    added: int | None
    removed: int | None
    old_mode: str
    mode: str


class DiffView(TypedDict):
    """An agent's changes. `commit` is what `against` stands for, `patch` git's own unified text.

    `to_commit` is what `to` stands for, empty for the worktree and the index. `truncated` says that the
    patch, or the list of files, was longer than is sent.
    """

    agent: str
    against: str
    to: str
    commit: str
    to_commit: str
    branch: str
    ahead: int | None
    behind: int | None
    files: list[FileChange]
    added: int
    removed: int
    patch: str | None
    truncated: bool
