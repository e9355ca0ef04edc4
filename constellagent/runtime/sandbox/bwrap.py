"""From what a sandbox is made of to the words of bubblewrap. Pure: nothing is looked up here.

A later mount covers an earlier one, so the order is the meaning: the machine read-only, the shared places
replaced, what is the person's and ours hidden, what is the agent's given, and last the few files in the
agent's own places that must stay as they are.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from constellagent.runtime.sandbox import git_folder
from constellagent.runtime.sandbox.ground import Ground

NAMESPACES = (
    "--unshare-pid",
    "--unshare-ipc",
    "--unshare-uts",
    "--unshare-cgroup-try",
    "--cap-drop",
    "ALL",
    "--die-with-parent",
)
"""Not `--new-session`: the terminal is the session's own, and a shell in it needs job control."""


SEALED = tuple(
    f"/proc/{name}"
    for name in ("sys", "sysrq-trigger", "acpi", "bus", "driver", "fs", "irq", "mtrr", "pressure", "scsi")
)
"""What of `/proc` root may write without any capability: `sys/kernel/core_pattern` runs programs outside.

Bubblewrap itself leaves `sys` open, since its folder says of itself that nobody may write to it.
"""


def words(ground: Ground, argv: Iterable[str] = ()) -> tuple[str, ...]:
    """Return what follows `bwrap`: its options, and after `--` the program, where one is given."""
    program = tuple(argv)
    return (
        *NAMESPACES,
        *(["--unshare-net"] if ground.network == "none" else []),
        *_machine(ground),
        *_person(ground),
        *_hidden(ground),
        *_repository(ground),
        *_own(ground),
        *_guarded(ground),
        *(["--", *program] if program else []),
    )


def _machine(ground: Ground) -> Iterator[str]:
    """The machine as it is, read-only, with devices, processes and temporary files of its own."""
    yield from ("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc")
    for sealed in SEALED:
        yield from ("--ro-bind-try", sealed, sealed)
    for folder in _outermost(ground.temporary):
        yield from ("--perms", "1777", "--tmpfs", str(folder))
    for place in ground.kept:
        yield from ("--ro-bind-try", str(place), str(place))


def _person(ground: Ground) -> Iterator[str]:
    """The person's files: what is deeper wins, and what the file names wins over what we hide."""
    human = ground.human
    asked: list[tuple[Path, int, tuple[str, ...]]] = []
    asked += [(place, 0, ("--perms", "0755", "--tmpfs", str(place))) for place in human.covers]
    asked += [(place, 0, ("--ro-bind-try", str(place), str(place))) for place in human.shown]
    asked += [(place, 0, ("--symlink", target, str(place))) for place, target in human.links]
    asked += [(place, 0, ("--tmpfs", str(place))) for place in human.folders]
    asked += [(place, 0, ("--ro-bind", str(ground.own.empty), str(place))) for place in human.files]
    asked += [(place, 1, ("--ro-bind-try", str(place), str(place))) for place in human.read]
    asked += [(place, 2, ("--bind-try", str(place), str(place))) for place in human.write]
    asked += [
        (place, 1, ("--ro-bind", str(place), str(place)))
        for place in ground.needed
        if _below(place, (*human.folders, *human.covers, *ground.temporary)) and place not in human.covers
    ]
    for _, _, option in sorted(asked, key=lambda one: (len(one[0].parts), one[1], one[0])):
        yield from option


def _hidden(ground: Ground) -> Iterator[str]:
    """Our state and everybody's worktrees, whatever was given back before."""
    covers = tuple(_outermost((*ground.state, *ground.roots)))
    for folder in covers:
        yield from ("--perms", "0700", "--tmpfs", str(folder))
    for place in ground.needed:
        if _below(place, covers):
            yield from ("--ro-bind", str(place), str(place))


def _repository(ground: Ground) -> Iterator[str]:
    """What git needs: its folder read-only, and of it what a commit on the worktree's branch writes."""
    repo, common = ground.repo, ground.repo.common
    yield from git_folder.built(ground)
    yield from ("--bind", str(ground.worktree), str(ground.worktree))
    yield from ("--bind", str(common / "objects"), str(common / "objects"))
    yield from ("--ro-bind", str(common / "objects/info"), str(common / "objects/info"))
    if ground.whole_refs:
        for folder in (common / "refs", common / "logs"):
            yield from ("--bind", str(folder), str(folder))
    else:
        yield from ("--ro-bind", str(common / "refs"), str(common / "refs"))
        for folder in repo.refs:
            yield from ("--bind", str(folder), str(folder))
        # A link planted among the shared reflogs would be followed by whoever commits outside.
        yield from ("--tmpfs", str(common / "logs"))
        if repo.log is not None:
            yield from ("--bind", str(repo.log), str(repo.log))
    yield from ("--ro-bind", str(common / "worktrees"), str(common / "worktrees"))
    yield from ("--bind", str(repo.admin), str(repo.admin))
    yield from ("--remount-ro", str(common))


def _own(ground: Ground) -> Iterator[str]:
    """What of our state is the agent's."""
    own = ground.own
    for place in own.read:
        yield from ("--ro-bind", str(place), str(place))
    for place in (*own.write, *([] if ground.index is None else [ground.index])):
        yield from ("--bind", str(place), str(place))
    for place in own.sockets:
        yield from ("--ro-bind", str(place), str(place))


def _guarded(ground: Ground) -> Iterator[str]:
    """What decides how a later git outside works: last, so that nothing above can open it."""
    for place in (ground.worktree / ".git", *ground.repo.guarded):
        yield from ("--ro-bind", str(place), str(place))
    for place in ground.human.covers:
        yield from ("--remount-ro", str(place))


def _below(place: Path, folders: Iterable[Path]) -> bool:
    return any(place.is_relative_to(folder) for folder in folders)


def _outermost(folders: Iterable[Path]) -> Iterator[Path]:
    """Yield the folders that lie in no other of them, each once."""
    known = sorted(set(folders), key=lambda folder: len(folder.parts))
    for number, folder in enumerate(known):
        if not _below(folder, known[:number]):
            yield folder
