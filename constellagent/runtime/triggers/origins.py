"""Who sent a message, where that is an agent: what agents say to each other must come to an end.

A message from an agent carries the depth of the run that sent it, so that the next run is one deeper and a
circle of agents that answer each other ends at the limit.
"""

import re
from datetime import datetime, timedelta

from constellagent.plan.fires import RAN, State
from constellagent.runtime.store.bindings import Binding, Bindings
from constellagent.runtime.store.ledger import Ledger, LedgerRow
from constellagent.runtime.triggers.arrivals import Arrival
from constellagent.runtime.triggers.patterns import same_address
from constellagent.runtime.triggers.scheduling import Scheduling

UNKNOWN = 1
"""The depth of what an agent sent that no run is known of: a person may have typed into its terminal."""

AFTERWARDS = timedelta(hours=1)
"""For so long after its end a run counts as the sender: what it began in a live session goes on, and mail
takes its time."""

_SKEW = timedelta(minutes=1)
"""By so much a provider's clock may be behind ours."""

_STATES: frozenset[State] = RAN | {"claimed", "running"}
_MOST = 100


class Origins:
    """Knows which agents' addresses there are on this machine, and what they were doing."""

    def __init__(self, bindings: Bindings, ledger: Ledger, scheduling: Scheduling) -> None:
        """`bindings` are those of all constellations."""
        self._bindings = bindings
        self._ledger = ledger
        self._scheduling = scheduling

    async def sender(self, arrival: Arrival, provider: str) -> Binding | None:
        """Return which agent's identity sent a message, None where none of this machine did.

        Raises:
            WorldError: that cannot be looked up now.
        """
        for binding in await self._bindings.of_provider(provider):
            if not binding.archived and is_from(arrival, binding):
                return binding
        return None

    async def depth(self, arrival: Arrival, sender: Binding) -> int:
        """Return the depth of the run in which an agent sent a message.

        Raises:
            WorldError: that cannot be looked up now.
        """
        rows = await self._runs(sender.constellation, sender.agent)
        return max((row.fire.depth for row in rows if _was_going(row, arrival.at)), default=UNKNOWN)

    async def _runs(self, constellation: str, agent: str) -> list[LedgerRow]:
        schedules = self._scheduling.schedules(constellation)
        keys = [key for key, schedule in schedules.items() if schedule.agent == agent]
        if not keys:
            return []
        return await self._ledger.history(constellation, schedules=keys, states=_STATES, limit=_MOST)


def is_from(arrival: Arrival, binding: Binding) -> bool:
    """Say whether an identity sent a message, as far as the message says so."""
    own = (binding.phone or "") if arrival.kind == "sms" else binding.address
    return same_address(own, arrival.sender)


def is_word_to_owner(arrival: Arrival, sender: Binding) -> bool:
    """Say whether a message of an agent is the word that one of its runs failed.

    The owner may have the mailbox of another agent. `on: {agent: ...}` wakes by failures, and says how.
    """
    said = arrival.text if arrival.kind == "sms" else arrival.subject
    return re.match(rf"{re.escape(sender.agent)}/\S+ (failed|timed out|was lost)\b", said) is not None


def _was_going(row: LedgerRow, at: datetime) -> bool:
    began = row.started_at or row.claimed_at or row.decided_at
    return began - _SKEW <= at and (row.ended_at is None or at <= row.ended_at + AFTERWARDS)
