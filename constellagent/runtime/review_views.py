"""What a face may ask to see of an agent's worktree, or to have done there: JSON-shaped, for every face.

A file is reached only as (agent, revision, path): the path is relative to the worktree, and nothing below
`.git` or `.ravi` is ever answered or written. Names that are no text travel as lone surrogates.
"""

from typing import Any, Literal, NotRequired, TypedDict

BrowseAction = Literal["files", "content", "commits", "facts", "hunks", "merge", "overlaps"]
"""What can be asked; `BrowseRequest` says which keys each takes."""

ChangeAction = Literal["save", "remove", "stage", "unstage", "discard", "commit", "push", "merge"]
"""What can be done; `ChangeRequest` says which keys each takes."""

WORKTREE = "worktree"
"""The revision that is the files on disk; `index` is what is staged, all others are git's names."""

LARGEST_TEXT = 5 << 20
"""Bytes of a file above which its content is not sent."""


class BrowseRequest(TypedDict):
    """One question about an agent's worktree; those in brackets may be left out.

    files                                    FilesView: every file that is not ignored
    content   path, revision                 ContentView
    commits   [revision, limit, all]         CommitsView, newest first; `all` goes on behind the base
    facts                                    FactsView
    hunks     path, [staged]                 list[HunkView]: of index to worktree, or HEAD to index
    merge                                    MergeView: what merging the branch into its base would do
    overlaps                                 list[OverlapView], of the whole constellation (agent is empty)

    `files`, `content` and `commits` also take `run`, the id of a schedule's run: the worktree is the one that
    it worked in then, or what it left where that is gone.
    """

    file: str
    agent: str
    action: BrowseAction
    path: NotRequired[str]
    revision: NotRequired[str]
    run: NotRequired[str]
    limit: NotRequired[int]
    all: NotRequired[bool]
    staged: NotRequired[bool]


class ChangeRequest(TypedDict):
    """One thing to do in an agent's worktree; those in brackets may be left out.

    save      path, text, version, [encoding, eol]   SavedView; `version` is what the text was made from
    remove    path, version                          DoneView; a rescue ref is made first
    stage     paths | path, hunks                    DoneView; no paths means all
    unstage   paths | path, hunks                    DoneView
    discard   paths | path, hunks                    DoneView; a rescue ref is made first
    commit    message, [author, all]                 CommitView; `all` stages every change first
    push      [remote]                               DoneView; never forces
    merge     method, [message, commit, author]      MergedView; `commit` must still be the branch's

    `version` is the `ContentView.version` that was seen, empty for a file that is to be new. `author` is
    `agent` (the identity) or `person`; where it is left out, a commit is the agent's and a merge the
    person's, or the other's where that one is not known. `method` is `merge`, `squash` or `rebase`.
    """

    file: str
    agent: str
    action: ChangeAction
    path: NotRequired[str]
    paths: NotRequired[list[str]]
    hunks: NotRequired[list[str]]
    text: NotRequired[str]
    version: NotRequired[str]
    encoding: NotRequired[str]
    eol: NotRequired[str]
    message: NotRequired[str]
    author: NotRequired[Literal["agent", "person"]]
    all: NotRequired[bool]
    remote: NotRequired[str]
    method: NotRequired[Literal["merge", "squash", "rebase"]]
    commit: NotRequired[str]


class FilesView(TypedDict):
    """The paths of a worktree's files, sorted; `truncated` where there are more than are sent."""

    files: list[str]
    truncated: bool


class ContentView(TypedDict):
    """One file at one revision.

    `kind` says what it is: `image` and `binary` have no text, of a `symlink` the text is where it points (it
    is never followed), of a `submodule` the commit. `absent` is no file at this revision, `large` one above
    `LARGEST_TEXT`. `version` is equal as long as the content and the mode are. `encoding` and `eol` are what
    a save must keep; `text` has line feeds only where `eol` is `crlf` or `cr`, and is unchanged where it is
    `mixed`.
    `data` is base64 of an image, `media` its type; an SVG image is `text` and has both. `editable` says that
    a save of this path may be tried.
    """

    path: str
    revision: str
    commit: str
    kind: Literal["text", "binary", "image", "symlink", "submodule", "absent", "large"]
    mode: str
    size: int
    version: str
    text: str | None
    encoding: str
    eol: Literal["lf", "crlf", "cr", "mixed", ""]
    data: str | None
    media: str
    editable: bool


class CommitView(TypedDict):
    """One commit. `at` is the committer's time, epoch seconds; `pushed` None where there is no upstream."""

    commit: str
    parents: list[str]
    subject: str
    body: str
    author: str
    email: str
    at: float
    pushed: bool | None


class CommitsView(TypedDict):
    """Commits, newest first; `next` is the revision to ask from for more, empty at the end."""

    commits: list[CommitView]
    next: str


class FactsView(TypedDict):
    """Where a worktree stands.

    `upstream` is empty and `unpushed` None where the branch has none. `operation` is what is going on
    (`rebase`, `merge`, `cherry-pick`, `revert`, `bisect`, `am`), empty else. `agent` and `person` are who a
    commit can be made as, empty where that is not known. `base_at` is the worktree where the base branch is
    checked out, empty where it is nowhere.
    """

    branch: str
    head: str
    base: str
    base_at: str
    ahead: int | None
    behind: int | None
    upstream: str
    unpushed: int | None
    remotes: list[str]
    staged: int
    unstaged: int
    untracked: int
    conflicted: int
    operation: str
    agent: str
    person: str
    path: str


class HunkView(TypedDict):
    """One hunk of git's, without context lines. `id` stays the same as long as its lines and place do.

    `start` and `count` are of the old side, `new_start` and `new_count` of the new one, as in a patch.
    """

    id: str
    start: int
    count: int
    new_start: int
    new_count: int
    lines: list[str]


class ConflictView(TypedDict):
    """A path on which a merge stops. `text` is the file with conflict markers where there is such."""

    path: str
    what: str
    text: str | None


class MergeView(TypedDict):
    """What merging would do. `blocked` says why it cannot be done now, in words, empty where it can.

    `commit` is the branch's commit that was looked at, `base_commit` the base's. `uncommitted` counts changes
    in the worktree that a merge would leave behind.
    """

    base: str
    base_commit: str
    branch: str
    commit: str
    commits: int
    files: int
    fast_forward: bool
    up_to_date: bool
    conflicts: list[ConflictView]
    uncommitted: int
    blocked: str


class OverlapView(TypedDict):
    """A file that several agents have changed against their bases.

    An empty path lists the agents whose changes could not be looked at, or not all of them.
    """

    path: str
    agents: list[str]


class SavedView(TypedDict):
    """A saved file: its version now."""

    path: str
    version: str
    size: int


class DoneView(TypedDict):
    """What was done, in words, one line each. `rescue` is the ref that holds what was thrown away."""

    done: list[str]
    rescue: str


class MergedView(TypedDict):
    """A merge that was made: the base's commit now and before, and what was done, in words."""

    base: str
    commit: str
    before: str
    done: list[str]


Answer = FilesView | ContentView | CommitsView | FactsView | MergeView | Any
"""What `Control.browse` and `Control.change` return; the request says which."""
