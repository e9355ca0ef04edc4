"""Did-you-mean."""

from constellagent.spec.suggest import did_you_mean, listed, nearest


def test_names_the_nearest_word_whatever_the_case() -> None:
    """A typing slip is answered with the word as it is spelled."""
    assert did_you_mean("CLUADE", ["claude", "codex"]) == "; did you mean claude?"


def test_says_nothing_where_no_word_is_near() -> None:
    """A guess that is no help is not given."""
    assert did_you_mean("zzz", ["claude"]) == ""


def test_does_not_search_for_long_words_or_among_very_many() -> None:
    """Hostile files cannot make the search slow."""
    assert nearest("a" * 81, ["a" * 81]) is None
    assert nearest("n1", [f"n{number}" for number in range(251)]) is None


def test_lists_words() -> None:
    """Words are joined as in a sentence."""
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"], "and") == "a, b and c"
