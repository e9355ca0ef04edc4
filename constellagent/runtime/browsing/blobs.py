"""One file of a commit or of the index, as git keeps it."""

from dataclasses import dataclass
from pathlib import Path

from constellagent.runtime.diffs.asking import INDEX, literal
from constellagent.runtime.git import Git

SYMLINK, SUBMODULE = "120000", "160000"
"""Git's modes of what is no plain file."""

_LITERAL = {"GIT_LITERAL_PATHSPECS": "1"}
_OURS = frozenset({"0", "2"})
"""The stages of the index that hold a merged file, and that of the own branch."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in a commit or in the index.

    Attributes:
        mode: git's word for it.
        name: the id of its content, of a submodule that of its commit.
        size: bytes; 0 of a submodule.
    """

    mode: str
    name: str
    size: int


async def entry(git: Git, worktree: Path, revision: str, path: str) -> Entry | None:
    """Return what a commit (by its id), or the index, has at a path; None for nothing, and for a folder.

    Of an unmerged file the index has the version of its own branch.

    Raises:
        GitError: git failed.
    """
    if revision == INDEX:
        return await _staged(git, worktree, path)
    said = await git.run(
        "ls-tree", "-z", "-l", "--full-tree", revision, "--", path, cwd=worktree, env=_LITERAL
    )
    for field in said.fields:
        facts, _, name = field.partition("\t")
        mode, kind, content, size = facts.split()
        if name == path and kind != "tree":
            return Entry(mode, content, int(size) if size.isdecimal() else 0)
    return None


async def read(git: Git, worktree: Path, content: str) -> bytes:
    """Return a content by its id; the caller knows that its size is bearable.

    Raises:
        GitError: git failed.
    """
    return (await git.run("cat-file", "blob", content, cwd=worktree)).stdout


async def _staged(git: Git, worktree: Path, path: str) -> Entry | None:
    said = await git.run("ls-files", "-z", "-s", "--full-name", "--", literal(path), cwd=worktree)
    for field in said.fields:
        facts, _, name = field.partition("\t")
        mode, content, stage = facts.split(" ")
        if name == path and stage in _OURS:
            return Entry(mode, content, 0 if mode == SUBMODULE else await _size(git, worktree, content))
    return None


async def _size(git: Git, worktree: Path, content: str) -> int:
    return int((await git.run("cat-file", "-s", content, cwd=worktree)).text)
