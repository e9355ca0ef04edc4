"""What a reader sees of HTML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.ravi.local.mail.content import is_html, preview
from constellagent.ravi.local.mail.html_text import as_text
from tests.growth import assert_linear

WELCOME = """<!DOCTYPE html><html><head><title>Hidden</title><style>p { color: red }</style>
<script>var hidden = "<p>x</p>";</script></head><body><h1>Welcome&nbsp;&amp; hello</h1>
<p>Your   code is <b>123 456</b>.<br>It ends soon.</p>
<ul><li>One<li>Two</ul><table><tr><td>Code</td><td>A1B2</td></tr></table>
<a href="https://acme.example/v?t=1&amp;u=2">Verify</a> or
<a href="https://acme.example/x">https://acme.example/x</a><br>
<a href="javascript:alert(1)">Not this</a> <a href="https://acme.example/logo"><img alt="Logo"></a>
</body></html>"""


def test_text_of_html_is_what_a_reader_sees() -> None:
    """Styles, scripts and the head are gone; links, lists, cells and line breaks stay."""
    assert as_text(WELCOME) == (
        "Welcome & hello\n\nYour code is 123 456.\nIt ends soon.\n\n- One\n- Two\n\nCode A1B2\n\n"
        "Verify (https://acme.example/v?t=1&u=2) or https://acme.example/x\n"
        "Not this Logo (https://acme.example/logo)"
    )


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>never closed <b>bold", "never closed bold"),
        ("<head><meta name=x><body>seen", "seen"),
        ("</p></a></table>stray", "stray"),
        ("a<br><br><br><br><br>b", "a\n\nb"),
        ("<a href='https://x.example'></a>", "https://x.example"),
        ("<a name='x'>no target</a>", "no target"),
        ("&lt;b&gt; &#128512; &copy;", "<b> 😀 ©"),
        ("<p>שלום</p><p>日本語</p>", "שלום\n\n日本語"),
        ("<a title='a > b' href=https://x.example/?a=1>x</a>", "x (https://x.example/?a=1)"),
        (
            "<p don't>it's</p> 1 < 2 <3 <!--[if mso]>no<![endif]--><![if !mso]>yes<![endif]>",
            "it's\n\n1 < 2 <3 yes",
        ),
        ("&#" + "9" * 5000 + "; seen", "&#" + "9" * 5000 + "; seen"),
        ("</é>seen</ >", "seen"),
        ("seen <a href='https://x.example", "seen"),
        ("<template>no</template></template>seen", "seen"),
        ("<script>a</scripted>b</script >seen", "seen"),
        ("", ""),
    ],
)
def test_broken_html_still_has_its_text(source: str, text: str) -> None:
    """Whatever mailers leave out or leave over, the words are there."""
    assert as_text(source) == text


@given(st.text(st.characters(codec="utf-8") | st.sampled_from("<>/&;!-ab \n\"'")))
def test_any_text_is_read(source: str) -> None:
    """Nothing that a sender writes makes reading fail."""
    as_text(source)
    is_html(source)
    assert len(preview(source, source)) <= 140


SLOW = (
    *("<", "<a ", "<!--", "<p><", "&", "</a", '<a href="', "=\"'", '<a ="', "<a x=y ", "<style>", "<head>"),
    *(
        "<a href=http:x>",
        "<template>",
        "<b>",
        "&amp",
        "<a =' =\"",
        "<p\t",
        "<!",
        "</",
        "<a>b</a>",
        "\n\n\n",
        " =",
    ),
)


def read(source: str) -> None:
    """Read markup that is left open, and that is closed at last."""
    for text in (source, f'{source}"></a>'):
        as_text(text)
        as_text(text[3:])
        is_html(text)


@pytest.mark.parametrize("piece", SLOW)
def test_hostile_html_costs_no_more_than_its_size_allows(piece: str) -> None:
    """A quarter of a megabyte of any piece of markup costs by its length, not by the square of that."""
    assert_linear(lambda size: f"<a {piece * (size // len(piece))}", read, 1 << 18)
