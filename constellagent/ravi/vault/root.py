"""The root key, and what is sealed with it.

Everything secret that we keep is sealed with AES-256-GCM under keys derived from one root key, and bound to
its place by associated data, so that a stored value can neither be read nor moved to another place unseen.
The root key comes from a file that the user names, else from a 0600 file that we create once.
"""

import base64
import binascii
import hmac
import os
import stat
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from constellagent.errors import ConstellagentError
from constellagent.ravi.private_files import create_private, read_private

KEY_FILE = "root.key"
"""Name of the file that we create where no other is named."""

_VERSION = b"\x01"
_NONCE = 12
_TAG = 16
_KEY = 32


class VaultError(ConstellagentError):
    """A key cannot be used, or something sealed was changed, moved, or sealed with another key."""


class RootKey:
    """The key above all keys. Its repr shows where it came from and nothing of it.

    Attributes:
        source: where the key came from, in words for a person.
    """

    __slots__ = ("_macs", "_seals", "source")

    def __init__(self, secret: bytes, source: str) -> None:
        """Take 32 random bytes.

        Raises:
            VaultError: they are not 32.
        """
        if len(secret) != _KEY:
            raise VaultError(f"a root key is {_KEY} bytes, not {len(secret)}")
        self.source = source
        self._seals = AESGCM(_derive(secret, b"seal"))
        self._macs = _derive(secret, b"mac")

    def __repr__(self) -> str:
        return f"<RootKey from {self.source}>"

    @classmethod
    def open(cls, folder: Path, key_file: Path | None) -> Self:
        """Read the root key, creating it in `folder` where none is named and none exists.

        Blocks on the disk for a moment.

        Raises:
            VaultError: the file is missing, readable by others, or holds no key.
            ConstellagentError: the folder cannot be used.
        """
        if key_file is not None:
            return cls(_parse(_read_named(key_file), key_file), f"the key file {key_file}")
        place = folder / KEY_FILE
        found = read_private(folder, KEY_FILE)
        if found is None:
            found = create_private(folder, KEY_FILE, base64.b64encode(os.urandom(_KEY)) + b"\n")
        else:
            _check_mode(place, place.lstat())
        return cls(_parse(found, place), f"the file {place} (mode 0600)")

    def seal(self, plaintext: bytes, aad: str) -> bytes:
        """Encrypt and bind to the place that `aad` names (such as `bindings|<uuid>|key`)."""
        nonce = os.urandom(_NONCE)
        return _VERSION + nonce + self._seals.encrypt(nonce, plaintext, _VERSION + aad.encode())

    def unseal(self, sealed: bytes, aad: str) -> bytes:
        """Return what was sealed for the place `aad`.

        Raises:
            VaultError: it was changed, moved from another place, or sealed with another root key.
        """
        if len(sealed) < 1 + _NONCE + _TAG or sealed[:1] != _VERSION:
            raise _damaged(aad)
        try:
            return self._seals.decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], _VERSION + aad.encode())
        except InvalidTag as error:
            raise _damaged(aad) from error

    def mac(self, purpose: str, value: str) -> str:
        """Return a keyed fingerprint of `value`, hex, that differs for each purpose and each root key."""
        message = len(purpose.encode()).to_bytes(4) + purpose.encode() + value.encode()
        return hmac.digest(self._macs, message, "sha256").hex()


def _derive(secret: bytes, use: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=_KEY, salt=None, info=b"constellagent root key v1: " + use).derive(
        secret
    )


def _damaged(aad: str) -> VaultError:
    return VaultError(
        f"what is sealed at {aad} cannot be opened: it was changed, or sealed with another root key",
        hint="restore the root key or the file that it belongs to from a backup",
    )


def _read_named(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            _check_mode(path, os.fstat(file.fileno()))
            return file.read(4096)
    except OSError as error:
        raise VaultError(
            f"cannot read the key file {path}: {error.strerror}", hint="mend or unset CONSTELLAGENT_KEY_FILE"
        ) from error


def _check_mode(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode) or found.st_mode & 0o077 or found.st_uid not in {os.getuid(), 0}:
        raise VaultError(f"{path} must be a plain file that only you can read", hint=f"chmod 600 {path}")


def _parse(content: bytes, path: Path) -> bytes:
    """Accept 32 raw bytes, or their hex or base64 form with white space around."""
    if len(content) == _KEY:
        return content
    text = content.strip()
    try:
        secret = (
            bytes.fromhex(text.decode()) if len(text) == 2 * _KEY else base64.b64decode(text, validate=True)
        )
    except (ValueError, binascii.Error):
        secret = b""
    if len(secret) != _KEY:
        raise VaultError(
            f"{path} holds no key: {_KEY} random bytes are needed, raw or as hex or base64",
            hint=f"(umask 077; head -c {_KEY} /dev/urandom | base64 > {path})",
        )
    return secret
