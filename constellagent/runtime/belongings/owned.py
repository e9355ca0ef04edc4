"""One agent's identity, with all that is needed to look into it as a person."""

from dataclasses import dataclass

from constellagent.errors import ConflictError, UsageError
from constellagent.ravi.client import RaviClient
from constellagent.ravi.client.audit import AuditLines
from constellagent.ravi.client.belongings import Belongings
from constellagent.runtime.contexts import Context
from constellagent.runtime.store.bindings import Binding
from constellagent.spec.suggest import did_you_mean


@dataclass(frozen=True, slots=True)
class Owned:
    """An identity that an agent has, or had.

    Attributes:
        context: the agent's constellation.
        agent: its name.
        binding: which identity it is, where we hold its key.
        client: the provider, asked in the name of the person.
        audit: where accesses are told of that the provider itself does not write down.
    """

    context: Context
    agent: str
    binding: Binding
    client: RaviClient
    audit: AuditLines

    @property
    def belongings(self) -> Belongings:
        """Its mail, texts, vault."""
        return self.client.of(self.binding.uuid)

    async def tell(self, action: str, *, about: str = "", value: str = "") -> None:
        """Tell the audit of an access, before anything is given out; the local provider does it itself."""
        if self.binding.provider != "local":
            await self.audit.note(self.binding.uuid, action, about=about, value=value)


async def find(context: Context, agent: str, local: RaviClient) -> Owned:
    """Return the identity of an agent, also of one that is not declared any more.

    `local` asks the local provider in the name of the person; its audit is told of all accesses.

    Raises:
        UsageError: there is no such agent.
        ConflictError: it has no identity.
        UnavailableError: it is at the hosted provider, and there is no key for that.
    """
    provider = context.desired.provider
    binding = await context.bindings.get(agent, provider)
    if binding is None:
        known = {*context.desired.agents, *(b.agent for b in await bindings_of(context))}
        if agent not in known:
            raise UsageError(f"there is no agent {agent!r}{did_you_mean(agent, known)}")
        raise ConflictError(f"agent {agent} has no identity yet", hint="`constellagent apply` makes it")
    client = local if provider == "local" else await context.provider.connect()
    return Owned(context, agent, binding, client, local.audit)


async def bindings_of(context: Context) -> list[Binding]:
    """Return the identities of a constellation's agents, by the agent's name."""
    rows = await context.bindings.of_provider(context.desired.provider)
    mine = [row for row in rows if row.constellation == context.id]
    return sorted(mine, key=lambda row: row.agent)
