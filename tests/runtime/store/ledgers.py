"""Fires, decisions and ledgers for the tests of the ledger."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from constellagent.plan.fires import Fire, run_id
from constellagent.plan.wakeups import Decision
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.ledger import Ledger
from constellagent.runtime.store.schedules import ScheduleRows

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DECLARED = json.dumps({"spec": {"cron": "* * * * *"}, "timezone": "UTC", "constellation": ""})


def fire(minutes: int = 0, schedule: str = "docs/daily", **changes: Any) -> Fire:
    """Return a queued fire of the clock, so many minutes from now."""
    fire_at = NOW + minutes * MINUTE
    made = Fire(
        run="",
        schedule=schedule,
        origin="clock",
        fire_at=fire_at,
        attempt=1,
        reason="schedule",
        state="queued",
        not_before=fire_at,
    )
    made = replace(made, **changes)
    run = run_id("c", schedule, made.origin, made.fire_at, made.attempt)
    return replace(made, run=changes.get("run", run))


def decided(*fires: Fire, **changes: Any) -> Decision:
    """Return a decision for these fires, which moves the cursor to the newest of the clock's."""
    newest = max((one.fire_at for one in fires if one.origin == "clock"), default=None)
    return Decision(**{"fires": fires, "upto": newest, **changes})


async def fresh(folder: str) -> Ledger:
    """Return a ledger of its own with two schedules."""
    database = Database(Path(folder) / "state.db")
    await database.open()
    rows = ScheduleRows(database)
    for name in ("daily", "hourly"):
        await rows.put("c", "docs", name, DECLARED, NOW - MINUTE)
    return Ledger(database, "")


async def upto(ledger: Ledger, name: str = "daily") -> datetime:
    """Return a cursor."""
    rows = {row.name: row for row in await ScheduleRows(ledger._database).all("c")}
    return rows[name].upto


async def begun(ledger: Ledger, *fires: Fire) -> list[Fire]:
    """Write fires down and claim them."""
    await ledger.commit("c", {"docs/daily": Decision(fires=fires)}, NOW)
    return await ledger.claim(fires, NOW)
