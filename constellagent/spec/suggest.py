"""Did-you-mean: the known word nearest to a mistyped one, in one voice for all messages."""

from collections.abc import Iterable
from difflib import get_close_matches

_LONGEST = 80
"""Longer words are no typing slips, and comparing them would cost time."""
_MOST = 250
"""Among more words than these the search would take longer than the answer is worth."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that `word` was probably meant to be, or None."""
    by_folded = {name.casefold(): name for name in sorted(known)}
    if len(word) > _LONGEST or len(by_folded) > _MOST:
        return None
    found = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean x?` to be put behind a message, or nothing where no known word is near."""
    name = nearest(word, known)
    return "" if name is None else f"; did you mean {name}?"


def listed(words: Iterable[str], last: str = "or") -> str:
    """Return `a, b or c`."""
    *head, tail = words
    return f"{', '.join(head)} {last} {tail}" if head else tail
