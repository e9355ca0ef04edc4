"""Finding by a few letters: which texts hold them in order, and which of those is meant."""

from collections.abc import Iterable
from typing import NamedTuple

_WORD_START = 24.0
_IN_ONE_PIECE = 40.0


class Match(NamedTuple):
    """A text that was found.

    Attributes:
        number: its place among those that were searched.
        places: the characters of it that match, in order.
    """

    number: int
    places: tuple[int, ...]


def rank(query: str, texts: Iterable[str]) -> list[Match]:
    """Return the texts that hold every word of `query`, best first; ties and an empty query keep the order.

    The letters of a word may be apart. Better is what has them in one piece, at the start of a word, early.
    Case does not matter.
    """
    words = [_folded(word) for word in query.split()]
    found: list[tuple[float, Match]] = []
    for number, text in enumerate(texts):
        letters = _folded(text)
        hits = [_find(word, letters) for word in words]
        if None not in hits:
            kept = [hit for hit in hits if hit is not None]
            places = tuple(sorted({place for _, those in kept for place in those}))
            found.append((sum(score for score, _ in kept), Match(number, places)))
    found.sort(key=lambda item: -item[0])
    return [match for _, match in found]


def _folded(text: str) -> str:
    """Return the text in lower case, letter for letter, so that places in it are places in the text."""
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)


def _find(word: str, text: str) -> tuple[float, tuple[int, ...]] | None:
    """Return how well and where `text` holds the word, None where it does not."""
    pieces = [at for at in range(len(text) - len(word) + 1) if text.startswith(word, at)]
    if pieces:
        at = max(pieces, key=lambda place: (_starts(text, place), -place))
        return _IN_ONE_PIECE + _starts(text, at) + 1 / (1 + at), tuple(range(at, at + len(word)))
    places: list[int] = []
    at = -1
    for letter in word:
        at = text.find(letter, at + 1)
        if at < 0:
            return None
        places.append(at)
    starts = sum(_starts(text, place) for place in places) / len(places)
    gaps = places[-1] - places[0] + 1 - len(places)
    return starts + 1 / (1 + gaps), tuple(places)


def _starts(text: str, place: int) -> float:
    return _WORD_START if place == 0 or not text[place - 1].isalnum() else 0.0
