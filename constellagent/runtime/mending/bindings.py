"""Which identity is whose: bindings that the state lost, found again in worktrees and at the provider.

An agent can write its own `.ravi/config.json`, so that file alone gives nobody an identity. The key in it
does: who has a working key of an identity has the identity already.
"""

import asyncio
import hashlib
import hmac
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from constellagent.errors import ConstellagentError, WorldError
from constellagent.ravi.local.schema import MIGRATIONS
from constellagent.ravi.vault import RootKey, sources
from constellagent.runtime.identities.keys import place
from constellagent.runtime.mending import judging, reading
from constellagent.runtime.mending.facts import Health, IdentityTrace
from constellagent.runtime.mending.finding import Errand, Finding
from constellagent.runtime.mending.grounds import Ground
from constellagent.runtime.mending.known import Known
from constellagent.runtime.mending.scene import Scene
from constellagent.runtime.mending.written import Written, read
from constellagent.runtime.store.bindings import Binding, Bindings
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.records import StoredRecords

DATABASE = "provider.db"


@dataclass(frozen=True, slots=True)
class _Identity:
    """One identity of the local provider, with the hashes of its working keys by their ids."""

    uuid: str
    name: str
    address: str
    phone: str | None
    archived: bool
    keys: Mapping[str, bytes]

    def key(self, given: str) -> str:
        """Return the id of the working key that this is, empty for none."""
        wanted = hashlib.sha256(given.encode()).digest()
        return next((key for key, found in self.keys.items() if hmac.compare_digest(found, wanted)), "")


@dataclass(frozen=True, slots=True)
class _Seen:
    ground: Ground
    agent: str
    written: Written
    identity: _Identity | None


class IdentityBindings:
    """The bindings of all constellations."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._seen: dict[Finding, _Seen] = {}

    async def look(self) -> list[Finding]:
        """Return bindings without an identity, and identities whose binding is lost."""
        known = await self._scene.known()
        self._seen = {}
        if not known.fine:
            return []
        local = await asyncio.to_thread(_local, self._scene.around.paths.ravi / DATABASE)
        found = []
        for ground in await self._scene.grounds():
            for seen, trace in await asyncio.to_thread(_traces, ground, known, local):
                if (finding := judging.identity(trace)) is not None:
                    self._seen[finding] = seen
                    found.append(finding)
        return found

    async def mend(self, finding: Finding) -> str:
        """Bind the identity to the agent whose worktree holds its key."""
        seen = self._seen[finding]
        identity = seen.identity
        if identity is None or not (key := identity.key(seen.written.key)):
            raise WorldError(f"the key of {seen.agent} does not open its identity any more")
        binding = Binding(
            seen.ground.id,
            seen.agent,
            "local",
            identity.uuid,
            identity.name,
            identity.address,
            identity.phone,
        )
        root = await asyncio.to_thread(self._root)
        if root is not None:
            sealed = root.seal(seen.written.key.encode(), place(binding))
            binding = replace(binding, key_uuid=key, key_sealed=sealed)
        database = Database(self._scene.around.paths.database)
        await database.open()
        try:
            await Bindings(database, seen.ground.id).put(binding)
            records = StoredRecords(database, seen.ground.id)
            if (record := (await records.all()).get(seen.agent)) is not None:
                named = replace(record, identity_uuid=identity.uuid, identity_name=identity.name)
                await records.put(named)
        finally:
            await database.close()
        rest = "" if root else "; the next apply gives it a new key, as the root key is not at hand"
        return f"{identity.address} belongs to {seen.agent} again{rest}"

    def errand(self, finding: Finding) -> Errand | None:
        """Return which identity the daemon is to give to whom."""
        seen = self._seen.get(finding)
        if seen is None or seen.ground.file is None:
            return None
        return Errand(seen.ground.file, seen.agent, seen.written.uuid)

    def _root(self) -> RootKey | None:
        around = self._scene.around
        try:
            found = sources.look(around.paths.ravi, around.settings)
        except ConstellagentError:
            return None
        return found.key if found else None


def _traces(
    ground: Ground, known: Known, local: Mapping[str, _Identity] | None
) -> list[tuple[_Seen, IdentityTrace]]:
    if ground.desired is None:
        return []
    found, owned = [], ground.owned()
    active = {one.uuid: one for one in known.bindings if not one.archived}
    for name, agent in ground.desired.agents.items():
        provider = ground.desired.provider
        bound = next(
            (
                b
                for b in known.bindings
                if (b.constellation, b.agent, b.provider) == (ground.id, name, provider)
            ),
            None,
        )
        if agent.identity is None or (bound is not None and bound.archived):
            continue
        registration = owned.get(name)
        written = _written([registration.path] if registration else [])
        uuid = bound.uuid if bound else written.uuid
        identity = local.get(uuid) if local is not None and provider == "local" else None
        user = active.get(uuid)
        trace = IdentityTrace(
            constellation=ground.name,
            agent=name,
            provider=provider,
            bound=bound.uuid if bound else "",
            written=written.uuid,
            there=_there(provider, local, uuid, bound=bound is not None),
            proven=identity is not None and not identity.archived and bool(identity.key(written.key)),
            taken=user is not None and (user.constellation, user.agent) != (ground.id, name),
        )
        found.append((_Seen(ground, name, written, identity), trace))
    return found


def _there(provider: str, local: Mapping[str, _Identity] | None, uuid: str, *, bound: bool) -> bool | None:
    """Say whether an identity is at its provider. The hosted one is asked by the daemon, not from here."""
    if provider != "local":
        return None if bound else True
    return None if local is None else uuid in local


def _written(folders: Sequence[Path]) -> Written:
    for folder in folders:
        try:
            return read(folder)
        except ConstellagentError:
            continue
    return Written()


def _local(path: Path) -> dict[str, _Identity] | None:
    """Return the identities of the local provider by uuid; None where they cannot be read."""
    if reading.health(path, MIGRATIONS).health is not Health.FINE:
        return None
    try:
        with reading.opened(path) as connection:
            identities = connection.execute(
                "SELECT id, uuid, name, address, phone, archived FROM identities WHERE deleted_dt IS NULL"
            ).fetchall()
            keys = connection.execute(
                "SELECT identity, uuid, hash FROM keys WHERE revoked_dt IS NULL AND session IS NULL"
            ).fetchall()
    except (sqlite3.Error, UnicodeError):
        return None
    of: dict[int, dict[str, bytes]] = {}
    for identity, uuid, digest in keys:
        of.setdefault(identity, {})[uuid] = bytes(digest)
    return {
        uuid: _Identity(uuid, name, address, phone, bool(archived), of.get(number, {}))
        for number, uuid, name, address, phone, archived in identities
    }
