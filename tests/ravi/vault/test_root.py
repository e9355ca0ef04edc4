"""The root key: where it comes from, and that nothing sealed can be changed or moved unseen."""

import base64
import os
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.errors import ConstellagentError
from constellagent.ravi.vault import KEY_FILE, RootKey, VaultError

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


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_the_key_file_is_private_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    """The folder gets 0700 and the file 0600, and the same key comes back."""
    old = os.umask(umask)
    try:
        first = RootKey.open(tmp_path / "ravi", None)
    finally:
        os.umask(old)
    file = tmp_path / "ravi" / KEY_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert list(file.parent.iterdir()) == [file]
    second = RootKey.open(tmp_path / "ravi", None)
    assert second.unseal(first.seal(b"x", "p"), "p") == b"x"
    assert str(file) in second.source


def test_racing_openers_agree_on_one_key(tmp_path: Path) -> None:
    """Of many who create the key at once all get the same one."""
    keys: list[str] = []
    barrier = threading.Barrier(8)

    def race() -> None:
        barrier.wait()
        keys.append(RootKey.open(tmp_path / "ravi", None).mac("who", "won"))

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1


def test_a_named_key_file_wins(tmp_path: Path) -> None:
    """Raw, hex and base64 forms of the same 32 bytes are the same key, and nothing is created."""
    raw = os.urandom(32)
    macs = set()
    for form in (raw, raw.hex().encode() + b"\n", base64.b64encode(raw) + b"\n"):
        file = tmp_path / "key"
        file.write_bytes(form)
        file.chmod(0o600)
        key = RootKey.open(tmp_path / "ravi", file)
        macs.add(key.mac("a", "b"))
        assert str(file) in key.source
    assert len(macs) == 1
    assert not (tmp_path / "ravi").exists()


NO_KEYS = [b"", b"short", b"!" * 44, b"z" * 64, b"\xff" * 64, base64.b64encode(bytes(31))]


@pytest.mark.parametrize("content", NO_KEYS)
def test_a_file_without_a_key_is_refused(tmp_path: Path, content: bytes) -> None:
    """What is no key of 32 bytes is refused with the way to make one, and its content is not shown."""
    file = tmp_path / "key"
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(VaultError, match="holds no key") as raised:
        RootKey.open(tmp_path, file)
    assert "/dev/urandom" in raised.value.hint


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """A group-readable key is refused, named or our own, with the command that mends it."""
    RootKey.open(tmp_path, None)
    (tmp_path / KEY_FILE).chmod(0o640)
    for named in (None, tmp_path / KEY_FILE):
        with pytest.raises(VaultError) as raised:
            RootKey.open(tmp_path, named)
        assert "chmod 600" in raised.value.hint


def test_a_missing_or_odd_key_file_is_refused(tmp_path: Path) -> None:
    """A file that is not there, or a folder in its place, is a vault error and nothing else."""
    for odd in (tmp_path / "gone", tmp_path):
        with pytest.raises(VaultError):
            RootKey.open(tmp_path, odd)


def test_a_link_in_place_of_our_key_is_refused(tmp_path: Path) -> None:
    """Our own key file is never followed through a link."""
    other = tmp_path / "other"
    other.write_bytes(bytes(32))
    other.chmod(0o600)
    (tmp_path / KEY_FILE).symlink_to(other)
    with pytest.raises(ConstellagentError):
        RootKey.open(tmp_path, None)


def test_a_key_of_another_length_is_refused() -> None:
    """Only 32 bytes are a key."""
    with pytest.raises(VaultError):
        RootKey(b"short", "a test")


def test_the_repr_shows_nothing_of_the_key() -> None:
    """A key in a log line or traceback shows its source only."""
    assert repr(KEY) == "<RootKey from a test>"
    assert not hasattr(KEY, "__dict__")
