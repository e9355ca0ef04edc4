"""How long events are kept: the newest 100,000, with what was posted of them.

An event that is still to be posted to a webhook stays until it was, or has failed.
"""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from constellagent.errors import ConstellagentError
from constellagent.failpoints import around
from constellagent.ravi.local.background import beside
from constellagent.ravi.local.office import Office
from constellagent.ravi.points import ProviderPoint

KEPT = 100_000
"""Events."""

_EVERY = 600.0
"""Seconds between two looks."""

_TOGETHER = 500
"""Events that are deleted in one transaction: others wait for it."""

_log = logging.getLogger(__name__)


@asynccontextmanager
async def forgetting(office: Office) -> AsyncIterator[None]:
    """Delete the oldest events beside the body."""
    async with beside(_run(office), "deleting old events"):
        yield


@around(ProviderPoint.EVENT_TRIM)
def trim(db: sqlite3.Connection, kept: int) -> int:
    """Delete some of the events that are older than the newest `kept`; return how many."""
    return db.execute(
        """DELETE FROM events WHERE seq IN (
            SELECT seq FROM events WHERE seq <= (SELECT max(seq) FROM events) - ? AND seq NOT IN (
                SELECT event FROM webhook_deliveries WHERE next_at IS NOT NULL)
            ORDER BY seq LIMIT ?)""",
        (kept, _TOGETHER),
    ).rowcount


async def _run(office: Office) -> None:
    while True:
        try:
            while await office.store.run(lambda db: trim(db, KEPT)):
                pass
        except ConstellagentError as error:
            _log.error("cannot delete old events: %s", error)
        await asyncio.sleep(_EVERY)
