"""Lines wrapped at words: pure, and in linear time, as strangers may write lines of a million signs."""

import re

from constellagent.faces.tui.words import Fragments, width

_WORDS = re.compile(r"\s+|\S+")


def wrapped(line: Fragments, columns: int, indent: int = 0) -> list[Fragments]:
    """Return a line as lines of at most `columns`, broken at blanks where there are any.

    Those after the first begin with `indent` blanks, where there is room for that.
    """
    if sum(width(text) for _, text in line) <= columns:
        return [line]
    indent = indent if columns > 4 * indent else 0
    blank: Fragments = [("", " " * indent)] if indent else []
    parts: list[Fragments] = [[]]
    left, fresh = columns, True
    for style, word in ((style, word) for style, text in line for word in _WORDS.findall(text)):
        wide = width(word)
        if wide > left and not fresh:
            parts.append([*blank])
            left, fresh = columns - indent, True
            if word.isspace():
                continue
        for piece in [word] if wide <= left else _pieces(word, columns - indent):
            if width(piece) > left:
                parts.append([*blank])
                left = columns - indent
            parts[-1].append((style, piece))
            left, fresh = left - width(piece), False
    return parts


def _pieces(word: str, columns: int) -> list[str]:
    """Return a word that is wider than a line in pieces that are not, each of one sign at least."""
    if word.isascii():
        return [word[at : at + columns] for at in range(0, len(word), columns)]
    pieces: list[str] = []
    begin, wide = 0, 0
    for at, character in enumerate(word):
        more = width(character)
        if wide + more > columns and at > begin:
            pieces.append(word[begin:at])
            begin, wide = at, 0
        wide += more
    return [*pieces, word[begin:]]
