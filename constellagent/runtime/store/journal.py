"""Write-ahead intents: what was about to be done when a process died."""

import json
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from constellagent.failpoints import reach
from constellagent.runtime.clock import Clock
from constellagent.runtime.ports import Step
from constellagent.runtime.store.database import Database


class StoredJournal:
    """The journal of one constellation, in `state.db`: the port `Journal`."""

    def __init__(self, database: Database, constellation: str, clock: Clock) -> None:
        """Use an open database."""
        self._database = database
        self._constellation = constellation
        self._clock = clock

    @asynccontextmanager
    async def step(self, step: Step, subject: str, **detail: str) -> AsyncIterator[None]:
        """Write the intent durably, let the body act, then mark the intent done.

        The intent stays when the body raises or the process dies. `detail` is for who reads the database.
        """
        await self._database.execute(
            "INSERT INTO intents (constellation, subject, step, detail, pid, at) VALUES (?, ?, ?, ?, ?, ?)",
            (self._constellation, subject, step.value, json.dumps(detail), os.getpid(), self._clock.now()),
        )
        reach(f"{step.value}:before")
        yield
        reach(f"{step.value}:after")
        # Earlier tries of the same step are settled by this one: each body looks before it acts.
        await self._database.execute(
            "DELETE FROM intents WHERE constellation = ? AND subject = ? AND step = ?",
            (self._constellation, subject, step.value),
        )

    async def open_steps(self, subject: str) -> Sequence[Step]:
        """Return the steps of `subject` that were begun and never marked done, oldest first."""
        rows = await self._database.rows(
            "SELECT step FROM intents WHERE constellation = ? AND subject = ? ORDER BY id",
            (self._constellation, subject),
        )
        return [Step(step) for (step,) in rows]
