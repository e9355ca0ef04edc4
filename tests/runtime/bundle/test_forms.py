"""Every look of a secret that the search of the reliability tests knows, and those of texts and addresses."""

from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from constellagent.runtime.bundle.finding import Finder
from constellagent.runtime.bundle.forms import SHORTEST, forms
from tests.reliability import scan


@given(st.text(st.characters(codec="utf-8"), min_size=12, max_size=40))
def test_every_form_that_the_scanner_finds_is_known(secret: str) -> None:
    """Whatever text the search for canaries would take for the secret holds one of the forms."""
    known = Finder(forms(secret))
    for look in scan.forms(secret):
        try:
            text = look.decode()
        except UnicodeDecodeError:
            text = look.decode("latin-1")
        assert known.spans(text), text


def test_each_line_of_a_long_secret_is_one() -> None:
    """A key of several lines is also found where only one of them stands."""
    known = forms("-----BEGIN-----\n  aaaabbbbcccc\nshort\n")
    assert "aaaabbbbcccc" in known
    assert "short" not in known


def test_what_is_too_short_is_not_looked_for() -> None:
    """A value that every text holds by chance has no forms, and none is shorter."""
    assert forms("abc") == set()
    assert min(map(len, forms("abcdef"))) >= SHORTEST


def test_a_secret_in_an_address_is_known() -> None:
    """The form with percent signs is among them."""
    assert quote("pass word/é", safe="") in forms("pass word/é")
