"""Creating an identity exactly once at a provider that has no way to make a request repeatable.

The intent is written down; what exists is listed and matched; one request is sent; after any doubt the list
is asked again, some times over, before anything else. A creation that comes true after the last look is
the one case left: the next look reports it as a duplicate.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from constellagent.errors import ConflictError, ConstellagentError, UnavailableError
from constellagent.plan.desired import DesiredIdentity
from constellagent.ravi.client import InDoubtError, RaviClient, TakenError
from constellagent.ravi.failures import UnpaidError
from constellagent.ravi.wire import Identity
from constellagent.runtime.identities.matching import Listed, how_to_choose, vanished
from constellagent.runtime.ports import Journal, Step
from constellagent.runtime.store.bindings import Binding, Bindings

Connect = Callable[[], Awaitable[RaviClient]]
"""Gives the client at the time of need: only then is it looked for a key, which may not be there."""


def held(client: RaviClient) -> Connect:
    """Return what gives this client every time."""

    async def connect() -> RaviClient:
        return client

    return connect


DOUBT_DELAYS = (1.0, 4.0, 15.0)
"""Seconds before each look at the list after a creation whose outcome is unknown."""


@dataclass(frozen=True, slots=True)
class Found:
    """An identity that is the agent's, or matches what it wants.

    Attributes:
        identity: as the provider showed it.
        in_doubt: the outcome of creating it was unknown for a while, so a twin may turn up.
    """

    identity: Identity
    in_doubt: bool = False


@dataclass(frozen=True, slots=True)
class Creation:
    """Finds or creates the identities of one constellation."""

    provider: str
    connect: Connect
    bindings: Bindings
    journal: Journal
    delays: Sequence[float]
    sleep: Callable[[float], Awaitable[object]]

    async def list(self) -> Listed:
        """Look at all identities of the provider, also those put away, and at who uses which."""
        rows = await (await self.connect()).list_identities(archived=True)
        users = {binding.uuid: binding for binding in await self.bindings.of_provider(self.provider)}
        return Listed(self.bindings.constellation, rows, users)

    async def find_or_create(self, agent: str, wanted: DesiredIdentity, bound: Binding | None) -> Found:
        """Return the agent's identity, the one that matches, or a new one.

        Raises:
            ConflictError: several match, the address belongs to another agent, or the bound one has vanished.
            InDoubtError: it may have been created a moment ago; the next call finds it.
            UnavailableError: the provider cannot be reached.
        """
        listed = await self.list()
        if bound is not None:
            row = listed.by_uuid(bound.uuid)
            if row is None:
                # Creating another in its place would hide that its mail is lost.
                raise ConflictError(vanished(bound), hint=how_to_choose(agent))
            return Found(row, bound.in_doubt)
        row = listed.only_match(agent, wanted)
        if row is not None:
            in_doubt = Step.IDENTITY_CREATE in await self.journal.open_steps(agent)
            if in_doubt:
                # It is there: nothing is left to do for an intent of an earlier try but to settle it.
                async with self.journal.step(Step.IDENTITY_CREATE, agent, uuid=row.uuid):
                    pass
            return Found(row, in_doubt)
        return await self._create(agent, wanted)

    async def _create(self, agent: str, wanted: DesiredIdentity) -> Found:
        in_doubt = Step.IDENTITY_CREATE in await self.journal.open_steps(agent)
        async with self.journal.step(Step.IDENTITY_CREATE, agent, name=wanted.name, email=wanted.email):
            if in_doubt and (row := await self._turns_up(agent, wanted)) is not None:
                return Found(row, in_doubt=True)
            outcome = await self._ask_once(agent, wanted)
        # What was surely not done is raised out here, where the intent is settled.
        if isinstance(outcome, ConstellagentError):
            raise outcome
        return Found(outcome.identity, outcome.in_doubt or in_doubt)

    async def _ask_once(self, agent: str, wanted: DesiredIdentity) -> Found | ConstellagentError:
        """Send the one request; return the identity, or the reason for which it surely was not created."""
        try:
            client = await self.connect()
            made = await client.create_identity(name=wanted.name, email=wanted.email, domain=wanted.domain)
        except InDoubtError:
            row = await self._turns_up(agent, wanted)
            if row is None:
                raise
            return Found(row, in_doubt=True)
        except TakenError as error:
            # By our own request of a moment ago, or by somebody else's.
            row = (await self.list()).only_match(agent, wanted)
            return _taken(agent, wanted, error) if row is None else Found(row)
        except UnpaidError as error:
            return _unpaid(agent, error)
        except ConstellagentError as error:
            return error
        return Found(made)

    async def _turns_up(self, agent: str, wanted: DesiredIdentity) -> Identity | None:
        """Look for a creation in doubt; None only where the last look worked and did not see it."""
        unseen: UnavailableError | None = None
        for delay in self.delays:
            await self.sleep(delay)
            try:
                row = (await self.list()).only_match(agent, wanted)
            except UnavailableError as error:
                unseen = error
                continue
            if row is not None:
                return row
            unseen = None
        if unseen is not None:
            raise unseen
        return None


def _taken(agent: str, wanted: DesiredIdentity, error: TakenError) -> TakenError:
    """Say whose address is taken."""
    return TakenError(
        f"agent {agent} cannot have the address {wanted.email}: {error.message}",
        hint=f"declare another `identity.email` for agent {agent}; all users of a provider share its domains",
    )


def _unpaid(agent: str, error: UnpaidError) -> UnpaidError:
    return UnpaidError(
        f"agent {agent} gets no identity: {error.message}",
        hint=(
            "the account's plan allows no further identity (a free plan has one): change the plan at the "
            f"provider, declare `identity: false` for agent {agent}, or use `identities.provider: local`"
        ),
    )
