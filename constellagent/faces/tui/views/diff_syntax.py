"""Colours of source code in a diff, by pygments: each side of a hunk is read on its own, once.

A hunk is a piece out of a file, so a string or comment that began before it is not known; that is the price
of not reading whole files. Reading takes a while and goes on in a thread; until then lines are plain.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

from pygments.lexer import Lexer
from pygments.lexers import find_lexer_class_for_filename
from pygments.token import Comment, Keyword, Literal, Name, Number, Operator, String

from constellagent.faces.tui.views.diff_patch import Hunk, Line

LARGEST = 200_000
"""Characters of a hunk above which it stays plain."""
_LONGEST_LINE = 1_000
_KEPT = 400

PARTS = ("keyword", "name", "string", "number", "comment", "meta")
"""What is told apart; everything else is plain."""
_PARTS: Mapping[Any, str] = {
    Comment: "comment",
    Comment.Preproc: "meta",
    Keyword: "keyword",
    Literal: "string",
    Name.Attribute: "meta",
    Name.Builtin: "name",
    Name.Class: "name",
    Name.Decorator: "meta",
    Name.Exception: "name",
    Name.Function: "name",
    Name.Tag: "keyword",
    Number: "number",
    Operator.Word: "keyword",
    String: "string",
}

Pieces = list[tuple[str, str]]
"""One line as (part, text); the part is empty for what is plain."""


class Syntax:
    """Keeps the last hunks that were read."""

    def __init__(self) -> None:
        self._known: OrderedDict[Hunk, Mapping[Line, Pieces]] = OrderedDict()

    def of(self, hunk: Hunk) -> Mapping[Line, Pieces] | None:
        """Return the pieces of a hunk's lines, None where it was not read yet."""
        found = self._known.get(hunk)
        if found is not None:
            self._known.move_to_end(hunk)
        return found

    def keep(self, hunk: Hunk, read: Mapping[Line, Pieces]) -> None:
        """Remember what was read."""
        self._known[hunk] = read
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)


def read(path: str, hunk: Hunk) -> Mapping[Line, Pieces]:
    """Read a hunk of a file of that name; empty where it stays plain."""
    lexer = _lexer(PurePosixPath(path).name)
    if lexer is None or sum(len(line.text) for line in hunk.lines) > LARGEST:
        return {}
    pieces: dict[Line, Pieces] = {}
    for side in ("removed", "added"):
        lines = [line for line in hunk.lines if line.kind in {side, "kept"}]
        if lines and all(len(line.text) <= _LONGEST_LINE for line in lines):
            found = list(_lines(lexer, "\n".join(line.text for line in lines)))
            if len(found) == len(lines):
                pieces.update(zip(lines, found, strict=True))
    return pieces


@lru_cache(maxsize=256)
def _lexer(name: str) -> Lexer | None:
    found = find_lexer_class_for_filename(name)
    return None if found is None else found(stripnl=False, ensurenl=False)


def _lines(lexer: Lexer, text: str) -> Iterator[Pieces]:
    """Return the pieces of each line of `text`."""
    line: Pieces = []
    for kind, value in _tokens(lexer, text):
        first, *rest = value.split("\n")
        if first:
            line.append((_part(kind), first))
        for one in rest:
            yield line
            line = [(_part(kind), one)] if one else []
    yield line


def _tokens(lexer: Lexer, text: str) -> Iterable[tuple[Any, str]]:
    tokens: Iterable[tuple[Any, str]] = lexer.get_tokens(text)
    return tokens


@lru_cache(maxsize=512)
def _part(kind: Any) -> str:
    while kind is not None:
        if kind in _PARTS:
            return _PARTS[kind]
        kind = kind.parent
    return ""
