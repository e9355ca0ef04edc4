"""Ends and beginnings of an identity at a person's word: archive, delete, renew its key, export, import."""

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from constellagent.errors import ConflictError, ConstellagentError, RefusedError, UsageError
from constellagent.ravi import age
from constellagent.ravi.client import RaviClient, TakenError
from constellagent.ravi.client.transfer import LARGEST
from constellagent.runtime.adoption import adopt
from constellagent.runtime.belongings.owned import Owned
from constellagent.runtime.contexts import Context
from constellagent.runtime.identity_views import DoneView, FileView, IdentityRequest

_UNSUPPORTED = "the hosted provider does not offer it"


async def archive(owned: Owned, _: IdentityRequest) -> DoneView:
    """Revoke its key and put it away; all that it has is kept."""
    binding = owned.binding
    if binding.archived:
        return DoneView(done=[f"{binding.name} ({binding.address}) was put away before"])
    await owned.tell("identity.archived", about=binding.address)
    await owned.context.identities.archive(owned.agent, binding.uuid)
    done = [f"put away {binding.name} ({binding.address}); its key is revoked, its mail and vault are kept"]
    if owned.agent in owned.context.desired.agents:
        done.append(f"agent {owned.agent} is still declared: the next apply brings the identity back")
    return DoneView(done=done)


async def delete(owned: Owned, _: IdentityRequest) -> DoneView:
    """Destroy it with all that it has.

    Raises:
        RefusedError: it was not put away first.
        ConflictError: the provider cannot.
    """
    binding = owned.binding
    if not binding.archived:
        raise RefusedError(
            f"{binding.name} ({binding.address}) is in use",
            ["its mail, texts, passwords and secrets would be lost for good"],
            hint=f"`constellagent identity archive {owned.agent}` first",
        )
    await owned.tell("identity.deleted", about=binding.address)
    if not await owned.client.delete_identity(binding.uuid) and not await _is_gone(owned):
        raise ConflictError(f"{binding.address} cannot be deleted: {_UNSUPPORTED}", hint="it stays put away")
    await owned.context.bindings.drop(owned.agent, binding.provider)
    done = [f"deleted {binding.name} ({binding.address}); nobody can read what it had any more"]
    if owned.agent in owned.context.desired.agents:
        done.append(
            f"agent {owned.agent} is still declared: give it another `identity.email` before the next apply,"
            " since this address is never given again"
        )
    return DoneView(done=done)


async def renew_key(owned: Owned, _: IdentityRequest) -> DoneView:
    """Let its vault be sealed with a new key.

    Raises:
        ConflictError: the provider cannot.
    """
    if not await owned.client.renew_identity_key(owned.binding.uuid):
        raise ConflictError(f"the key of {owned.binding.address} cannot be renewed: {_UNSUPPORTED}")
    return DoneView(done=[f"what {owned.binding.address} keeps is sealed with a new key"])


async def export(owned: Owned, request: IdentityRequest) -> FileView:
    """Write all that it has into an encrypted file.

    Raises:
        UsageError: the path is relative, or nobody could open the file.
        RefusedError: there is a file already.
        ConflictError: the provider cannot.
    """
    path, recipients = Path(request["path"]), request.get("recipients", [])
    passphrase = request.get("passphrase") or None
    if not path.is_absolute():
        raise UsageError("the path of the file must be absolute")
    if not recipients and passphrase is None:
        raise UsageError(
            "an export needs somebody who can open it", hint="give --recipient age1..., or a passphrase"
        )
    if os.path.lexists(path):
        raise RefusedError(f"{path} exists already", hint="choose another name, or remove it first")
    document = await _document(owned)
    sealed = await asyncio.to_thread(_sealed, document, recipients, passphrase)
    await asyncio.to_thread(_write_new, path, sealed)
    return FileView(path=str(path), size=len(sealed))


async def take_in(
    context: Context, client: RaviClient, request: IdentityRequest, *, provider: str
) -> DoneView:
    """Create the identity that a file holds, and give it to the agent.

    Raises:
        UsageError: the agent is not declared, or the file cannot be opened.
        ConflictError: the agent has an identity, or the identity is there already.
    """
    agent = request["agent"]
    if agent not in context.desired.agents:
        raise UsageError(f"there is no agent {agent!r}", hint="declare it in the file first")
    if provider != "local":
        raise ConflictError(f"{agent} cannot get an imported identity: {_UNSUPPORTED}")
    bound = await context.bindings.get(agent, provider)
    if bound is not None and not bound.archived:
        raise ConflictError(
            f"{agent} has the identity {bound.address}",
            hint=f"`constellagent identity archive {agent}` first, or import for another agent",
        )
    document = await asyncio.to_thread(_opened, request)
    try:
        row = await client.transfer.take_in(document, as_new=request.get("as_new", False))
    except TakenError as error:
        raise ConflictError(
            "that identity is here already, or was here and was deleted",
            hint="--as-new brings it in beside it, under a new address and number",
        ) from error
    told = await adopt(context, agent, None, row.uuid)
    return DoneView(
        done=[f"imported {row.name} ({row.inbox})", *told, "`constellagent apply` gives it a key"]
    )


async def _document(owned: Owned) -> Mapping[str, Any]:
    if owned.binding.provider != "local":
        raise ConflictError(f"{owned.binding.address} cannot be exported: {_UNSUPPORTED}")
    return await owned.client.transfer.export(owned.binding.uuid)


async def _is_gone(owned: Owned) -> bool:
    """Whether an identity that could not be deleted is not there: an earlier try came through."""
    listed = await owned.client.list_identities(archived=True)
    return owned.binding.provider == "local" and all(row.uuid != owned.binding.uuid for row in listed)


def _sealed(document: Mapping[str, Any], recipients: list[str], passphrase: str | None) -> bytes:
    plain = json.dumps(document, ensure_ascii=False).encode()
    return age.encrypt(plain, recipients=recipients, passphrase=passphrase)


def _opened(request: IdentityRequest) -> dict[str, Any]:
    path, key_file = Path(request["path"]), request.get("key_file")
    sealed = _read(path, LARGEST * 2)
    identity = None if key_file is None else _read(Path(key_file), 1 << 20)
    plain = age.decrypt(sealed, identity_file=identity, passphrase=request.get("passphrase") or None)
    try:
        document = json.loads(plain)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise UsageError(
            f"{path} holds no identity", hint="`constellagent identity export` writes such files"
        )
    return document


def _read(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    if len(data) > most:
        raise UsageError(f"{path} is too large to be an export")
    return data


def _write_new(path: Path, data: bytes) -> None:
    """Write a file that only this user can read; nothing is left of it where that fails."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            path.unlink()
            raise
    except OSError as error:
        raise ConstellagentError(f"{path} cannot be written: {error.strerror}") from error
