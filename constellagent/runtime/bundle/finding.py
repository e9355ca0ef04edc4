"""Finds known words in a text also where it is wrapped, coloured or in other capitals than they are.

Text and words are compared without white space and control characters; ASCII letters count as small ones.
The time does not depend on how many words there are: their first characters are looked up at each place.
"""

import re
import string
from collections.abc import Iterable, Iterator

from constellagent.runtime.bundle.forms import SHORTEST

_SMALL = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_BLANK = re.compile(r"[\s\x00-\x1f\x7f]+")
_DRAWN = re.compile(
    r"(?:\x1b\[[0-?]{0,64}+[ -/]{0,8}+[@-~]|\x1b\][^\x07\x1b]{0,512}+(?:\x07|\x1b\\)?|[\s\x00-\x1f\x7f])+"
)
"""What a terminal does not show: also its sequences for colours, for places and for titles."""


class Finder:
    """Knows the words."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words: dict[str, list[str]] = {}
        self._exact = list[str]()
        for word in sorted(set(words), key=lambda word: (-len(word), word)):
            bare = _BLANK.sub("", word).translate(_SMALL)
            if len(bare) < SHORTEST:
                self._exact.append(word)
            else:
                self._words.setdefault(bare[:SHORTEST], []).append(bare)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where words stand, from the first to the last; those that overlap are one."""
        found = list(self._in(text, _BLANK))
        if "\x1b" in text:
            found += self._in(text, _DRAWN)
        for word in self._exact:
            found += [match.span() for match in re.finditer(re.escape(word), text)]
        whole = list[tuple[int, int]]()
        for start, end in sorted(found):
            if whole and start < whole[-1][1]:
                whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
            else:
                whole.append((start, end))
        return whole

    def _in(self, text: str, passed_over: re.Pattern[str]) -> Iterator[tuple[int, int]]:
        """Yield the places of words in what is left of a text."""
        places = list[int]()
        at = 0
        for blank in passed_over.finditer(text):
            places += range(at, blank.start())
            at = blank.end()
        places += range(at, len(text))
        bare = passed_over.sub("", text).translate(_SMALL)
        for start in range(len(bare) - SHORTEST + 1):
            for word in self._words.get(bare[start : start + SHORTEST], ()):
                if bare.startswith(word, start):
                    yield places[start], places[start + len(word) - 1] + 1
                    break
