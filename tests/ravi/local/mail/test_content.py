"""What a mail says, as text and as HTML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.ravi.local.mail.content import as_html, both, is_html, preview, with_text
from constellagent.ravi.local.mail.html_text import as_text
from tests.ravi.local.mail.letters import letter


@pytest.mark.parametrize(
    "content",
    [
        "<p>x",
        "x<br/>y",
        "<!doctype html>x",
        '<a href="https://x.example">x</a>',
        "<DIV CLASS=x>",
        "x</b>",
        "<h2>x",
    ],
)
def test_tags_make_html(content: str) -> None:
    """A tag of HTML anywhere makes content HTML."""
    assert is_html(content)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "plain",
        "a < b and c > d",
        "git checkout <branch>",
        "Vec<String>",
        "Bob <bob@x.example>",
        "<3",
        "x <- y",
    ],
)
def test_angle_brackets_alone_are_text(content: str) -> None:
    """Comparisons, placeholders, types and addresses are no tags."""
    assert not is_html(content)


def test_each_form_is_made_from_the_other() -> None:
    """Text gets escaped HTML with its lines, HTML gets its text."""
    assert both("a < b\n\nc\nd") == ("a < b\n\nc\nd", "<p>a &lt; b</p>\n<p>c<br>\nd</p>\n")
    assert both("<p>a</p>") == ("a", "<p>a</p>")
    assert both("") == ("", "")


@given(st.text())
def test_text_survives_its_html(text: str) -> None:
    """HTML that was made from text shows the same words."""
    assert as_text(as_html(text)).split() == text.split() or "\x00" in text


def test_a_letter_gets_its_missing_text() -> None:
    """HTML alone gets a text part; a text part that is there stays as it is."""
    assert with_text(letter(text=" \n", html="<p>code 1</p>")).text == "code 1"
    both_parts = letter(text="as it came", html="<p>else</p>")
    assert with_text(both_parts) is both_parts


def test_a_preview_is_one_short_line() -> None:
    """The first words, of the text or else of the HTML."""
    assert preview("a\n\n  b\tc", "<p>no</p>") == "a b c"
    assert preview("", "<p>only</p><p>this</p>") == "only this"
    assert preview("word " * 100, "").endswith("…")
