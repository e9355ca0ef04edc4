"""Whether a run changed anything in the worktree that it works in: a commit, or a file.

Asked in the run's own process and environment, and in its sandbox where it has one (`around`): whatever the
repository makes git do, the run's program could have done itself.
"""

import os

from constellagent.runtime.headless.child import capture

_ASKED = ("--porcelain", "-z", "--no-renames", "--untracked-files=all")
_SLACK = 0.1
"""Seconds by which a file system's times may lie behind the clock."""


def head(around: tuple[str, ...] = ()) -> str:
    """Return the commit that is checked out here; empty where there is none, or nobody can say."""
    return _text(capture((*around, "git", "rev-parse", "--verify", "--quiet", "HEAD")))


def changed(base: str, since: float, around: tuple[str, ...] = ()) -> bool | None:
    """Say whether there is a commit beyond `base`, or a change made after `since`; None where nobody can.

    What was uncommitted before the run does not count. `since` is epoch seconds.
    """
    if not base:
        return None
    now = head(around)
    if now != base:
        return True if now else None
    said = capture((*around, "git", "--no-optional-locks", "status", *_ASKED))
    if said is None:
        return None
    paths = [os.fsdecode(entry[3:]) for entry in said.split(b"\0") if entry]
    return any(_touched(path) >= since - _SLACK for path in paths)


def _touched(path: str) -> float:
    """Return when a file was touched last; of one that is gone, when the folder was."""
    while path:
        try:
            return os.lstat(path).st_ctime
        except OSError:
            path = path.rpartition("/")[0]
    return os.stat(".").st_ctime  # noqa: PTH116 - the same


def _text(said: bytes | None) -> str:
    return "" if said is None else said.decode(errors="replace").strip()
