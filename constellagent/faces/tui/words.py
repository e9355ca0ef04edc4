"""Words as a terminal takes them: free of control characters, measured in columns, cut to fit.

What agents are called, say and send is shown beside what we say ourselves, so nothing of it may move the
cursor, change a colour, or reverse the direction of the text after it.
"""

from prompt_toolkit.utils import get_cwidth

Fragments = list[tuple[str, str]]
"""Pieces of one line: (style, text)."""


def clean(text: str) -> str:
    """Return `text` as one line without control characters; each of them becomes a replacement character."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else " " if character.isspace() else "\N{REPLACEMENT CHARACTER}"
        for character in text
    )


def width(text: str) -> int:
    """Return how many columns `text` takes."""
    return len(text) if text.isascii() else get_cwidth(text)


def shorten(text: str, columns: int, mark: str = "…") -> str:
    """Cut `text` to at most `columns` columns; where something is missing it ends with `mark`, of one."""
    if width(text) <= columns:
        return text
    if columns <= 0:
        return ""
    kept, used = "", width(mark)
    for character in text:
        used += get_cwidth(character)
        if used > columns:
            break
        kept += character
    return kept + mark


def spread(left: Fragments, right: Fragments, columns: int, mark: str = "…") -> Fragments:
    """Return one line of exactly `columns`: `left` at its start, cut as needed, and `right` at its end."""
    wide = sum(width(text) for _, text in right)
    if wide >= columns:
        return fit(right, columns, mark)
    return [*fit(left, columns - wide, mark), *right]


def fit(fragments: Fragments, columns: int, mark: str = "…") -> Fragments:
    """Return the fragments cut or padded to exactly `columns`."""
    fitted: Fragments = []
    room = columns
    for style, text in fragments:
        wide = width(text)
        if wide > room:
            text = shorten(text, room, mark)  # noqa: PLW2901 - what is left of it
            fitted.append((style, text))
            room -= width(text)
            break
        fitted.append((style, text))
        room -= wide
    return [*fitted, ("", " " * room)] if room > 0 else fitted
