"""Who sent a message, where that is an agent: what agents say to each other must come to an end.

A message from an agent carries the depth of the run that sent it, so that the next run is one deeper and a
circle of agents that answer each other ends at the limit.
"""

import re
from datetime import datetime, timedelta

from constellagent.plan.fires import RAN, State
from constellagent.plan.schedules import DesiredSchedule
from constellagent.runtime.store.bindings import Binding, Bindings
from constellagent.runtime.store.ledger import Ledger, LedgerRow
from constellagent.runtime.triggers.arrivals import Arrival
from constellagent.runtime.triggers.patterns import same_address
from constellagent.runtime.triggers.scheduling import Scheduling

UNKNOWN = 1
"""The depth of what an agent sent that no run is known of: a person may have typed into its terminal."""

AFTERWARDS = timedelta(hours=1)
"""For so long after its end the last run counts as the sender: what it began in a live session goes on, and
mail takes its time."""

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

        Of the runs that were going then the deepest, so that no circle gets away by having a shallow run
        beside it. What ended before counts only where nothing was going, and then the last of it: else what
        an agent begins anew would be taken for a part of the circle before it.

        Raises:
            WorldError: that cannot be looked up now.
        """
        schedules = self._schedules(sender)
        if not schedules:
            return UNKNOWN
        rows = await self._ledger.history(
            sender.constellation, schedules=list(schedules), states=_STATES, limit=_MOST
        )
        began = sorted((row for row in rows if _began(row) - _SKEW <= arrival.at), key=_began)
        going = [row for row in began if row.ended_at is None or arrival.at <= row.ended_at]
        ended = [row for row in began if row not in going and arrival.at <= _ended(row) + AFTERWARDS]
        # What was typed into a live session is worked on there after the run is over.
        typed = [row for row in ended if schedules[row.fire.schedule].spec.workspace == "resident"]
        counted = [*going, *typed[-1:]] or ended[-1:]
        return max((row.fire.depth for row in counted), default=UNKNOWN)

    def _schedules(self, sender: Binding) -> dict[str, DesiredSchedule]:
        """Return the schedules in effect of an agent, by key."""
        schedules = self._scheduling.schedules(sender.constellation)
        return {key: schedule for key, schedule in schedules.items() if schedule.agent == sender.agent}


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


def _began(row: LedgerRow) -> datetime:
    return row.started_at or row.claimed_at or row.decided_at


def _ended(row: LedgerRow) -> datetime:
    return row.ended_at or row.decided_at
