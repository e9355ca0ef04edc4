"""Git's own folder as a sandbox has it: read-only, and yet git can take the one lock there that it needs.

Whatever git removes, even its own note of a cherry-pick that is done, it first locks the packed refs by a
file beside them. So the folder is one of the sandbox's own, of links into the real one, which is shown
read-only in it: a file that is mounted alone would be lost from sight as soon as somebody outside replaced
it. Git takes a lock beside what a link leads to, and follows five of them. The packed refs are what a sixth
leads to, which lies where a lock can be made. What is packed outside is seen at once, and nothing can be
packed inside.
"""

from collections.abc import Iterator
from pathlib import Path

from constellagent.runtime.sandbox.ground import LATER, Ground

OURS = "constellagent.sandbox"
"""A folder in git's, which holds what is not git's."""
_REAL, _LOCKS, _PACKED = "real", "locks", "packed-refs"
_FOLLOWED = 5
"""Links that git follows before it takes a lock."""
_MOUNTED = ("logs", "objects", "refs", "worktrees")
"""Folders in which something can be written: each is mounted by itself."""


def real(common: Path) -> Path:
    """Return where the folder is inside as it is outside, read-only."""
    return common / OURS / _REAL


def built(ground: Ground) -> Iterator[str]:
    """Yield bubblewrap's options for the folder; what can be written is to be mounted on it."""
    common = ground.repo.common
    yield from ("--perms", "0700", "--tmpfs", str(common))
    yield from ("--ro-bind", str(common), str(real(common)))
    if ground.own.info is not None:
        yield from ("--ro-bind", str(ground.own.info), str(real(common) / "info"))
    below = ground.worktree.relative_to(common).parts[:1] if ground.worktree.is_relative_to(common) else ()
    for name in sorted({*ground.repo.names, *LATER} - {*_MOUNTED, *below, _PACKED, OURS}):
        # Git takes a link for its `HEAD` only where that leads to its refs, and looks no closer.
        way = f"refs/../{OURS}" if name == "HEAD" else OURS
        yield from ("--symlink", f"{way}/{_REAL}/{name}", str(common / name))
    yield from _packed(ground)


def _packed(ground: Ground) -> Iterator[str]:
    """Yield the options for the packed refs.

    A git that could put others in their place would pack all refs into a file that ends with the sandbox, and
    then remove them where they were. So there is a file where it writes them first, which it never replaces.
    """
    common, held = ground.repo.common, ground.repo.common / OURS / _LOCKS
    yield from ("--perms", "0700", "--tmpfs", str(held))
    links = [_PACKED, *(f"{OURS}/{number}" for number in range(1, _FOLLOWED))]
    ends = [f"{OURS}/1", *map(str, range(2, _FOLLOWED)), f"{_LOCKS}/{_PACKED}"]
    for link, end in zip(links, ends, strict=True):
        yield from ("--symlink", end, str(common / link))
    yield from ("--symlink", f"../{_REAL}/{_PACKED}", str(held / _PACKED))
    yield from ("--ro-bind", str(ground.own.empty), str(held / f"{_PACKED}.new"))
