"""The root key in the operating system's keyring: Keychain, Secret Service, KWallet.

The only module that knows `keyring`, and loaded only where the key is kept there: it takes 0.1 s to import.
What would keep the key in clear, or not at all, is refused, whoever chose it.
"""

import base64
import binascii
from collections.abc import Iterator

import keyring
from keyring.backend import KeyringBackend
from keyring.backends.chainer import ChainerBackend
from keyring.errors import KeyringError

from constellagent.ravi.vault.root import VaultError

SERVICE = "constellagent"
_REFUSED = ("keyring.backends.fail", "keyring.backends.null", "keyrings.alt")
"""Modules whose backends keep nothing, or keep it in clear or nearly so."""

_HINT = "unlock or start the keyring of your desktop, or keep the key in another way"


def store(entry: str, secret: bytes) -> None:
    """Keep the key under a name, and read it back.

    Raises:
        VaultError: there is no keyring that protects it, or it refuses.
    """
    backend = _backend()
    try:
        backend.set_password(SERVICE, entry, base64.b64encode(secret).decode())
    except (KeyringError, RuntimeError, OSError) as error:
        raise _failed(backend, "does not keep the root key", error) from error
    if load(entry) != secret:
        raise VaultError(f"{_name(backend)} does not give back what it was given", hint=_HINT)


def load(entry: str) -> bytes | None:
    """Return the key under a name, None where the keyring has no such entry.

    Raises:
        VaultError: the keyring cannot be asked, so nothing is known; or what it holds is no key.
    """
    backend = _backend()
    try:
        found = backend.get_password(SERVICE, entry)
    except (KeyringError, RuntimeError, OSError) as error:
        raise _failed(backend, "cannot be asked for the root key", error) from error
    try:
        return None if found is None else base64.b64decode(found, validate=True)
    except (ValueError, binascii.Error):
        raise VaultError(f"{_name(backend)} holds no key under {SERVICE}/{entry}", hint=_HINT) from None


def remove(entry: str) -> None:
    """Remove the entry; a missing one is fine.

    Raises:
        VaultError: the keyring refuses, and the entry is still there.
    """
    backend = _backend()
    try:
        backend.delete_password(SERVICE, entry)
    except (KeyringError, RuntimeError, OSError) as error:
        if load(entry) is not None:
            raise _failed(backend, f"does not remove {SERVICE}/{entry}", error) from error


def _backend() -> KeyringBackend:
    """Return the best backend that protects what it keeps."""
    chosen = keyring.get_keyring()
    for backend in _each(chosen):
        if not type(backend).__module__.startswith(_REFUSED):
            return backend
    raise VaultError(
        f"there is no keyring here that protects the root key (found: {_name(chosen)})",
        hint="log in to a desktop with a keyring, or set CONSTELLAGENT_KEY_SOURCE to passphrase or file",
    )


def _each(backend: KeyringBackend) -> Iterator[KeyringBackend]:
    """Yield the backends of a chain, best first: a chain would pass a refusal on to a weaker one."""
    if isinstance(backend, ChainerBackend):
        yield from backend.backends
    else:
        yield backend


def _name(backend: KeyringBackend) -> str:
    return f"{type(backend).__module__}.{type(backend).__name__}"


def _failed(backend: KeyringBackend, what: str, error: Exception) -> VaultError:
    return VaultError(f"{_name(backend)} {what}: {error}", hint=_HINT)
