"""Where the root key comes from: chosen once for a state folder, and never a second key unseen.

The ways are a file that a person (or systemd) names, the operating system's keyring, a passphrase, and a
0600 file of our own, the default. Settings choose when the key is made; later a setting that says otherwise
is an error, because another key would make everything that is sealed unreadable. `move` changes the way and
keeps the key.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from constellagent.errors import UsageError
from constellagent.ravi.vault import descriptor, key_files, places
from constellagent.ravi.vault.descriptor import Chosen, Descriptor, Kind, check_of
from constellagent.ravi.vault.places import Ask, LockedError, Settings
from constellagent.ravi.vault.root import KEY_BYTES, RootKey, VaultError


class Found(NamedTuple):
    """What a look found: where the key is kept, and the key; None while its passphrase is not known."""

    kind: Kind
    key: RootKey | None


def open_root_key(
    folder: Path, settings: Settings, environ: Mapping[str, str] = os.environ, ask: Ask | None = None
) -> RootKey:
    """Return the root key of the state in `folder`, making and keeping one where there is none.

    Blocks: a passphrase takes about half a second. `ask` is called where the passphrase is not set.

    Raises:
        LockedError: it is under a passphrase, and there is none.
        VaultError: it cannot be had, or the settings say otherwise than what was chosen before.
        UsageError: two settings contradict each other.
        ConstellagentError: the folder cannot be used.
    """
    secret, kept = _opened(folder, settings, environ, ask)
    if kept.kind in {"keyring", "passphrase"} and key_files.read_own(folder) == secret:
        key_files.remove_own(folder)  # a move ended before its last step
    return RootKey(secret, places.words(folder, kept, places.named(settings, environ)))


def look(folder: Path, settings: Settings, environ: Mapping[str, str] = os.environ) -> Found | None:
    """Return where the root key is kept, and the key where it can be had; None where none was made yet.

    Changes nothing, and asks nobody.

    Raises:
        VaultError: as for `open_root_key`.
        UsageError: two settings contradict each other.
        ConstellagentError: the folder cannot be used.
    """
    file = places.named(settings, environ)
    kept = _recorded(folder) or _named(settings, file)
    if kept is None:
        return None
    _refuse_another_way(folder, settings, kept, file)
    try:
        secret = places.fetch(folder, settings, kept, file, None)
    except LockedError:
        return Found(kept.kind, None)
    return Found(kept.kind, RootKey(secret, places.words(folder, kept, file)))


def move(
    folder: Path,
    settings: Settings,
    to: Chosen,
    *,
    environ: Mapping[str, str] = os.environ,
    ask: Ask | None = None,
    new_passphrase: str = "",
) -> RootKey:
    """Keep the same root key in another way from now on; what it seals stays as it is.

    Nothing else may use the folder meanwhile. A crash leaves the key where it was or where it goes to; where
    it is left as a file too, the next start removes that.

    Raises:
        UsageError: there is nothing to move, or the key is there already.
        VaultError: the key cannot be had, or the new place does not take it.
        ConstellagentError: the folder cannot be used.
    """
    if _recorded(folder) is None and places.named(settings, environ) is None:
        raise UsageError(
            f"there is no root key in {folder} yet",
            hint=f"set CONSTELLAGENT_KEY_SOURCE={to} before the daemon starts first",
        )
    secret, kept = _opened(folder, settings, environ, ask, to=to)
    if kept.kind == to and to != "passphrase":
        raise UsageError(f"the root key is in {places.words(folder, kept)} already")
    new = places.keep(folder, secret, to, new_passphrase)
    descriptor.replace(folder, new)
    places.forget(folder, kept)
    return RootKey(secret, places.words(folder, new))


def _opened(
    folder: Path,
    settings: Settings,
    environ: Mapping[str, str],
    ask: Ask | None,
    *,
    to: Chosen | None = None,
) -> tuple[bytes, Descriptor]:
    """Return the key and what is written down of it; a setting may name already the way that it goes `to`."""
    file = places.named(settings, environ)
    kept = _recorded(folder) or _named(settings, file)
    if kept is None:
        _refuse_loss(folder)
        return _made(folder, settings, ask)
    if settings.key_source != to:
        _refuse_another_way(folder, settings, kept, file)
    secret = places.fetch(folder, settings, kept, file, ask)
    if descriptor.read(folder) is None:
        descriptor.create(folder, kept)
    return secret, kept


def _recorded(folder: Path) -> Descriptor | None:
    """Return what was chosen; a file of our own with nothing written about it was made before that was."""
    kept = descriptor.read(folder)
    if kept is not None:
        return kept
    own = key_files.read_own(folder)
    return None if own is None else Descriptor(kind="file", check=check_of(own))


def _named(settings: Settings, file: Path | None) -> Descriptor | None:
    """Return the choice that lies in naming a key file, None where none is named."""
    if file is None:
        return None
    if settings.key_source is not None:
        raise UsageError(
            f"CONSTELLAGENT_KEY_SOURCE says {settings.key_source}, and {file} is named as the key file",
            hint="unset one of them",
        )
    return Descriptor(kind="named", check=check_of(key_files.read_named(file)))


def _refuse_another_way(folder: Path, settings: Settings, kept: Descriptor, file: Path | None) -> None:
    if file is None and settings.key_source not in {None, kept.kind}:
        raise VaultError(
            f"CONSTELLAGENT_KEY_SOURCE says {settings.key_source}, and the root key is in"
            f" {places.words(folder, kept)}",
            hint=f"`constellagent vault move-key --to {settings.key_source}` moves it; or unset the variable",
        )


def _refuse_loss(folder: Path) -> None:
    """Refuse to make a key where something is sealed with one already."""
    left = sorted(folder.glob("*.db"))
    if left:
        missing = f"there is no {descriptor.DESCRIPTOR} and no {key_files.KEY_FILE}"
        raise VaultError(
            f"the root key of {left[0]} is gone: {missing}",
            hint="restore them from a backup, or move the folder away to begin anew",
        )


def _made(folder: Path, settings: Settings, ask: Ask | None) -> tuple[bytes, Descriptor]:
    """Make a key, keep it, and write down where; of several who do so at once all get the same one."""
    kind = settings.key_source or "file"
    secret = os.urandom(KEY_BYTES)
    if kind == "file":
        secret = key_files.create_own(folder, secret)
    passphrase = places.passphrase(settings, ask) if kind == "passphrase" else ""
    mine = places.keep(folder, secret, kind, passphrase)
    kept = descriptor.create(folder, mine)
    if kept == mine:
        return secret, kept
    places.forget(folder, mine)
    return places.fetch(folder, settings, kept, None, ask), kept
