"""Files that git does not track yet: how many lines they have, and the patch that would add them.

They are read here, because git compares nothing that it does not track. What is read is bounded, and a link
is never followed: its content is the path that it names, as in git.
"""

import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from constellagent.runtime.diffs.asking import LARGEST
from constellagent.runtime.files.reading import opened_parent

MOST_READ = 64 << 20
"""Bytes of untracked files that one count reads."""

_REPOSITORY = "160000"
"""The mode of somebody else's repository, which git lists as a folder."""
_LOOKED_AT = 8000
"""How far git looks for the byte that makes a file binary."""
_AT_ONCE = 1 << 20

_ODD = re.compile(rb'[\x00-\x1f"\\\x7f-\xff]')
_SHORT = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 34: '"', 92: "\\"}


class Counted(NamedTuple):
    """What untracked files are.

    Attributes:
        rows: path, git's mode and lines of each; a file that is binary, too large or gone has no lines.
        whole: all were read; not more than `MOST_READ` bytes are.
    """

    rows: list[tuple[str, str, int | None]]
    whole: bool


def count(worktree: Path, paths: Iterable[str]) -> Counted:
    """Look at untracked files, and count the lines of those that have some."""
    rows: list[tuple[str, str, int | None]] = []
    left, whole = MOST_READ, True
    for path in paths:
        if path.endswith("/"):
            rows.append((path, _REPOSITORY, None))
            continue
        read = content(worktree, path) if left > 0 else None
        whole = whole and left > 0
        if read is None:
            rows.append((path, _mode(worktree / path), None))
        else:
            left -= len(read[1])
            rows.append((path, f"{read[0]:o}", None if _binary(read[1]) else _lines(read[1])))
    return Counted(rows, whole)


def patch(worktree: Path, path: str, most: int) -> tuple[bytes, bool]:
    """Return the patch that adds a file, and whether it was cut off after about `most` bytes.

    A folder (the repository of somebody else in this one) and a file that cannot be read have none.
    """
    read = content(worktree, path)
    if read is None:
        return b"", False
    mode, data = read
    old, new = quoted("a/", path), quoted("b/", path)
    head = b"diff --git %s %s\nnew file mode %o\n" % (old, new, mode)
    if not data:
        return head, False
    if _binary(data):
        return b"%sBinary files /dev/null and %s differ\n" % (head, new), False
    kept, cut = (data, False) if len(data) <= most else (data[: data.rfind(b"\n", 0, most) + 1], True)
    if not kept:
        return head, True
    tab = b"\t" if b" " in new and not new.startswith(b'"') else b""
    head += b"--- /dev/null\n+++ %s%s\n" % (new, tab)
    lines = kept.split(b"\n")
    ended = lines[-1] == b""
    body = b"".join(b"+%s\n" % line for line in (lines[:-1] if ended else lines))
    total = len(lines) - ended
    head += b"@@ -0,0 +1%s @@\n" % (b"" if total == 1 else b",%d" % total)
    return head + body + (b"" if ended else b"\\ No newline at end of file\n"), cut


def content(worktree: Path, path: str) -> tuple[int, bytes] | None:
    """Return git's mode of a file and what it holds; None where it is none of git's, too large or gone.

    No folder on the way may be a link either: one may have become one since git listed the path.
    """
    *_, name = parts = path.split("/")
    try:
        with opened_parent(worktree, parts) as folder:
            if stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
                return 0o120000, os.fsencode(os.readlink(name, dir_fd=folder))
            # Not to be waited for, should it have become a pipe meanwhile.
            handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except OSError:
        return None
    try:
        return _regular(handle)
    except OSError:
        return None
    finally:
        os.close(handle)


def _regular(handle: int) -> tuple[int, bytes] | None:
    facts = os.fstat(handle)
    if not stat.S_ISREG(facts.st_mode) or facts.st_size > LARGEST:
        return None
    data = bytearray()
    while len(data) <= LARGEST and (part := os.read(handle, _AT_ONCE)):
        data += part
    mode = 0o100755 if facts.st_mode & stat.S_IXUSR else 0o100644
    return None if len(data) > LARGEST else (mode, bytes(data))


def quoted(prefix: str, path: str) -> bytes:
    """Return a name as git writes it into a patch: in quotes and with escapes where it has odd bytes."""
    name = os.fsencode(prefix + path)
    return b'"%s"' % b"".join(_escaped(name)) if _ODD.search(name) else name


def _escaped(name: bytes) -> Iterator[bytes]:
    for byte in name:
        if byte in _SHORT:
            yield b"\\" + _SHORT[byte].encode()
        elif 32 <= byte < 127:
            yield bytes([byte])
        else:
            yield b"\\%03o" % byte


def _mode(file: Path) -> str:
    """Return git's mode of a file that is not read, empty where git has none for it."""
    try:
        mode = file.lstat().st_mode
    except OSError:
        return ""
    if stat.S_ISLNK(mode):
        return "120000"
    executable = mode & stat.S_IXUSR
    return ("100755" if executable else "100644") if stat.S_ISREG(mode) else ""


def _binary(data: bytes) -> bool:
    return b"\0" in data[:_LOOKED_AT]


def _lines(data: bytes) -> int:
    return data.count(b"\n") + (not data.endswith(b"\n") and bool(data))
