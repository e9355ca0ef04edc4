"""Which messages a pattern means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.runtime.triggers.patterns import bare, meets, same_address
from constellagent.spec.models import OnMessage


def wanted(**patterns: str) -> OnMessage:
    """Return patterns by the names that the file has."""
    return OnMessage.model_validate({name.rstrip("_"): pattern for name, pattern in patterns.items()})


@pytest.mark.parametrize(
    ("pattern", "sender", "meant"),
    [
        ("boss@acme.example", "boss@acme.example", True),
        ("Boss@ACME.example", "bOSS@acme.EXAMPLE", True),
        ("boss@acme.example", "boss@acme.example.evil.example", False),
        ("*@acme.example", "anyone@acme.example", True),
        ("*@acme.example", "anyone@notacme.example", False),
        ("bos?@*", "bosx@y", True),
        ("[ab]@x", "b@x", True),
        ("+1202555*", "+12025550199", True),
        ("+1202555*", "+1303555019", False),
        ("*stra\N{LATIN SMALL LETTER SHARP S}e*", "x@STRASSE.example", True),
    ],
)
def test_senders(pattern: str, sender: str, meant: bool) -> None:
    """A whole address or number, by shell patterns, in any case."""
    assert meets(wanted(from_=pattern), sender, "", "") is meant


def test_everything_that_is_given_must_match() -> None:
    """No pattern means any message; two mean both."""
    assert meets(wanted(), "a@b", "s", "")
    both = wanted(from_="a@*", subject="deploy *")
    assert meets(both, "a@b", "Deploy now", "")
    assert not meets(both, "x@b", "deploy now", "")
    assert not meets(both, "a@b", "deploy", "")
    assert meets(wanted(text="*urgent*"), "1", "", "this is\nURGENT\n")


@given(st.text(max_size=40), st.text(max_size=40))
def test_every_pattern_gives_an_answer(pattern: str, text: str) -> None:
    """No pattern and no text breaks the comparison; a star means all."""
    assert isinstance(meets(OnMessage.model_construct(subject=pattern), "", text, ""), bool)
    assert meets(wanted(subject="*"), "", text, "")


@pytest.mark.timeout(30)
def test_a_costly_pattern_costs_little() -> None:
    """Many stars over a long subject are no way to keep the daemon busy."""
    assert not meets(wanted(subject="*a" * 30 + "b"), "", "a" * 2000, "")


def test_bare_addresses() -> None:
    """A display name is not part of what is compared."""
    assert bare("Boss <boss@acme.example>") == "boss@acme.example"
    assert bare(" boss@acme.example ") == "boss@acme.example"
    assert bare("<") == "<"


def test_one_mailbox_has_many_spellings() -> None:
    """Case and tag make no other mailbox; nobody's address is nobody's."""
    assert same_address("docs@acme.test", "DOCS+shop@Acme.Test")
    assert same_address("+12025550199", "+12025550199")
    assert not same_address("docs@acme.test", "docs@acme.example")
    assert not same_address("", "")
