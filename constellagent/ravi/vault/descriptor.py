"""`root.json`: where the root key of this state is kept, chosen once.

It holds nothing secret: which way was chosen, a fingerprint by which the right key is known, and what is
needed to get the key from there. A checksum tells a damaged file from a wrong passphrase.
"""

import hashlib
import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from constellagent.ravi.private_files import create_private, read_private, write_private
from constellagent.ravi.vault.passphrases import Wrapped
from constellagent.ravi.vault.root import RootKey, VaultError

DESCRIPTOR = "root.json"
Chosen = Literal["file", "keyring", "passphrase"]
"""Where we keep the key ourselves, as a person chooses it."""

Kind = Literal["file", "keyring", "passphrase", "named"]
"""Where the key is kept; `named` is a file that a person or the service manager names."""


class Descriptor(BaseModel):
    """Where the root key is kept.

    Attributes:
        kind: in which way.
        check: fingerprint of the root key.
        entry: name of the keyring's entry; empty for other kinds.
        wrapped: the key under the passphrase; None for other kinds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    version: Literal[1] = 1
    kind: Kind
    check: str
    entry: str = ""
    wrapped: Wrapped | None = None


def check_of(secret: bytes) -> str:
    """Return the fingerprint of a root key; nothing of the key can be told from it."""
    return RootKey(secret, "a check").mac("root key check", "")[:32]


def read(folder: Path) -> Descriptor | None:
    """Return what was chosen for the state in `folder`, None where nothing was yet.

    Raises:
        VaultError: the file is damaged, or was written by a newer release.
        ConstellagentError: it cannot be read.
    """
    content = read_private(folder, DESCRIPTOR)
    return None if content is None else _parse(content, folder / DESCRIPTOR)


def create(folder: Path, descriptor: Descriptor) -> Descriptor:
    """Write down what was chosen, once; return what holds, which is another's choice where that was first.

    Raises:
        ConstellagentError: the folder cannot be used.
    """
    return _parse(create_private(folder, DESCRIPTOR, _rendered(descriptor)), folder / DESCRIPTOR)


def replace(folder: Path, descriptor: Descriptor) -> None:
    """Write down what holds from now on; a crash leaves the old choice or the new.

    Raises:
        ConstellagentError: the folder cannot be used.
    """
    write_private(folder, DESCRIPTOR, _rendered(descriptor))


def _rendered(descriptor: Descriptor) -> bytes:
    fields = descriptor.model_dump(mode="json")
    return json.dumps({**fields, "checksum": _checksum(fields)}, indent=2).encode() + b"\n"


def _parse(content: bytes, place: Path) -> Descriptor:
    hint = f"restore {place} from a backup; the root key itself is not lost by this"
    try:
        fields = json.loads(content)
        checksum = fields.pop("checksum")
        if fields["version"] != 1 and checksum == _checksum(fields):
            raise VaultError(f"{place} was written by a newer release", hint="upgrade constellagent")
        if checksum != _checksum(fields):
            raise VaultError(f"{place} is damaged: its checksum is another one", hint=hint)
        return Descriptor.model_validate(fields)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise VaultError(f"{place} is damaged: it does not say where the root key is", hint=hint) from error


def _checksum(fields: dict[str, object]) -> str:
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
