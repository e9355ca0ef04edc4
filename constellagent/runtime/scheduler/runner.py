"""The seam between deciding that a run starts and starting it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from constellagent.plan.fires import Fire, State
from constellagent.plan.schedules import DesiredSchedule
from constellagent.runtime.store.ledger import LedgerRow


@dataclass(frozen=True, slots=True)
class Started:
    """How a start went.

    Attributes:
        state: `running`, or the end of a run that has no session of its own to wait for.
        why: what there is to say about it.
    """

    state: State = "running"
    why: str = ""


class Runner(Protocol):
    """Starts and ends runs. A run's session has the run's id."""

    async def start(self, constellation: str, schedule: DesiredSchedule, fire: Fire) -> Started:
        """Make the workspace and start the run in it, at most once for each run id.

        Raises:
            ConstellagentError: it was not started; nothing of it runs.
        """
        ...

    async def stop(self, run: str) -> None:
        """End a run's session and its whole process tree; harmless where it has ended.

        Raises:
            WorldError: something of it does not end.
        """
        ...

    async def conclude(self, row: LedgerRow, schedule: DesiredSchedule | None) -> None:
        """Do what follows an end: report, retention, word to the owner. Its failures are logged, not raised.

        `schedule` is None where it is no longer in effect.
        """
        ...


Ended = Callable[[LedgerRow], Awaitable[None]]
"""Told of every run that ended, after its end was written down."""
