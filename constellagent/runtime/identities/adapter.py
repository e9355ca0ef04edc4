"""The port `Identities` over a Ravi API, hosted or embedded: nothing above knows which one it is."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from constellagent.errors import ConflictError, ConstellagentError, UnavailableError
from constellagent.plan.desired import DesiredAgent, DesiredIdentity
from constellagent.plan.observed import IdentityFacts, Look, Unknown
from constellagent.ravi.client import InDoubtError, TakenError
from constellagent.ravi.failures import UnpaidError
from constellagent.ravi.private_files import read_private, write_private
from constellagent.ravi.vault import RootKey
from constellagent.ravi.wire import Identity
from constellagent.runtime.identities.creation import DOUBT_DELAYS, Connect, Creation, Found
from constellagent.runtime.identities.keys import Keys
from constellagent.runtime.identities.matching import NEW, names_of
from constellagent.runtime.ports import Journal, Step
from constellagent.runtime.store.bindings import Binding, Bindings
from constellagent.runtime.tasks import to_its_end

FOLDER, FILE, KEPT = ".ravi", "config.json", "config.json.before"


class RaviIdentities:
    """Implements the port `Identities`."""

    def __init__(
        self,
        *,
        constellation: str,
        provider: str,
        connect: Connect,
        bindings: Bindings,
        journal: Journal,
        key: RootKey,
        api_url: str,
        delays: Sequence[float] = DOUBT_DELAYS,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Bind to one constellation (its id) and one provider; agents reach its API at `api_url`."""
        self._constellation = constellation
        self._provider = provider
        self._connect = connect
        self._bindings = bindings
        self._journal = journal
        self._api_url = api_url
        self._creation = Creation(provider, connect, bindings, journal, delays, sleep)
        self._keys = Keys(connect, bindings, journal, key)

    async def look(self, agents: Sequence[DesiredAgent]) -> Mapping[str, Look[IdentityFacts]]:
        """Look at each agent's identity, with two requests in all; one that needs none is left out."""
        everywhere = await self._bindings.of_provider(self._provider)
        mine = {b.agent: b for b in everywhere if b.constellation == self._constellation}
        chosen = [a for a in agents if a.identity or (a.name in mine and not mine[a.name].archived)]
        if not chosen:
            return {}
        try:
            listed = await self._creation.list()
            live = await self._keys.live()
        except ConstellagentError as error:
            reason = f"{error.message}; {error.hint}" if error.hint else error.message
            unknown = Unknown(reason, unavailable=isinstance(error, UnavailableError))
            return {agent.name: unknown for agent in chosen}
        written = await asyncio.to_thread(
            lambda: {a.name: self._is_written(mine.get(a.name), Path(a.path), live) for a in chosen}
        )
        return {
            a.name: listed.facts(a.name, a.identity, mine.get(a.name), written=written[a.name])
            for a in chosen
        }

    async def ensure(self, agent: str, wanted: DesiredIdentity) -> IdentityFacts:
        """Create the identity, or adopt the one that matches; exactly once, whatever fails on the way.

        Raises:
            ConflictError: several match, the address belongs to another agent, or the bound one has vanished.
            InDoubtError: it may have been created a moment ago; the next call finds it.
            UnavailableError: the provider cannot be reached.
        """
        bound = await self._bindings.get(agent, self._provider)
        found = await self._creation.find_or_create(agent, wanted, bound)
        return await self._bind(agent, found, bound, phone=wanted.phone)

    async def adopt(self, agent: str, identity: str) -> str:
        """Bind the agent to an existing identity (uuid, address or name), or forget its own one (`new`).

        The key of an identity that it had before is revoked. Returns what was done, in words.

        Raises:
            ConflictError: none matches, several do, or it belongs to another agent.
            ConstellagentError: the provider refuses or cannot be reached; nothing is changed then.
        """
        bound = await self._bindings.get(agent, self._provider)
        if identity == NEW:
            if bound is not None:
                await self._keys.revoke(bound)
            await self._bindings.drop(agent, self._provider)
            return "its identity is forgotten; the next apply finds or creates another"
        listed = await self._creation.list()
        rows = [row for row in listed.rows if identity in {row.uuid, row.inbox}]
        rows = rows or [row for row in listed.rows if row.name == identity]
        if len(rows) != 1:
            raise ConflictError(
                f"{len(rows) or 'no'} identities match {identity!r}: {names_of(rows)}",
                hint="give the uuid of the one that is meant",
            )
        former = listed.users.get(rows[0].uuid)
        # Where its agent is gone, a person may give it to another: a renamed agent keeps its mailbox.
        left = former is not None and former.archived and former.constellation == self._constellation
        if not left:
            listed.refuse_used(agent, rows[0])
        if bound is not None and bound.uuid != rows[0].uuid:
            await self._keys.revoke(bound)
        facts = await self._bind(agent, Found(rows[0]), bound, phone=False)
        if left and former is not None and former.agent != agent:
            await self._bindings.drop(former.agent, self._provider)
        return f"identity {facts.name} ({facts.address}) belongs to it now"

    async def write(self, agent: str, worktree: Path) -> None:
        """Write `.ravi/config.json` into the worktree, minting a key where we hold none that works.

        Other content is kept beside it under another name; equal content is not written again.

        Raises:
            ConflictError: the agent has no identity yet.
            ConstellagentError: the provider or the disk refuses.
        """
        binding = await self._bound(agent)
        if not self._keys.works(binding, await self._keys.live()):
            binding = await self._keys.mint(binding)
        data, folder = self._content(binding), worktree / FOLDER
        if await asyncio.to_thread(read_private, folder, FILE) == data:
            # Nothing to write down first: this mends modes at most.
            await to_its_end(partial(write_private, folder, FILE, data))
            return
        async with self._journal.step(Step.IDENTITY_WRITE, agent, folder=str(folder)):
            await to_its_end(partial(write_private, folder, FILE, data, keep=KEPT))

    async def environment(self, agent: str) -> Mapping[str, str]:
        """Return what a process of this agent gets: where and as whom it speaks, and its git author.

        Works without the provider once the agent has its key.

        Raises:
            ConflictError: the agent has no identity yet.
        """
        binding = await self._bound(agent)
        if not self._keys.works(binding, None):
            binding = await self._keys.mint(binding)
        address = _address(binding)
        env = {
            "RAVI_API_URL": self._api_url,
            "RAVI_API_KEY": self._keys.unsealed(binding),
            "GIT_AUTHOR_NAME": binding.name,
            "GIT_AUTHOR_EMAIL": address,
            "GIT_COMMITTER_NAME": binding.name,
            "GIT_COMMITTER_EMAIL": address,
            "CONSTELLAGENT_IDENTITY": binding.name,
            "CONSTELLAGENT_EMAIL": binding.address,
            "CONSTELLAGENT_PHONE": binding.phone or "",
        }
        return {name: value for name, value in env.items() if value}

    async def author(self, agent: str) -> tuple[str, str] | None:
        """Return the name and the address that the agent commits as, None where it has no identity."""
        binding = await self._bindings.get(agent, self._provider)
        return None if binding is None or binding.archived else (binding.name, _address(binding))

    async def session_identity(self, agent: str) -> str:
        """Return the uuid of the identity of which each session gets a key of its own, "" where none does.

        Only the local provider, which is always at hand, gives such keys; at the hosted one all sessions of
        an agent share the key that the agent's worktree holds.

        Raises:
            ConflictError: the agent has no identity yet.
        """
        return (await self._bound(agent)).uuid if self._provider == "local" else ""

    async def archive(self, agent: str, uuid: str) -> None:
        """Revoke the identity's key and put it away where the provider can; repeating it is harmless.

        Raises:
            ConflictError: it belongs to another agent.
            ConstellagentError: the provider refuses or cannot be reached; nothing is forgotten then.
        """
        users = {b.uuid: b for b in await self._bindings.of_provider(self._provider) if not b.archived}
        user = users.get(uuid)
        if user is not None and (user.constellation, user.agent) != (self._constellation, agent):
            raise ConflictError(f"identity {uuid} belongs to agent {user.agent}", hint="it is left as it is")
        client = await self._connect()
        async with self._journal.step(Step.IDENTITY_ARCHIVE, agent, uuid=uuid):
            if user is not None:
                await self._keys.revoke(user)
            await client.archive_identity(uuid)
            if user is not None:
                await self._bindings.put(replace(user, key_uuid=None, key_sealed=None, archived=True))

    async def _bind(self, agent: str, found: Found, bound: Binding | None, *, phone: bool) -> IdentityFacts:
        row = found.identity
        if row.archived:
            await (await self._connect()).restore_identity(row.uuid)
        if phone and row.phone is None:
            # Before the binding: what fails here is seen as unfinished by the next look.
            row = await self._with_phone(agent, row)
        binding = Binding(
            self._constellation, agent, self._provider, row.uuid, row.name, row.inbox, row.phone,
            in_doubt=found.in_doubt,
        )  # fmt: skip
        if bound is not None and bound.uuid == row.uuid and not row.archived:
            binding = replace(binding, key_uuid=bound.key_uuid, key_sealed=bound.key_sealed)
        await self._bindings.put(binding)
        return IdentityFacts(row.uuid, row.name, row.inbox, row.phone, written=False)

    async def _with_phone(self, agent: str, row: Identity) -> Identity:
        """Give it a number; the provider itself refuses a second one, so asking again is safe."""
        client = await self._connect()
        try:
            return await client.provision_phone(row.uuid)
        except UnpaidError as error:
            raise UnpaidError(
                f"agent {agent} ({row.inbox}) gets no number: {error.message}",
                hint=(
                    "pay for it at the provider, or declare `identities.phone: false` for all agents "
                    f"or `identity: {{name: {row.name}, phone: false}}` for agent {agent}"
                ),
            ) from error
        except (TakenError, InDoubtError):
            seen = await client.get_identity(row.uuid)
            if seen.phone is None:
                raise
            return seen

    async def _bound(self, agent: str) -> Binding:
        binding = await self._bindings.get(agent, self._provider)
        if binding is None or binding.archived:
            raise ConflictError(f"agent {agent} has no identity yet", hint="run `constellagent apply`")
        return binding

    def _content(self, binding: Binding) -> bytes:
        content = {
            "identity": binding.name,
            "identity_uuid": binding.uuid,
            "identity_name": binding.name,
            "identity_key": self._keys.unsealed(binding),
            # Ours: a key that does not say where it belongs would be sent to the hosted service.
            "api_url": self._api_url,
        }
        return json.dumps(content, indent=2, ensure_ascii=False).encode()

    def _is_written(self, bound: Binding | None, worktree: Path, live: frozenset[str] | None) -> bool:
        if bound is None or bound.archived or not self._keys.works(bound, live):
            return False
        try:
            return read_private(worktree / FOLDER, FILE) == self._content(bound)
        except ConstellagentError:
            return False


def _address(binding: Binding) -> str:
    """Return the address that git is given, which takes none that is empty."""
    return binding.address or f"{binding.uuid}@identity.invalid"
