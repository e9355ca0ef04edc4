"""Passwords and secrets as requests send them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from constellagent.ravi.wires.vault import (
    LARGEST_NOTES,
    LARGEST_VALUE,
    ChangePassword,
    ChangeSecret,
    CreatePassword,
    CreateSecret,
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,20}", fullmatch=True))
def test_the_name_of_a_secret_is_in_capitals(key: str) -> None:
    """Whatever case it is sent in."""
    assert CreateSecret(key=key).key == ChangeSecret(key=key).key == key.upper()


@given(TEXTS)
def test_what_is_no_name_is_refused(text: str) -> None:
    """Only ASCII letters, digits and `_` are a name, and it begins with a letter."""
    good = text.isascii() and text[:1].isalpha() and text.replace("_", "a").isalnum()
    if good:
        assert CreateSecret(key=text).key == text.upper()
        return
    with pytest.raises(ValidationError):
        CreateSecret(key=text)


@given(TEXTS, TEXTS)
def test_values_come_through_as_they_are(value: str, notes: str) -> None:
    """No character of a value or of notes is changed, and neither shows in a repr."""
    login = CreatePassword(domain="d", password=f"pw:{value}", notes=f"nt:{notes}")
    assert (login.password, login.notes) == (f"pw:{value}", f"nt:{notes}")
    secret = CreateSecret(key="K", value=f"pw:{value}", notes=f"nt:{notes}")
    assert (secret.value, secret.notes) == (f"pw:{value}", f"nt:{notes}")
    assert not any(mark in repr(one) for mark in ("pw:", "nt:") for one in (login, secret))


@pytest.mark.parametrize("character", ["x", "ä", "😀"])
def test_sizes_are_bytes(character: str) -> None:
    """The largest value and notes pass, one byte more does not."""
    size = len(character.encode())
    assert ChangePassword(password=character * (LARGEST_VALUE // size)).password
    assert ChangeSecret(notes=character * (LARGEST_NOTES // size)).notes
    with pytest.raises(ValidationError, match="at most 65536 bytes"):
        ChangeSecret(value="y" + character * (LARGEST_VALUE // size))
    with pytest.raises(ValidationError, match="at most 4096 bytes"):
        ChangePassword(notes="y" + character * (LARGEST_NOTES // size))


@pytest.mark.parametrize("model", [ChangePassword, ChangeSecret])
def test_what_is_not_given_is_not_there(model: type[ChangePassword | ChangeSecret]) -> None:
    """Absent and null are the same, unknown fields are ignored, other types are refused."""
    assert model.model_validate({"notes": None, "other": 1}).model_dump(exclude_none=True) == {}
    with pytest.raises(ValidationError):
        model.model_validate({"notes": 1})
