"""Words as a terminal takes them."""

from hypothesis import given
from hypothesis import strategies as st

from constellagent.faces.tui.words import clean, fit, shorten, spread, width

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(text)
def test_clean_obeys_nothing(given_text: str) -> None:
    """Nothing that is left can move the cursor, break the line or turn the text around."""
    left = clean(given_text)
    assert len(left) == len(given_text)
    assert left.isprintable()
    assert "\u202e" not in left


def test_clean_keeps_words() -> None:
    """Words stay, blanks of all kinds become blanks, an escape is shown as a replacement."""
    assert clean("fix\tthe\nlogin\u00a0page") == "fix the login page"
    assert clean("a\x1b[31mb") == "a\N{REPLACEMENT CHARACTER}[31mb"
    assert clean("naïve 漢字 é") == "naïve 漢字 é"


@given(text.map(clean), st.integers(0, 12))
def test_shorten_fits(given_text: str, columns: int) -> None:
    """What is shortened fits, and is unchanged where it fitted."""
    short = shorten(given_text, columns)
    assert width(short) <= columns
    assert short == given_text or width(given_text) > columns


def test_shorten_says_so() -> None:
    """A cut text ends with the mark, never inside a wide character."""
    assert shorten("feature/auth", 8) == "feature…"
    assert shorten("feature/auth", 8, "~") == "feature~"
    assert shorten("漢字漢字", 4) == "漢…"
    assert shorten("long", 0) == ""


@given(st.lists(st.tuples(st.just("class:dim"), text.map(clean)), max_size=4), st.integers(0, 40))
def test_fit_is_exact(fragments: list[tuple[str, str]], columns: int) -> None:
    """Fragments that are fitted take exactly the columns, unless a wide character leaves one over."""
    wide = sum(width(part) for _, part in fit(fragments, columns))
    assert wide == columns


def test_spread() -> None:
    """The end of a line stays, its start is cut; where only the end has room, that is cut too."""
    assert "".join(part for _, part in spread([("", "auth-redesign")], [("", " 12s")], 12)) == "auth-re… 12s"
    assert "".join(part for _, part in spread([("", "docs")], [("", " 12s")], 12)) == "docs     12s"
    assert "".join(part for _, part in spread([("", "docs")], [("", "working 12s")], 8)) == "working…"
