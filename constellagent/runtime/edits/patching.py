"""Hunks as values: read from a patch of git's, and applied to bytes one by one, forwards or backwards. Pure.

Lines are kept as bytes and end where git ends them, at a line feed, so that CRLF, a missing last line feed
and text of any encoding come out as they went in.
"""

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from constellagent.errors import ConflictError

_HEADER = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_NO_END = b"\\ No newline at end of file"


@dataclass(frozen=True, slots=True)
class Hunk:
    """A run of lines that another run replaces, without lines around it.

    Attributes:
        start: the first line of the old side, from 1; with no old line the one before.
        new_start: the same of the new side.
        old: the lines that go, each with its line feed where it has one.
        new: the lines that come.
    """

    start: int
    new_start: int
    old: tuple[bytes, ...]
    new: tuple[bytes, ...]

    def lines(self) -> list[str]:
        """Return the hunk as a patch shows it, without its header; bytes that are no text survive."""
        shown: list[bytes] = []
        for sign, side in ((b"-", self.old), (b"+", self.new)):
            for line in side:
                shown.append(sign + line.removesuffix(b"\n"))
                if not line.endswith(b"\n"):
                    shown.append(_NO_END)
        return [line.decode("utf-8", "surrogateescape") for line in shown]

    def id(self, path: str) -> str:
        """Return what names it: equal as long as its lines and place are."""
        said = hashlib.sha256(os.fsencode(path) + b"\0%d %d\0" % (self.start, self.new_start))
        said.update(b"".join((*self.old, b"\0", *self.new)))
        return said.hexdigest()[:20]

    def turned(self) -> "Hunk":
        """Return the hunk that undoes this one."""
        return Hunk(self.new_start, self.start, self.new, self.old)


def parse(patch: bytes) -> list[Hunk]:
    """Read the hunks of a patch of one file without context (`-U0`); of a binary one there are none."""
    found: list[Hunk] = []
    lines = iter(patch.split(b"\n"))
    for line in lines:
        header = _HEADER.match(line)
        if header is None:
            if found and line == _NO_END:
                found[-1] = _ended(found[-1])
            continue
        start, count, new_start, new_count = (int(part) if part else 1 for part in header.groups())
        old: list[bytes] = []
        new: list[bytes] = []
        while len(old) < count or len(new) < new_count:
            body = next(lines)
            if body == _NO_END:
                old[-1] = old[-1].removesuffix(b"\n")
            else:
                (old if body.startswith(b"-") else new).append(body[1:] + b"\n")
        found.append(Hunk(start, new_start, tuple(old), tuple(new)))
    return found


def _ended(hunk: Hunk) -> Hunk:
    """Return the hunk without the line feed of its very last line."""
    if hunk.new:
        return replace(hunk, new=(*hunk.new[:-1], hunk.new[-1].removesuffix(b"\n")))
    return replace(hunk, old=(*hunk.old[:-1], hunk.old[-1].removesuffix(b"\n")))


def apply(content: bytes, hunks: Iterable[Hunk]) -> bytes:
    """Return the content with the old lines of some of its hunks replaced by the new ones.

    Raises:
        ConflictError: the old lines are not where a hunk has them.
    """
    lines = split(content)
    done: list[bytes] = []
    at = 0
    for hunk in sorted(hunks, key=_first):
        first = _first(hunk)
        if first < at or tuple(lines[first : first + len(hunk.old)]) != hunk.old:
            raise ConflictError(
                "the lines of a hunk are not where they were", hint="look at the hunks again, then choose"
            )
        done += lines[at:first]
        done += hunk.new
        at = first + len(hunk.old)
    return b"".join([*done, *lines[at:]])


def _first(hunk: Hunk) -> int:
    return hunk.start - 1 if hunk.old else hunk.start


def split(content: bytes) -> list[bytes]:
    """Return the lines, each with its line feed; nothing else ends a line."""
    lines = content.split(b"\n")
    return [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
