"""The root key as a file: our own beside the database, or one that a person names.

Our own is created once, with mode 0600. A named one is only ever read, and may be kept as raw bytes, hex or
base64; so may a credential that systemd hands to a service.
"""

import base64
import binascii
import os
import stat
from pathlib import Path

from constellagent.ravi.private_files import create_private, read_private
from constellagent.ravi.vault.root import KEY_BYTES, VaultError

KEY_FILE = "root.key"
"""Name of the file that we create where the key is kept in none of the other ways."""

_LARGEST = 4096
_OTHERS = 0o077
_READ_BY_GROUP = 0o040


def read_own(folder: Path) -> bytes | None:
    """Return the key in our own file, None where there is no such file.

    Raises:
        VaultError: others can read it, or it holds no key.
        ConstellagentError: it cannot be read, or is a link.
    """
    found = read_private(folder, KEY_FILE)
    if found is None:
        return None
    place = folder / KEY_FILE
    _check_mode(place, place.lstat())
    return parse(found, place)


def create_own(folder: Path, secret: bytes) -> bytes:
    """Create our own file with this key unless it exists; return the key that it holds.

    Raises:
        VaultError: as for `read_own`.
        ConstellagentError: the folder cannot be used.
    """
    return parse(
        create_private(folder, KEY_FILE, base64.b64encode(secret) + b"\n"),
        folder / KEY_FILE,
    )


def remove_own(folder: Path) -> None:
    """Remove our own file, overwriting it first where the disk writes in place.

    Raises:
        VaultError: it cannot be removed.
    """
    place = folder / KEY_FILE
    try:
        descriptor = os.open(place, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            os.pwrite(descriptor, bytes(os.fstat(descriptor).st_size), 0)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        place.unlink()
        _sync_folder(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        raise VaultError(
            f"the root key is kept elsewhere now, and {place} cannot be removed: {error.strerror}",
            hint=f"remove it by hand: rm {place}",
        ) from error


def read_named(path: Path) -> bytes:
    """Return the key in a file that a person or the service manager names.

    Raises:
        VaultError: it is missing, readable by others, or holds no key.
    """
    try:
        # O_NONBLOCK: opening a fifo that nobody writes to must not hang us.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            _check_mode(path, os.fstat(descriptor))
            content = file.read(_LARGEST)
    except OSError as error:
        raise VaultError(
            f"cannot read the key file {path}: {error.strerror}", hint="mend or unset CONSTELLAGENT_KEY_FILE"
        ) from error
    return parse(content, path)


def parse(content: bytes, path: Path) -> bytes:
    """Accept 32 raw bytes, or their hex or base64 form with white space around.

    Raises:
        VaultError: there is no key in it.
    """
    if len(content) == KEY_BYTES:
        return content
    text = content.strip()
    try:
        secret = (
            bytes.fromhex(text.decode())
            if len(text) == 2 * KEY_BYTES
            else base64.b64decode(text, validate=True)
        )
    except (ValueError, binascii.Error):
        secret = b""
    if len(secret) != KEY_BYTES:
        raise VaultError(
            f"{path} holds no key: {KEY_BYTES} random bytes are needed, raw or as hex or base64",
            hint=f"(umask 077; head -c {KEY_BYTES} /dev/urandom | base64 > {path})",
        )
    return secret


def _check_mode(path: Path, found: os.stat_result) -> None:
    # systemd's credentials may belong to root and name us in an ACL, whose mask shows as the group's mode.
    loose = _OTHERS & ~_READ_BY_GROUP if found.st_uid == 0 and os.getuid() != 0 else _OTHERS
    if not stat.S_ISREG(found.st_mode) or found.st_mode & loose or found.st_uid not in {os.getuid(), 0}:
        raise VaultError(f"{path} must be a plain file that only you can read", hint=f"chmod 600 {path}")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
