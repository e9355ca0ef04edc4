"""The root key under a passphrase: wrapped with a key that Argon2id makes from it.

Making that key takes about half a second and 64 MiB on purpose: that is what each guess costs a thief.
"""

import base64
import os
import re
import threading
import unicodedata
from pathlib import Path
from typing import Annotated

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from pydantic import BaseModel, ConfigDict, Field

from constellagent.ravi.vault.root import KEY_BYTES, VaultError

SHORTEST = 10
"""Characters in a passphrase that is chosen."""

ITERATIONS = 3
"""Passes of Argon2id over its memory, for what is wrapped from now on."""

MEMORY_KIB = 64 << 10
"""Memory of Argon2id, for what is wrapped from now on."""

_LANES = 4
_ONE_AT_A_TIME = threading.Lock()
# OpenSSL has one pool of threads for the lanes; a second call meanwhile fails as if memory were short.
_LARGEST = 4096
_NONCE = 12
_PLACE = b"constellagent root key v1: passphrase"
_DESCRIPTOR = re.compile(r"/dev/(?:fd/(\d{1,4})|(stdin))")


class PassphraseError(VaultError):
    """The passphrase is another one than the root key was wrapped with."""


class Wrapped(BaseModel):
    """A root key under a passphrase, as it may be stored: what Argon2id is told, and the sealed key.

    The limits keep a changed file from asking for more memory or time than a machine has.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    salt: Annotated[str, Field(min_length=22, max_length=88)]
    iterations: Annotated[int, Field(ge=1, le=64)]
    memory_kib: Annotated[int, Field(ge=32, le=4 << 20)]
    lanes: Annotated[int, Field(ge=1, le=64)]
    sealed: Annotated[str, Field(max_length=200)]


def wrap(secret: bytes, passphrase: str) -> Wrapped:
    """Wrap a root key; blocks for about half a second.

    Raises:
        VaultError: the passphrase is too short, or Argon2id is missing here.
    """
    if len(passphrase) < SHORTEST:
        raise VaultError(
            f"the passphrase has {len(passphrase)} characters, and {SHORTEST} are the least",
            hint="four or five random words are good and easy to keep",
        )
    bare = Wrapped(
        salt=_text(os.urandom(16)),
        iterations=ITERATIONS,
        memory_kib=MEMORY_KIB,
        lanes=_LANES,
        sealed="",
    )
    nonce = os.urandom(_NONCE)
    sealed = nonce + AESGCM(_stretched(passphrase, bare)).encrypt(nonce, secret, _PLACE)
    return bare.model_copy(update={"sealed": _text(sealed)})


def unwrap(wrapped: Wrapped, passphrase: str) -> bytes:
    """Return the root key; blocks for about half a second.

    Raises:
        PassphraseError: the passphrase is another one.
        VaultError: what is stored cannot be used, or Argon2id is missing here.
    """
    try:
        sealed = base64.b64decode(wrapped.sealed, validate=True)
        return AESGCM(_stretched(passphrase, wrapped)).decrypt(sealed[:_NONCE], sealed[_NONCE:], _PLACE)
    except InvalidTag as error:
        raise PassphraseError(
            "this is not the passphrase of the root key", hint="mind the keyboard's layout and Caps Lock"
        ) from error
    except ValueError as error:
        raise VaultError(
            f"what is stored of the wrapped root key cannot be used: {error}",
            hint="restore it from a backup",
        ) from error


def read_passphrase(path: Path) -> str:
    """Return the first line of a file, or of the open descriptor that `/dev/fd/N` or `/dev/stdin` names.

    Raises:
        VaultError: it cannot be read, others can read it, or it is empty or no text.
    """
    hint = "mend or unset CONSTELLAGENT_PASSPHRASE_FILE"
    try:
        content = _read(path)
        # A line feed ends the passphrase, as in every file that an editor or `echo` wrote.
        passphrase = content.decode().split("\n", 1)[0].removesuffix("\r")
    except OSError as error:
        raise VaultError(f"cannot read the passphrase from {path}: {error.strerror}", hint=hint) from error
    except UnicodeDecodeError:
        raise VaultError(f"the passphrase in {path} is no text in UTF-8", hint=hint) from None
    if not passphrase:
        raise VaultError(f"there is no passphrase in {path}", hint=hint)
    return passphrase


def _read(path: Path) -> bytes:
    named = _DESCRIPTOR.fullmatch(str(path))
    if named:
        # By number, since a process that may not be looked at cannot open its own /dev/fd either.
        with os.fdopen(int(named[1] or 0), "rb", closefd=False) as file:
            return file.readline(_LARGEST)
    with path.open("rb") as file:
        found = os.fstat(file.fileno())
        if found.st_mode & 0o077 or found.st_uid not in {os.getuid(), 0}:
            raise VaultError(f"{path} must be a file that only you can read", hint=f"chmod 600 {path}")
        return file.readline(_LARGEST)


def _stretched(passphrase: str, how: Wrapped) -> bytes:
    # The same letters come composed from one keyboard and decomposed from another.
    letters = unicodedata.normalize("NFC", passphrase).encode(errors="surrogatepass")
    try:
        stretching = Argon2id(
            salt=base64.b64decode(how.salt),
            length=KEY_BYTES,
            iterations=how.iterations,
            lanes=how.lanes,
            memory_cost=how.memory_kib,
        )
        with _ONE_AT_A_TIME:
            return stretching.derive(letters)
    except UnsupportedAlgorithm as error:
        raise VaultError(
            "the OpenSSL of this Python knows no Argon2id", hint="install `cryptography` from a wheel"
        ) from error
    except MemoryError as error:
        raise VaultError(
            f"there are no {how.memory_kib >> 10} MiB of memory for the passphrase", hint="free some memory"
        ) from error


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
