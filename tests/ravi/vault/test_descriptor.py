"""Where the key is kept, as a file: written once, private, and damage is told apart."""

import json
import os
import stat
from pathlib import Path

import pytest

from constellagent.ravi.vault import VaultError, descriptor
from constellagent.ravi.vault.descriptor import DESCRIPTOR, Descriptor, check_of
from constellagent.ravi.vault.passphrases import wrap

SECRET = bytes(range(32))
FILE = Descriptor(kind="file", check=check_of(SECRET))


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_it_is_written_once_and_private(tmp_path: Path, umask: int) -> None:
    """The first choice holds until it is replaced, and the file has mode 0600 whatever the umask."""
    other = Descriptor(kind="keyring", check=check_of(SECRET), entry="root key 1")
    old = os.umask(umask)
    try:
        assert descriptor.read(tmp_path) is None
        assert descriptor.create(tmp_path, FILE) == FILE
        assert descriptor.create(tmp_path, other) == FILE
        assert descriptor.read(tmp_path) == FILE
        descriptor.replace(tmp_path, other)
    finally:
        os.umask(old)
    assert descriptor.read(tmp_path) == other
    assert stat.S_IMODE((tmp_path / DESCRIPTOR).stat().st_mode) == 0o600


def test_nothing_of_the_key_is_in_it(tmp_path: Path, cheap: None) -> None:
    """Neither the key nor the passphrase is in the file in any form that is seen at once."""
    wrapped = wrap(SECRET, "correct horse battery")
    descriptor.create(tmp_path, Descriptor(kind="passphrase", check=check_of(SECRET), wrapped=wrapped))
    content = (tmp_path / DESCRIPTOR).read_bytes()
    assert not any(form in content for form in (SECRET, SECRET.hex().encode(), b"horse"))


def test_any_changed_byte_is_damage(tmp_path: Path, cheap: None) -> None:
    """Whatever byte is changed: the file is refused as damaged, or says the same as before."""
    whole = Descriptor(kind="passphrase", check=check_of(SECRET), wrapped=wrap(SECRET, "correct horse"))
    descriptor.create(tmp_path, whole)
    file = tmp_path / DESCRIPTOR
    content = file.read_bytes()
    for index in range(len(content)):
        for change in (0x01, 0x20, 0x80):
            file.write_bytes(content[:index] + bytes([content[index] ^ change]) + content[index + 1 :])
            try:
                found = descriptor.read(tmp_path)
            except VaultError as error:
                said = f"{error.message} {error.hint}"
                found = whole if "damaged" in said and str(file) in said else None
            assert found == whole  # unchanged where only white space between the fields was


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"{}", b"[" * 5000, b'{"checksum": ""}', b"\xff"]
)
def test_what_is_no_descriptor_is_damage(tmp_path: Path, content: bytes) -> None:
    """Any bytes at all are refused in words."""
    (tmp_path / DESCRIPTOR).write_bytes(content)
    with pytest.raises(VaultError, match="damaged"):
        descriptor.read(tmp_path)


def test_a_newer_release_is_told_apart(tmp_path: Path) -> None:
    """A whole file of a later version says to upgrade."""
    fields = {**FILE.model_dump(mode="json"), "version": 2, "more": 1}
    content = {**fields, "checksum": descriptor._checksum(fields)}
    (tmp_path / DESCRIPTOR).write_text(json.dumps(content))
    with pytest.raises(VaultError, match="newer release"):
        descriptor.read(tmp_path)
