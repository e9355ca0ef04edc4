"""A ledger with two schedules in effect."""

from datetime import timedelta

import pytest

from constellagent.runtime.store.database import Database
from constellagent.runtime.store.ledger import Ledger
from constellagent.runtime.store.schedules import ScheduleRows
from tests.runtime.store.ledgers import DECLARED, NOW


@pytest.fixture
async def ledger(database: Database) -> Ledger:
    """Give a ledger for two schedules in effect, whose cursors are far back."""
    rows = ScheduleRows(database)
    for name in ("daily", "hourly"):
        await rows.put("c", "docs", name, DECLARED, NOW - timedelta(days=1000))
    return Ledger(database, "2026.1")
