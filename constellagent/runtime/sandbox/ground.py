"""What a sandbox is made of: every place that a process in it may see, and how.

All of it comes from our own state and from git's folder of the repository, asked from outside: never from a
file that the agent can write. All paths are resolved, because a mount onto a link would land elsewhere.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

GUARDED = ("commondir", "gitdir", "config.worktree", "locked", "constellagent.json")
"""Files of git's folder of a worktree that decide what a later git outside does: never the agent's to write.

The last one is our own mark, which tells what of the worktree is ours to remove.
"""
CREATED = ("config.worktree",)
"""Those of them that an agent could create where git has not: they are made first, empty."""
LATER = (
    "BISECT_LOG",
    "BISECT_START",
    "config.worktree",
    "hooks",
    "info",
    "rebase-apply",
    "rebase-merge",
    "shallow",
)
"""What of git's own folder a git inside looks at, and may be made outside while a sandbox stands."""
REFS = ("heads", "tags", "remotes")
"""Folders below `refs` that a sandbox may write; stashes, notes and our rescues are nobody's inside."""


@dataclass(frozen=True, slots=True)
class Repo:
    """The part of a repository that belongs to one worktree.

    Attributes:
        common: git's own folder, which all worktrees share.
        admin: git's folder of the worktree.
        log: the reflog of the worktree's own branch, None where there is none.
        guarded: the files of `admin` that stay as they are.
        refs: the folders below `refs` that may be written.
        names: the names of what lies in `common`.
    """

    common: Path
    admin: Path
    log: Path | None = None
    guarded: tuple[Path, ...] = ()
    refs: tuple[Path, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Human:
    """What of the person's own files is hidden, or given back.

    Attributes:
        folders: folders that look empty inside.
        files: files that look empty inside.
        covers: folders around those, which are the sandbox's own: a mount on a hidden place alone would be
            lost from sight as soon as somebody outside replaced it, and what is made later would be seen.
        shown: what was in the covers, and is not hidden.
        links: the symbolic links in them, with what they lead to.
        read: places below those that may be read all the same.
        write: places that may be written, wherever they are.
    """

    folders: tuple[Path, ...] = ()
    files: tuple[Path, ...] = ()
    covers: tuple[Path, ...] = ()
    shown: tuple[Path, ...] = ()
    links: tuple[tuple[Path, str], ...] = ()
    read: tuple[Path, ...] = ()
    write: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Own:
    """What of our state a process of the agent gets.

    Attributes:
        read: files and folders that it may read: our programs, its event.
        write: folders that it may write: its private place, its session's files.
        sockets: the sockets that it may reach: its own session's.
        empty: an empty file of ours, shown where a file is hidden.
        info: a copy of the repository's `info`, shown in its place: we lock a file there, and a lock can be
            taken by whoever can read a file. None where `info` is no plain folder.
    """

    empty: Path
    info: Path | None = None
    read: tuple[Path, ...] = ()
    write: tuple[Path, ...] = ()
    sockets: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Ground:
    """Everything that one sandbox is made of.

    Attributes:
        worktree: the folder that it works in.
        repo: what it may do to the repository.
        own: what it gets of our state.
        human: what it sees of the person's files.
        state: our state's folders, which are empty inside but for `own`.
        roots: the folders of worktrees of all constellations, which are empty inside but for `worktree`.
        temporary: folders of temporary files and sockets, each replaced by an empty one of its own.
        kept: what is given back of `temporary`, such as what names are resolved with, given a network.
        needed: folders that must stay visible wherever they lie: interpreter, package, the agent's program.
        network: `none` for no network but the provider's address.
        index: a folder of ours in which git keeps an index aside; only where git works for us.
        whole_refs: all of the repository's refs and reflogs may be written; only where git works for us, and
            looks at nothing of the agent's.
    """

    worktree: Path
    repo: Repo
    own: Own
    human: Human = Human()
    state: tuple[Path, ...] = ()
    roots: tuple[Path, ...] = ()
    temporary: tuple[Path, ...] = ()
    kept: tuple[Path, ...] = ()
    needed: tuple[Path, ...] = ()
    network: Literal["host", "none"] = "host"
    index: Path | None = None
    whole_refs: bool = False
