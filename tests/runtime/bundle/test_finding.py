"""Known words are found wherever they stand, and what stands beside them is left."""

from hypothesis import given
from hypothesis import strategies as st

from constellagent.runtime.bundle.finding import Finder

WORDS = st.lists(st.text(min_size=6, max_size=12), min_size=1, max_size=4)


@given(WORDS, st.lists(st.text(max_size=30), min_size=2, max_size=4))
def test_every_word_is_found(words: list[str], between: list[str]) -> None:
    """Nothing that stands before or behind a word hides it."""
    text = "".join(f"{noise}{words[number % len(words)]}" for number, noise in enumerate(between))
    left, at = list[str](), 0
    for start, end in Finder(words).spans(text):
        left.append(text[at:start])
        at = end
    left.append(text[at:])
    assert not any(word in piece for piece in left for word in words)


def test_only_the_word_is_taken() -> None:
    """A span begins and ends with the word's own characters, and overlapping words are one span."""
    assert Finder(["secret"]).spans("a  se\ncret b") == [(3, 10)]
    assert Finder(["abcdef", "defghi"]).spans("xabcdefghix") == [(1, 10)]
    assert Finder(["abcdef"]).spans("abcdefABCDEF") == [(0, 6), (6, 12)]
    assert Finder([" \n\t \n\t"]).spans("x \n\t \n\ty") == [(1, 7)]
    assert Finder([]).spans("abcdef") == []
