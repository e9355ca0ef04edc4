"""The root key: nothing that is sealed with it can be changed or moved unseen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.ravi.vault import RootKey, VaultError

KEY = RootKey(bytes(range(32)), "a test")


@given(st.binary(max_size=300), st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_what_is_sealed_can_be_unsealed_at_its_place(plaintext: bytes, place: str) -> None:
    """A round trip gives the same bytes back, and never the same sealed form twice."""
    sealed = KEY.seal(plaintext, place)
    assert KEY.unseal(sealed, place) == plaintext
    assert sealed != KEY.seal(plaintext, place)


@given(st.binary(min_size=1, max_size=60), st.data())
def test_any_changed_byte_is_seen(plaintext: bytes, data: st.DataObject) -> None:
    """Whatever single byte is changed, cut off or added, unsealing fails and names the place only."""
    sealed = KEY.seal(plaintext, "secrets|7")
    index = data.draw(st.integers(0, len(sealed) - 1))
    change = data.draw(st.integers(1, 255))
    forged = sealed[:index] + bytes([sealed[index] ^ change]) + sealed[index + 1 :]
    for bad in (forged, sealed[:index], sealed + b"x", b""):
        with pytest.raises(VaultError, match=r"secrets\|7"):
            KEY.unseal(bad, "secrets|7")


def test_a_moved_value_is_seen() -> None:
    """A value sealed for one place does not open at another, nor with another key."""
    sealed = KEY.seal(b"hunter2", "bindings|a|key")
    with pytest.raises(VaultError):
        KEY.unseal(sealed, "bindings|b|key")
    with pytest.raises(VaultError) as raised:
        RootKey(bytes(32), "another").unseal(sealed, "bindings|a|key")
    assert "hunter2" not in str(raised.value)


def test_a_mac_depends_on_key_purpose_and_value() -> None:
    """Fingerprints of different purposes or keys differ; purpose and value do not run together."""
    macs = {
        KEY.mac("a", "bc"),
        KEY.mac("ab", "c"),
        KEY.mac("a", "bd"),
        RootKey(bytes(32), "another").mac("a", "bc"),
    }
    assert len(macs) == 4
    assert KEY.mac("a", "bc") == KEY.mac("a", "bc")


@given(st.text())
def test_any_text_has_a_mac(value: str) -> None:
    """Whatever a sender wrote has a fingerprint, lone surrogates too."""
    assert len(KEY.mac("a", value)) == 64


def test_a_key_of_another_length_is_refused() -> None:
    """Only 32 bytes are a key."""
    with pytest.raises(VaultError):
        RootKey(b"short", "a test")


def test_the_repr_shows_nothing_of_the_key() -> None:
    """A key in a log line or traceback shows its source only."""
    assert repr(KEY) == "<RootKey from a test>"
    assert not hasattr(KEY, "__dict__")
