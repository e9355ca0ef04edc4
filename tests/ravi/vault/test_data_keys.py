"""The key of one identity: what it seals, how it is kept, and that nothing can be changed or moved unseen."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.ravi.vault import DataKey, RootKey, VaultError
from constellagent.ravi.vault.data_keys import sealed_with

ROOT = RootKey(bytes(range(32)), "a test")
KEY = DataKey.create("id-1")


@given(st.binary(max_size=300), st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_what_is_sealed_can_be_unsealed_at_its_place(plaintext: bytes, place: str) -> None:
    """A round trip gives the same bytes back, and never the same sealed form twice."""
    sealed = KEY.seal(plaintext, place)
    assert KEY.unseal(sealed, place) == plaintext
    assert sealed != KEY.seal(plaintext, place)
    assert sealed_with(sealed) == 1


@given(st.binary(min_size=1, max_size=60), st.data())
def test_f5_any_changed_byte_is_seen(plaintext: bytes, data: st.DataObject) -> None:
    """Whatever byte is changed, cut off or added, also of the key's version, unsealing fails."""
    sealed = KEY.seal(plaintext, "secrets|7|1|content")
    index = data.draw(st.integers(0, len(sealed) - 1))
    change = data.draw(st.integers(1, 255))
    forged = sealed[:index] + bytes([sealed[index] ^ change]) + sealed[index + 1 :]
    for bad in (forged, sealed[:index], sealed + b"x", b""):
        with pytest.raises(VaultError, match=r"secrets\|7\|1\|content of identity id-1"):
            KEY.unseal(bad, "secrets|7|1|content")


def test_f5_a_moved_value_is_seen() -> None:
    """A value opens at its own place of its own identity only."""
    sealed = KEY.seal(b"hunter2", "secrets|7|1|content")
    twin = DataKey.unwrap(ROOT.seal(KEY._secret, "wrap|id-2|1"), ROOT, "id-2", 1)
    for key, place in ((KEY, "secrets|7|2|content"), (twin, "secrets|7|1|content")):
        with pytest.raises(VaultError) as raised:
            key.unseal(sealed, place)
        assert "hunter2" not in str(raised.value)


def test_a_wrapped_key_opens_for_its_identity_and_version_only() -> None:
    """Another identity's key, another version, another root key and a changed byte all fail."""
    wrapped = KEY.wrap(ROOT)
    assert DataKey.unwrap(wrapped, ROOT, "id-1", 1).unseal(KEY.seal(b"x", "p"), "p") == b"x"
    bad = [
        (wrapped, ROOT, "id-2", 1),
        (wrapped, ROOT, "id-1", 2),
        (wrapped, RootKey(os.urandom(32), "another"), "id-1", 1),
        (wrapped[:-1] + bytes([wrapped[-1] ^ 1]), ROOT, "id-1", 1),
    ]
    for arguments in bad:
        with pytest.raises(VaultError):
            DataKey.unwrap(*arguments)


def test_a_renewed_key_finds_the_same_and_seals_differently() -> None:
    """Fingerprints stay, so that indexes do; what was sealed before needs the older key."""
    newer = KEY.renewed()
    assert newer.version == 2
    assert newer.fingerprint("key", "API") == KEY.fingerprint("key", "API")
    with pytest.raises(VaultError):
        newer.unseal(KEY.seal(b"x", "p"), "p")
    with pytest.raises(VaultError):
        KEY.unseal(newer.seal(b"x", "p"), "p")
    assert DataKey.unwrap(newer.wrap(ROOT), ROOT, "id-1", 2).unseal(newer.seal(b"x", "p"), "p") == b"x"


def test_a_fingerprint_depends_on_key_purpose_and_value() -> None:
    """Fingerprints of different purposes or identities differ; purpose and value do not run together."""
    prints = {
        KEY.fingerprint("a", "bc"),
        KEY.fingerprint("ab", "c"),
        KEY.fingerprint("a", "bd"),
        DataKey.create("id-2").fingerprint("a", "bc"),
    }
    assert len(prints) == 4
    assert {len(value) for value in prints} == {32}


def test_a_key_of_another_length_is_refused() -> None:
    """Only 64 bytes are a data key."""
    with pytest.raises(VaultError):
        DataKey(b"short", "id-1", 1)


def test_what_is_not_sealed_has_no_key() -> None:
    """Bytes that no data key made name none."""
    assert sealed_with(b"") is None
    assert sealed_with(b"\x02\x00\x00\x00\x01") is None


def test_the_repr_shows_nothing_of_the_key() -> None:
    """A key in a log line or traceback shows whose it is only."""
    assert repr(KEY) == "<DataKey 1 of id-1>"
    assert not hasattr(KEY, "__dict__")
