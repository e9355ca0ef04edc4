"""The ways to keep the root key: how each takes it, gives it back, and what each is good for."""

import importlib
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol, cast

from pydantic import SecretStr

from constellagent.errors import UsageError
from constellagent.ravi.vault import key_files, passphrases
from constellagent.ravi.vault.descriptor import Chosen, Descriptor, Kind, check_of
from constellagent.ravi.vault.root import KEY_BYTES, VaultError

CREDENTIAL = "constellagent.key"
"""Name of the credential under which systemd may hand the key to the daemon's unit."""

PROTECTION: Mapping[Kind, str] = {
    "file": (
        "keeps out other users, and whoever gets the database without this file;"
        " not a thief of the whole folder or its backup, nor a program that runs as you"
    ),
    "named": "keeps out whoever gets the state folder without this file; not a program that runs as you",
    "keyring": (
        "keeps out whoever gets the disk or a backup without your keyring's password;"
        " not a program that runs as you while the keyring is open"
    ),
    "passphrase": (
        "keeps out whoever gets the disk or a backup without the passphrase;"
        " while the daemon runs its memory holds the key, which root can read"
    ),
}
"""What each way protects against, and what not, in words for a person."""

Ask = Callable[[], str]
"""Asks a person for the passphrase."""


class LockedError(VaultError):
    """The key is under a passphrase, and nobody gave one."""


class Settings(Protocol):
    """What a person has set about the root key; the daemon's settings have these and more."""

    @property
    def key_file(self) -> Path | None:
        """A file with the key."""

    @property
    def key_source(self) -> Chosen | None:
        """Where the key is to be kept, None for what holds already or the default."""

    @property
    def passphrase(self) -> SecretStr | None:
        """The passphrase."""

    @property
    def passphrase_file(self) -> Path | None:
        """Where the passphrase can be read."""


def named(settings: Settings, environ: Mapping[str, str]) -> Path | None:
    """Return the key file that somebody names: a person before the service manager."""
    if settings.key_file is not None:
        return settings.key_file.expanduser()
    carried = environ.get("CREDENTIALS_DIRECTORY", "")
    credential = Path(carried) / CREDENTIAL
    return credential if carried and credential.exists() else None


def keep(folder: Path, secret: bytes, kind: Chosen, passphrase: str) -> Descriptor:
    """Bring the key to its place; return what is to be written down.

    Raises:
        VaultError: the place does not take it, or holds another.
        ConstellagentError: the folder cannot be used.
    """
    check = check_of(secret)
    if kind == "passphrase":
        return Descriptor(kind=kind, check=check, wrapped=passphrases.wrap(secret, passphrase))
    if kind == "keyring":
        entry = f"root key {secrets.token_hex(8)}"
        _keyring().store(entry, secret)
        return Descriptor(kind=kind, check=check, entry=entry)
    if key_files.create_own(folder, secret) != secret:
        place = folder / key_files.KEY_FILE
        raise VaultError(f"{place} holds another key", hint=f"move {place} away")
    return Descriptor(kind=kind, check=check)


def forget(folder: Path, kept: Descriptor) -> None:
    """Remove the key from a place of ours; what a person named stays.

    Raises:
        VaultError: it cannot be removed.
    """
    if kept.kind == "file":
        key_files.remove_own(folder)
    elif kept.kind == "keyring":
        _keyring().remove(kept.entry)


def fetch(folder: Path, settings: Settings, kept: Descriptor, file: Path | None, ask: Ask | None) -> bytes:
    """Get the key from where it is kept, or from the named file, and see that it is the right one.

    Raises:
        LockedError: it is under a passphrase, and there is none.
        VaultError: it is not there any more, cannot be had now, or is another one.
    """
    if file is not None:
        secret = key_files.read_named(file)
        if check_of(secret) == kept.check:
            return secret
        raise VaultError(
            f"the key in {file} is another one than the root key of {folder}",
            hint=f"name the right file; or unset CONSTELLAGENT_KEY_FILE if it is in {words(folder, kept)}",
        )
    found = _fetched(folder, settings, kept, ask)
    if found is not None and len(found) == KEY_BYTES and check_of(found) == kept.check:
        return found
    what = "is not in {} any more" if found is None else "is another one than that in {}"
    raise VaultError(
        f"the root key of {folder} {what.format(words(folder, kept))}",
        hint="restore the right one there; or name a copy of it with CONSTELLAGENT_KEY_FILE",
    )


def _fetched(folder: Path, settings: Settings, kept: Descriptor, ask: Ask | None) -> bytes | None:
    match kept.kind:
        case "file":
            return key_files.read_own(folder)
        case "keyring":
            return _keyring().load(kept.entry)
        case "passphrase":
            if kept.wrapped is None:
                return None
            return passphrases.unwrap(kept.wrapped, passphrase(settings, ask))
        case "named":
            raise VaultError(
                f"the root key of {folder} comes from a key file, and none is named",
                hint="set CONSTELLAGENT_KEY_FILE; or start the daemon by its unit with the credential",
            )


def passphrase(settings: Settings, ask: Ask | None) -> str:
    """Return the passphrase that is set, or ask for it.

    Raises:
        LockedError: none is set, and nobody can be asked.
        UsageError: it is set twice.
        VaultError: it cannot be read.
    """
    if settings.passphrase is not None and settings.passphrase_file is not None:
        raise UsageError(
            "CONSTELLAGENT_PASSPHRASE and CONSTELLAGENT_PASSPHRASE_FILE are both set",
            hint="unset one of them",
        )
    if settings.passphrase is not None:
        return settings.passphrase.get_secret_value()
    if settings.passphrase_file is not None:
        return passphrases.read_passphrase(settings.passphrase_file)
    if ask is None:
        raise LockedError(
            "the root key is under a passphrase, and there is none",
            hint="set CONSTELLAGENT_PASSPHRASE_FILE (a 0600 file or /dev/fd/N), or CONSTELLAGENT_PASSPHRASE,"
            " for the start of the daemon",
        )
    return ask()


def words(folder: Path, kept: Descriptor, file: Path | None = None) -> str:
    """Return where the key comes from, in words for a person."""
    if file is not None:
        return f"the key file {file}"
    match kept.kind:
        case "file":
            return f"the file {folder / key_files.KEY_FILE} (mode 0600)"
        case "keyring":
            return f"the system's keyring (constellagent/{kept.entry})"
        case "passphrase":
            return f"{folder / 'root.json'}, under your passphrase"
        case "named":
            return "a key file that you name"


class _Keyring(Protocol):
    """What `os_keyring` offers."""

    def store(self, entry: str, secret: bytes) -> None: ...
    def load(self, entry: str) -> bytes | None: ...
    def remove(self, entry: str) -> None: ...


def _keyring() -> _Keyring:
    """Load the module for the operating system's keyring; only who keeps the key there pays for it."""
    return cast("_Keyring", importlib.import_module("constellagent.ravi.vault.os_keyring"))
