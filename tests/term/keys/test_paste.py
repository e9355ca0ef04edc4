"""Pastes, which cannot break out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.term.keys import PASTE_BEGIN, PASTE_END, paste, pasteable


@given(st.text(), st.booleans())
def test_a_paste_never_breaks_out(text: str, bracketed: bool) -> None:
    """Whatever the text, the paste ends where it should and holds no key but tab and return."""
    data = paste(text, bracketed=bracketed)
    if bracketed:
        assert data.startswith(PASTE_BEGIN)
        assert data.endswith(PASTE_END)
        data = data[len(PASTE_BEGIN) : -len(PASTE_END)]
    assert all(char >= " " or char in "\t\r" for char in data.decode())
    assert not any("\x7f" <= char <= "\x9f" for char in data.decode())


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"]) | st.sampled_from("\t\n")))
def test_plain_text_is_pasted_as_it_is(text: str) -> None:
    """Text without controls arrives unchanged, newlines as returns."""
    assert paste(text, bracketed=False).decode() == text.replace("\n", "\r")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x1b[201~b", b"ab"),
        ("a\x9b201~b", b"ab"),
        ("a\x1b[31mred\x1b[0m", b"ared"),
        ("a\x1b]0;title\x07b", b"ab"),
        ("a\x1b]0;title\x1b\\b", b"ab"),
        ("a\x1bP1$r\x1b\\b", b"ab"),
        ("a\x1b]never ended", b"anever ended"),
        ("a\x1bcb\x1b(0", b"ab"),
        ("\x1b\x1b[2\x1b[201~01~", b"201~"),
        ("\x03\x04\x7f\x85", b""),
        ("one\r\ntwo\rthree\n", b"one\rtwo\rthree\r"),
        ("\ud800", b"?"),
    ],
)
def test_sequences_and_controls_are_taken_out(text: str, expected: bytes) -> None:
    """Escape sequences go whole, single controls alone; a string that never ends takes no text with it."""
    assert paste(text, bracketed=False) == expected


@given(st.text(alphabet=st.characters() | st.sampled_from("\x1b[201~\x9b\r\n\t\x00")), st.booleans())
def test_what_is_pasteable_is_pasted_as_it_is(text: str, bracketed: bool) -> None:
    """Nothing more is taken out of it, so the program gets what one can compare with."""
    typed = pasteable(text)
    assert pasteable(typed) == typed
    assert paste(text, bracketed=bracketed) == paste(typed, bracketed=bracketed)
    assert paste(text, bracketed=False).decode() == typed.replace("\n", "\r")
