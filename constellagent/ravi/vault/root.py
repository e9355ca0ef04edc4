"""The root key, and what is sealed with it.

Everything secret that we keep is sealed with AES-256-GCM under keys derived from one root key, and bound to
its place by associated data, so that a stored value can neither be read nor moved to another place unseen.
Where the root key comes from is the business of `sources`.
"""

import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from constellagent.errors import ConstellagentError

KEY_BYTES = 32
"""Length of the root key."""

_VERSION = b"\x01"
_NONCE = 12
_TAG = 16


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
        if len(secret) != KEY_BYTES:
            raise VaultError(f"a root key is {KEY_BYTES} bytes, not {len(secret)}")
        self.source = source
        self._seals = AESGCM(_derive(secret, b"seal"))
        self._macs = _derive(secret, b"mac")

    def __repr__(self) -> str:
        return f"<RootKey from {self.source}>"

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
        message = len(purpose.encode()).to_bytes(4) + purpose.encode() + value.encode(errors="surrogatepass")
        return hmac.digest(self._macs, message, "sha256").hex()


def _derive(secret: bytes, use: bytes) -> bytes:
    info = b"constellagent root key v1: " + use
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(secret)


def _damaged(aad: str) -> VaultError:
    return VaultError(
        f"what is sealed at {aad} cannot be opened: it was changed, or sealed with another root key",
        hint="restore the root key or the file that it belongs to from a backup",
    )
