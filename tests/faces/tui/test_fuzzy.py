"""Finding by a few letters."""

from hypothesis import given
from hypothesis import strategies as st

from constellagent.faces.tui.fuzzy import rank

NAMES = ["auth-redesign", "api-tests", "docs", "dashboard", "triage", "auth-docs"]


def found(query: str) -> list[str]:
    """Return the names that are found, best first."""
    return [NAMES[match.number] for match in rank(query, NAMES)]


def test_empty_query_keeps_the_order() -> None:
    """Without letters everything is found, in its order."""
    assert found("") == NAMES
    assert found("   ") == NAMES


def test_best_first() -> None:
    """A piece at the start of a word comes before one inside, and that before scattered letters."""
    assert found("doc") == ["docs", "auth-docs"]
    assert found("tri")[0] == "triage"
    assert found("at") == ["api-tests", "auth-redesign", "auth-docs"]
    assert found("ard")[0] == "dashboard"


def test_all_words_count() -> None:
    """Each word of the query must be there, in any order and case."""
    assert found("DOC auth") == ["auth-docs"]
    assert found("doc zebra") == []


def test_places() -> None:
    """The places are those of the letters that match."""
    assert rank("red", ["auth-redesign"])[0].places == (5, 6, 7)
    assert rank("ars", ["auth-redesign"])[0].places == (0, 5, 9)


@given(st.text(max_size=6), st.lists(st.text(max_size=12), max_size=8))
def test_what_is_found_holds_the_letters(query: str, texts: list[str]) -> None:
    """Whatever is found holds all letters of the query at the places told, and nothing is found twice."""
    matches = rank(query, texts)
    assert len({match.number for match in matches}) == len(matches)
    for match in matches:
        letters = [texts[match.number][place].lower() for place in match.places]
        assert {letter.lower() for letter in query if not letter.isspace()} <= set(letters)


@given(
    st.lists(
        st.text(min_size=1, max_size=12).filter(lambda text: text.split() == [text]), min_size=1, max_size=8
    )
)
def test_a_whole_text_is_found(texts: list[str]) -> None:
    """Who types a whole text finds it."""
    assert 0 in {match.number for match in rank(texts[0], texts)}
