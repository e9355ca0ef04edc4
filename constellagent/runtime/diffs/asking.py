"""How git is asked for differences: the options that every such call has, whatever a user configured.

A user's configuration may reorder files, leave the prefixes of a patch out or colour it; what is read by a
program must not depend on it. Identities are never part of an answer.
"""

from collections.abc import Mapping

from constellagent.runtime.review_views import WORKTREE

INDEX = "index"
"""What is staged."""

LARGEST = 16 << 20
"""Bytes of a file above which its content is not compared; git then calls it binary."""

HIDDEN = (":(exclude,top,icase,glob)**/.ravi", ":(exclude,top,icase,glob)**/.ravi/**")
"""Pathspecs that keep the folder of an agent's identity out, wherever it lies and however it is spelled."""

ENVIRONMENT: Mapping[str, str] = {
    "GIT_CONFIG_COUNT": "2",
    "GIT_CONFIG_KEY_0": "core.bigFileThreshold",
    "GIT_CONFIG_VALUE_0": str(LARGEST),
    "GIT_CONFIG_KEY_1": "diff.autoRefreshIndex",
    "GIT_CONFIG_VALUE_1": "false",
}
"""What bounds the memory of a comparison, and keeps it from locking the index, which the agent may need.

An index that is not refreshed makes git name files that were only touched; `listing` leaves these out.
"""

_OPTIONS = (
    "--no-color",
    "--no-relative",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--submodule=short",
    "--ignore-submodules=dirty",
    "--inter-hunk-context=0",
    "--ws-error-highlight=none",
    "-O/dev/null",
)


def compared(old: str, new: str) -> tuple[str, ...]:
    """Return how `git diff` is told what to compare: the last of its arguments before `--`.

    `old` is a commit, a tree or `INDEX`, `new` a commit, `INDEX` or `WORKTREE`. An unmerged file has three
    versions in the index; the worktree is compared with that of its own branch.
    """
    if new == WORKTREE:
        return ("--ours", "--end-of-options") if old == INDEX else ("--end-of-options", old)
    return ("--cached", "--end-of-options", old) if new == INDEX else ("--end-of-options", old, new)


def options(*, ignore_space: bool) -> tuple[str, ...]:
    """Return the options of `git diff`. A submodule differs where its commit does, not where it is edited."""
    return (*_OPTIONS, "-w") if ignore_space else _OPTIONS


def literal(path: str) -> str:
    """Return the pathspec that means this path only, whatever characters it has."""
    return f":(top,literal){path}"
