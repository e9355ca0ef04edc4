"""Which of a provider's identities is meant: pure comparison of one look with what is declared and bound.

A bound identity is found by its uuid alone. An unbound one is found by its whole address where the domain is
known, else by its exact name. What another agent uses, or used and may come back for, never matches.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from constellagent.errors import ConflictError
from constellagent.plan.desired import DesiredIdentity
from constellagent.plan.observed import Absent, IdentityFacts, Look, There, Unknown
from constellagent.ravi.wire import Identity
from constellagent.runtime.store.bindings import Binding

NEW = "new"
"""In place of an identity: forget the one there was, and let the next apply create another."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One look at the provider, for one constellation.

    Attributes:
        constellation: id of the constellation that asks.
        rows: all identities there.
        users: who is bound to each, by its uuid, over all constellations.
    """

    constellation: str
    rows: Sequence[Identity]
    users: Mapping[str, Binding]

    def by_uuid(self, uuid: str) -> Identity | None:
        """Return the identity with this uuid."""
        return next((row for row in self.rows if row.uuid == uuid), None)

    def only_match(self, agent: str, wanted: DesiredIdentity) -> Identity | None:
        """Return the one identity that matches what an agent without a binding wants, None where none does.

        Raises:
            ConflictError: several do, or the address belongs to another agent.
        """
        rows = self._matches(agent, wanted)
        if len(rows) > 1:
            raise ConflictError(
                f"several identities match {wanted.name!r}: {names_of(rows)}", hint=how_to_choose(agent)
            )
        return rows[0] if rows else None

    def refuse_used(self, agent: str, row: Identity) -> None:
        """Let an identity pass that no other agent is bound to.

        Raises:
            ConflictError: one is.
        """
        user = self.users.get(row.uuid)
        if user is not None and not self._is(user, agent):
            where = "" if user.constellation == self.constellation else " of another constellation"
            raise ConflictError(
                f"{row.inbox} belongs to agent {user.agent}{where}",
                hint=f"declare another `identity` for {agent}",
            )

    def facts(
        self, agent: str, wanted: DesiredIdentity | None, bound: Binding | None, *, written: bool
    ) -> Look[IdentityFacts]:
        """Return what is to be said of one agent's identity."""
        if bound is not None:
            return self._bound_facts(agent, wanted, bound, written=written)
        if wanted is None:
            return Absent()
        try:
            rows = self._matches(agent, wanted)
        except ConflictError as error:
            return Unknown(f"{error.message}; {error.hint}")
        if not rows:
            return Absent()
        return There(_facts(rows[0], bound=False, written=False, duplicates=rows[1:]))

    def _bound_facts(
        self, agent: str, wanted: DesiredIdentity | None, bound: Binding, *, written: bool
    ) -> Look[IdentityFacts]:
        row = self.by_uuid(bound.uuid)
        if row is None:
            return Unknown(f"{vanished(bound)}; {how_to_choose(agent)}")
        # A creation in doubt may have come true late: a twin that nobody uses, under the name that was asked
        # for, which the one in use may have lost since.
        names = {row.name, bound.name, wanted.name if wanted else row.name}
        twins = [other for other in self.rows if other.name in names and other.uuid not in self.users]
        in_use = not bound.archived and not row.archived
        return There(_facts(row, bound=in_use, written=written, duplicates=twins if bound.in_doubt else ()))

    def _matches(self, agent: str, wanted: DesiredIdentity) -> list[Identity]:
        if wanted.domain is not None:
            for row in self.rows:
                if row.inbox.lower() == f"{wanted.email}@{wanted.domain}":
                    self.refuse_used(agent, row)
                    return [row]
        return [
            row
            for row in self.rows
            if row.name == wanted.name
            and (wanted.domain is None or row.inbox.lower().endswith(f"@{wanted.domain}"))
            and (row.uuid not in self.users or self._is(self.users[row.uuid], agent))
        ]

    def _is(self, user: Binding, agent: str) -> bool:
        return (user.constellation, user.agent) == (self.constellation, agent)


def names_of(rows: Iterable[Identity]) -> str:
    """Name identities so that a person can choose one."""
    return ", ".join(f"{row.uuid} ({row.inbox})" for row in rows) or "none"


def vanished(bound: Binding) -> str:
    """Say that a bound identity is gone."""
    return f"identity {bound.uuid} ({bound.address}) is no longer at the provider, and its mail with it"


def how_to_choose(agent: str) -> str:
    """Say how a person decides which identity an agent gets."""
    return (
        f"`constellagent import {agent} --identity UUID` chooses one, "
        f"`--identity {NEW}` lets the next apply create another"
    )


def _facts(row: Identity, *, bound: bool, written: bool, duplicates: Iterable[Identity]) -> IdentityFacts:
    twins = tuple(twin.uuid for twin in duplicates)
    return IdentityFacts(row.uuid, row.name, row.inbox, row.phone, bound, written, twins)
