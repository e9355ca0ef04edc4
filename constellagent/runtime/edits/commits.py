"""Making a commit of what is staged, as the agent or as the person. Hooks do not run: see `runtime.git`."""

from pathlib import Path
from typing import NamedTuple

from constellagent.errors import ConflictError, UsageError
from constellagent.failpoints import around
from constellagent.runtime.edits import state
from constellagent.runtime.edits.authors import Author
from constellagent.runtime.git import Git
from constellagent.runtime.points import Point
from constellagent.runtime.review_views import CommitView

_FORMAT = "%H%x00%P%x00%s%x00%b%x00%an%x00%ae%x00%ct"
_UNSAFE = frozenset({"rebase", "am"})


def message_bytes(message: str) -> bytes:
    """Return a commit message as git takes it.

    Raises:
        UsageError: it is empty or no text.
    """
    if not message.strip():
        raise UsageError("the commit message is empty", hint="say in a line what changed")
    if "\0" in message:
        raise UsageError("the commit message holds a NUL")
    try:
        return message.strip().encode() + b"\n"
    except UnicodeEncodeError as error:
        raise UsageError("the commit message is no text") from error


class Committed(NamedTuple):
    """A commit that was made, and how many files it is of."""

    view: CommitView
    files: int


@around(Point.WORK_COMMIT)
async def commit(
    git: Git, folder: Path, message: str, author: Author, *, sign: bool, every: bool = False
) -> Committed:
    """Commit what is staged; with `sign`, signed if git's configuration wants that.

    `every` says that all there is was staged for it.

    Raises:
        UsageError: the message is empty.
        ConflictError: nothing is staged, files are in conflict, or a rebase is going on.
        GitError: git failed.
    """
    data = message_bytes(message)
    now, going_on = await state.look(git, folder), await state.operation(git, folder)
    if going_on in _UNSAFE:
        raise ConflictError(
            f"a {going_on} is going on in {folder}; a commit would become part of it",
            hint="let the agent finish or abort it first",
        )
    if now.unmerged:
        raise ConflictError(
            f"{len(now.unmerged)} files are in conflict: {now.unmerged[0]}",
            hint="resolve and stage them first",
        )
    if not now.staged and going_on != "merge":
        if every:
            raise ConflictError("nothing is changed", hint="there is nothing to commit in this worktree")
        raise ConflictError("nothing is staged", hint="stage what is to be committed, or commit with --all")
    options = [] if sign else ["--no-gpg-sign"]
    await git.run(
        "commit",
        "-q",
        "--cleanup=whitespace",
        "--no-verify",
        *options,
        "-F",
        "-",
        cwd=folder,
        stdin=data,
        env=author.environment(),
    )
    return Committed(await show(git, folder, pushed=None if not now.upstream else False), len(now.staged))


async def show(git: Git, folder: Path, *, pushed: bool | None) -> CommitView:
    """Return the commit that is checked out.

    Raises:
        GitError: git failed.
    """
    said = await git.run(
        "log", "-1", "--no-color", "--no-mailmap", f"--format=tformat:{_FORMAT}", "HEAD", "--", cwd=folder
    )
    made, parents, subject, body, name, email, at = said.text.split("\0")
    return CommitView(
        commit=made,
        parents=parents.split(),
        subject=subject,
        body=body.strip("\n"),
        author=name,
        email=email,
        at=float(at),
        pushed=pushed,
    )
