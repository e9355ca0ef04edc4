"""age files: what leaves the vault, locked to somebody's key or under a passphrase.

Any age implementation opens them. The only module that knows `pyrage`.
"""

import base64
import binascii
from collections.abc import Callable, Sequence

import pyrage

from constellagent.errors import ConstellagentError, UsageError

SHORTEST_PASSPHRASE = 10
"""Characters in a passphrase that is chosen for a file."""

_ARMOR = b"-----BEGIN AGE ENCRYPTED FILE-----"
_MAGIC = b"age-encryption.org/v1\n"
_UNDER_PASSPHRASE = _MAGIC + b"-> scrypt "
_SAID_NO_KEY = "No matching keys found"
_SAID_NOT_OPENED = "Decryption failed"
_SSH = ("-----BEGIN OPENSSH PRIVATE KEY-----", "-----BEGIN RSA PRIVATE KEY-----")


class AgeError(ConstellagentError):
    """A file cannot be opened: it is damaged, no age file, or locked with something else."""


class WrongKeyError(AgeError):
    """A file is not locked to this key, or not under this passphrase."""


def encrypt(data: bytes, *, recipients: Sequence[str] = (), passphrase: str | None = None) -> bytes:
    """Return an age file, for any of the recipients (`age1...` or an SSH public key) or under a passphrase.

    Blocks; a passphrase takes about a second.

    Raises:
        UsageError: there are neither recipients nor a passphrase, or both; one is no recipient; or the
            passphrase is too short.
    """
    if bool(recipients) == (passphrase is not None):
        raise UsageError(
            "an age file needs either recipients or a passphrase", hint="give one of the two, not both"
        )
    if passphrase is None:
        return bytes(pyrage.encrypt(data, [_recipient(text.strip()) for text in recipients]))
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise UsageError(
            f"the passphrase has {len(passphrase)} characters, and {SHORTEST_PASSPHRASE} are the least",
            hint="four or five random words are good and easy to keep",
        )
    return bytes(pyrage.passphrase.encrypt(data, passphrase))


def decrypt(data: bytes, *, identity_file: bytes | None = None, passphrase: str | None = None) -> bytes:
    """Return what an age file holds, armored or not.

    `identity_file` is the content of one: `AGE-SECRET-KEY-1...` lines, or an SSH private key without a
    passphrase. Blocks; a passphrase takes about a second.

    Raises:
        WrongKeyError: the file is locked to another key, or is under another passphrase; a damaged beginning
            of a file under a passphrase looks the same.
        AgeError: it is damaged or no age file.
        UsageError: what the file needs was not given, or the identity file holds no key.
    """
    start = _beginning(data)
    if not start.startswith(_MAGIC):
        raise AgeError(
            "this is no age file, or its beginning is damaged", hint="name the file that was exported"
        )
    if start.startswith(_UNDER_PASSPHRASE):
        if passphrase is None:
            raise UsageError("the file is under a passphrase", hint="give the passphrase")
        return _opened(lambda: bytes(pyrage.passphrase.decrypt(data, passphrase)))
    if identity_file is None:
        raise UsageError("the file is locked to a key", hint="give the identity file that holds the key")
    keys = _identities(identity_file)
    return _opened(lambda: bytes(pyrage.decrypt(data, keys)))


def _recipient(text: str) -> object:
    try:
        if text.startswith("ssh-"):
            return pyrage.ssh.Recipient.from_str(text)
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError as error:
        # What is no public key may be a secret one, which is not to be shown.
        shown = repr(text[:80]) if text.startswith(("age1", "ssh-")) else "what was given"
        raise UsageError(
            f"{shown} is no recipient: {error}",
            hint="give a public key: age1... as `age-keygen` prints it, or the line of an SSH .pub file",
        ) from error


def _identities(content: bytes) -> list[object]:
    """Return the keys of an identity file."""
    hint = "give a file with AGE-SECRET-KEY-1... lines, or an SSH private key without a passphrase"
    text = content.decode("utf-8", "replace")
    try:
        if text.lstrip().startswith(_SSH):
            return [pyrage.ssh.Identity.from_buffer(content.strip() + b"\n")]
        lines = [line.strip() for line in text.splitlines()]
        keys = [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except pyrage.IdentityError as error:
        # Not the line itself: it may be a secret with a slip of the pen.
        raise UsageError(f"the identity file cannot be used: {error}", hint=hint) from None
    if not keys:
        raise UsageError("the identity file holds no key", hint=hint)
    return keys


def _beginning(data: bytes) -> bytes:
    """Return the first bytes of the age file, out of its armor where it has one."""
    if not data.lstrip().startswith(_ARMOR):
        return data[: len(_UNDER_PASSPHRASE)]
    lines = data.lstrip()[:1024].splitlines()
    try:
        return base64.b64decode(lines[1].strip())
    except (binascii.Error, IndexError):
        return b""


def _opened(open_it: Callable[[], bytes]) -> bytes:
    try:
        return open_it()
    except pyrage.DecryptError as error:
        said = str(error)
        if said == _SAID_NO_KEY:
            raise WrongKeyError(
                "the file is not locked to this key", hint="give the identity file of one of its recipients"
            ) from error
        if said == _SAID_NOT_OPENED:
            raise WrongKeyError(
                "this is not the passphrase of the file", hint="mind the keyboard's layout and Caps Lock"
            ) from error
        raise AgeError(
            f"the age file is damaged or cut off: {said}", hint="take another copy of the file"
        ) from error
