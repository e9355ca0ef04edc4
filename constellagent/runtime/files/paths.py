"""Which paths of a worktree may be reached: inside it, and never git's own folder or the identity's.

`checked(path) -> tuple[str, ...]` is asked before anything is opened. File systems that fold case, ignore
invisible characters or keep short names reach `.git` by other spellings, so all of those are refused
everywhere.
"""

import os
import re
import unicodedata

from constellagent.errors import UsageError

_LONGEST = 4096
"""Bytes of a path that the usual systems open at most."""
_INVISIBLE = dict.fromkeys(
    [*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF], None
)
"""Characters that HFS+ leaves out when it compares names."""
_SHORT = re.compile(r"(?:git|ravi|gi[0-9a-f]{4}|ra[0-9a-f]{4})~[0-9]+")
"""The names that Windows makes up for names that begin with a dot."""
_OURS = frozenset({".git", ".ravi"})


class PathError(UsageError):
    """A path that is never answered, whether or not there is such a file."""


def checked(path: str) -> tuple[str, ...]:
    """Return the parts of a path that is relative to a worktree.

    Raises:
        PathError: it leads out of the worktree, is not written plainly, or is never answered.
    """
    try:
        raw = os.fsencode(path)
    except UnicodeEncodeError as error:
        raise PathError(f"{path!a} is no path: it has characters that no file name has") from error
    if not path or len(raw) > _LONGEST or "\0" in path:
        raise PathError(f"{path[:80]!a} is no path of a file", hint="give a path such as `src/app.py`")
    parts = tuple(path.split("/"))
    if any(part in {"", ".", ".."} for part in parts):
        raise PathError(
            f"{path!r} is not a plain path inside the worktree",
            hint="give it relative to the worktree, without `.`, `..`, `//` and a slash at either end",
        )
    if reserved(path):
        raise PathError(f"{path!r} belongs to git or to the agent's identity; it is never shown or changed")
    return parts


def reserved(path: str) -> bool:
    """Say whether a part of the path is `.git` or `.ravi`, or names them on some file system."""
    return any(_reserved(part) for part in re.split(r"[/\\]", path))


def _reserved(part: str) -> bool:
    visible = unicodedata.normalize("NFD", part).translate(_INVISIBLE).casefold()
    name = visible.partition(":")[0].rstrip(". ")
    return name in _OURS or _SHORT.fullmatch(name) is not None
