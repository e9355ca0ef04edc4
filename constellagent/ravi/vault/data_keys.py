"""The key of one identity: what it seals is lost to everybody when the key is destroyed.

A data key is random and is kept wrapped by the root key. Its first half seals and can be renewed; its second
half makes fingerprints, by which a sealed row is found again, and stays for as long as the identity.
"""

import hmac
import os
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from constellagent.ravi.vault.root import RootKey, VaultError

_FORMAT = b"\x01"
_VERSION_BYTES = 4
_NONCE = 12
_TAG = 16
_HALF = 32
_HEAD = len(_FORMAT) + _VERSION_BYTES


class DataKey:
    """One version of the key of one identity. Its repr shows nothing of it.

    Attributes:
        identity: uuid of the identity.
        version: 1 for the first; each renewal adds one.
    """

    __slots__ = ("_macs", "_seals", "_secret", "identity", "version")

    def __init__(self, secret: bytes, identity: str, version: int) -> None:
        if len(secret) != 2 * _HALF:
            raise VaultError(f"a data key is {2 * _HALF} bytes, not {len(secret)}")
        self.identity = identity
        self.version = version
        self._secret = secret
        self._seals = AESGCM(secret[:_HALF])
        self._macs = secret[_HALF:]

    def __repr__(self) -> str:
        return f"<DataKey {self.version} of {self.identity}>"

    @classmethod
    def create(cls, identity: str) -> Self:
        """Return the first key of an identity."""
        return cls(os.urandom(2 * _HALF), identity, 1)

    @classmethod
    def unwrap(cls, wrapped: bytes, root: RootKey, identity: str, version: int) -> Self:
        """Return a key that was wrapped.

        Raises:
            VaultError: it was changed, belongs to another identity, or was wrapped by another root key.
        """
        return cls(root.unseal(wrapped, _wrapping(identity, version)), identity, version)

    def wrap(self, root: RootKey) -> bytes:
        """Return what may be stored of it."""
        return root.seal(self._secret, _wrapping(self.identity, self.version))

    def renewed(self) -> Self:
        """Return the next version: it seals differently and finds the same."""
        return type(self)(os.urandom(_HALF) + self._macs, self.identity, self.version + 1)

    def seal(self, plaintext: bytes, place: str) -> bytes:
        """Encrypt and bind to the identity and to the place (such as `passwords|<uuid>|2|content`)."""
        head = _FORMAT + self.version.to_bytes(_VERSION_BYTES)
        nonce = os.urandom(_NONCE)
        return head + nonce + self._seals.encrypt(nonce, plaintext, self._aad(head, place))

    def unseal(self, sealed: bytes, place: str) -> bytes:
        """Return what was sealed for the place.

        Raises:
            VaultError: it was changed, moved from another place, or sealed with another key.
        """
        head, nonce = sealed[:_HEAD], sealed[_HEAD : _HEAD + _NONCE]
        if len(sealed) < _HEAD + _NONCE + _TAG or sealed_with(sealed) != self.version:
            raise _damaged(self.identity, place)
        try:
            return self._seals.decrypt(nonce, sealed[_HEAD + _NONCE :], self._aad(head, place))
        except InvalidTag as error:
            raise _damaged(self.identity, place) from error

    def fingerprint(self, purpose: str, value: str) -> bytes:
        """Return 32 bytes that stand for `value` in an index, and mean nothing without the key."""
        message = len(purpose.encode()).to_bytes(4) + purpose.encode() + value.encode()
        return hmac.digest(self._macs, message, "sha256")

    def _aad(self, head: bytes, place: str) -> bytes:
        return head + f"{self.identity}|{place}".encode()


def sealed_with(sealed: bytes) -> int | None:
    """Return the version of the key that sealed this, None where it is nothing of ours."""
    if len(sealed) < _HEAD or sealed[:1] != _FORMAT:
        return None
    return int.from_bytes(sealed[1:_HEAD])


def _wrapping(identity: str, version: int) -> str:
    return f"wrap|{identity}|{version}"


def _damaged(identity: str, place: str) -> VaultError:
    return VaultError(
        f"what is sealed at {place} of identity {identity} cannot be opened: it was changed or moved",
        hint="restore the provider's database from a backup; `constellagent audit verify` tells more",
    )
