"""The schedules in effect: a cursor that only the right changes move, and pauses that stay."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from constellagent.plan.fires import Fire, run_id
from constellagent.plan.wakeups import Decision
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.ledger import Ledger
from constellagent.runtime.store.schedules import ScheduleRow, ScheduleRows, StoredSchedules

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def declaration(cron: str = "0 9 * * *", timezone: str = "UTC", **spec: Any) -> str:
    """Return a declaration as it is kept."""
    return json.dumps({"spec": {"cron": cron, **spec}, "timezone": timezone, "constellation": "acme"})


@pytest.fixture
def rows(database: Database) -> ScheduleRows:
    """Give the table."""
    return ScheduleRows(database)


async def the_row(rows: ScheduleRows) -> ScheduleRow:
    """Return the only row."""
    (row,) = await rows.all()
    return row


async def queue(rows: ScheduleRows, key: str = "docs/daily") -> Ledger:
    """Queue two runs of a schedule, claim the first, and return the ledger."""
    ledger = Ledger(rows._database, "")
    fires = [
        Fire(run_id("c", key, "person", at, 1), key, "person", at, 1, "manual", "queued", at)
        for at in (NOW, LATER)
    ]
    await ledger.commit("c", {key: Decision(fires=tuple(fires))}, NOW)
    await ledger.claim(fires[:1], NOW)
    return ledger


async def test_a_new_schedule_makes_up_for_nothing(rows: ScheduleRows) -> None:
    """Its cursor is the moment at which it came."""
    await rows.put("c", "docs", "daily", declaration(), NOW)

    row = await the_row(rows)
    assert row == ScheduleRow("c", "docs", "daily", declaration(), NOW, NOW)
    assert row.key == "docs/daily"


async def test_schedules_come_in_the_order_of_their_coming(rows: ScheduleRows) -> None:
    """Of all constellations or of one; a new declaration does not move one to the end."""
    for constellation, name in (("c", "b"), ("d", "x"), ("c", "a")):
        await rows.put(constellation, "docs", name, declaration(), NOW)
    await rows.put("c", "docs", "b", declaration("5 9 * * *"), NOW)

    assert [row.name for row in await rows.all()] == ["b", "x", "a"]
    assert [row.name for row in await rows.all("c")] == ["b", "a"]


@pytest.mark.parametrize(
    ("before", "after", "moves"),
    [
        pytest.param(declaration(), declaration(), False, id="the same"),
        pytest.param(declaration(), declaration(timeout="5m"), False, id="another limit"),
        pytest.param(declaration(), declaration(jitter="10m"), False, id="jitter never fires again"),
        pytest.param(declaration(), declaration("0 8 * * *"), True, id="other times"),
        pytest.param(declaration(), declaration(timezone="Asia/Tokyo"), True, id="another zone"),
        pytest.param(declaration(), declaration(start="2026-01-01"), True, id="an earlier start"),
        pytest.param(declaration(paused=True), declaration(), True, id="a declared pause ends"),
        pytest.param(declaration(), declaration(paused=True), False, id="a declared pause begins"),
        pytest.param("{}", declaration(), True, id="written by another release"),
        pytest.param('{"spec": 7}', declaration(), True, id="not understood at all"),
    ],
)
async def test_the_cursor_moves_where_the_times_change(
    rows: ScheduleRows, before: str, after: str, moves: bool
) -> None:
    """Nothing of the past is made up for by new times; any other change leaves the cursor where it is."""
    await rows._database.execute(
        "INSERT INTO schedules (constellation, agent, name, declared, created_at, upto) "
        "VALUES ('c', 'docs', 'daily', ?, 0, 0)",
        (before,),
    )

    await rows.put("c", "docs", "daily", after, LATER)

    row = await the_row(rows)
    assert row.declared == after
    assert row.upto == (LATER if moves else datetime(1970, 1, 1, tzinfo=UTC))


async def test_a_clock_that_was_set_back_moves_no_cursor_back(rows: ScheduleRows) -> None:
    """New times at an earlier moment leave the cursor where it is: what is decided stays decided."""
    await rows.put("c", "docs", "daily", declaration(), LATER)

    await rows.put("c", "docs", "daily", declaration("0 8 * * *"), NOW)

    assert (await the_row(rows)).upto == LATER


async def test_a_removed_schedule_cancels_what_waits(rows: ScheduleRows) -> None:
    """What is queued is not run after it; what is being started goes on. Declared again, it is new."""
    await rows.put("c", "docs", "daily", declaration(), NOW)
    ledger = await queue(rows)

    await rows.drop("c", "docs", "daily")
    await rows.drop("c", "docs", "daily")

    assert await rows.all() == []
    waiting, claimed = await ledger.history("c")
    assert (waiting.fire.state, waiting.fire.why) == ("cancelled", "its schedule was removed")
    assert claimed.fire.state == "claimed"
    await rows.put("c", "docs", "daily", declaration(), LATER)
    assert (await the_row(rows)).upto == LATER


async def test_a_pause_cancels_what_waits_and_stays(rows: ScheduleRows) -> None:
    """The first reason stays, and a new declaration does not end it."""
    await rows.put("c", "docs", "daily", declaration(), NOW)
    ledger = await queue(rows)

    assert await rows.pause("c", "docs", "daily", "holidays", LATER)
    assert not await rows.pause("c", "docs", "daily", "another reason", LATER)
    await rows.put("c", "docs", "daily", declaration(timeout="5m"), LATER)

    row = await the_row(rows)
    assert (row.paused, row.paused_at) == ("holidays", LATER)
    assert [found.fire.state for found in await ledger.history("c")] == ["cancelled", "claimed"]
    assert not await rows.pause("c", "docs", "gone", "holidays", LATER)


@pytest.mark.parametrize("catch_up", [False, True])
async def test_resuming_makes_up_for_the_pause_only_where_asked(rows: ScheduleRows, catch_up: bool) -> None:
    """Otherwise the cursor moves to now. Failures are forgotten; resuming twice is harmless."""
    await rows.put("c", "docs", "daily", declaration(), NOW)
    await rows._database.execute("UPDATE schedules SET failures = 3")
    await rows.pause("c", "docs", "daily", "holidays", NOW)

    assert await rows.resume("c", "docs", "daily", LATER, catch_up=catch_up)
    assert not await rows.resume("c", "docs", "daily", LATER + timedelta(hours=1), catch_up=False)

    row = await the_row(rows)
    assert (row.paused, row.paused_at, row.failures) == ("", None, 0)
    assert row.upto == (NOW if catch_up else LATER)


async def test_only_a_reset_moves_a_cursor_back(rows: ScheduleRows) -> None:
    """After a clock that was wrong by far a person says that now is now."""
    await rows.put("c", "docs", "daily", declaration(), LATER)

    await rows.reset("c", "docs", "daily", NOW)

    assert (await the_row(rows)).upto == NOW


async def test_the_port_knows_its_own_constellation(rows: ScheduleRows, database: Database) -> None:
    """What is put is found by agent and name, in effect from the clock's time on, and gone once dropped."""

    class Clock:
        def now(self) -> float:
            return LATER.timestamp()

        def monotonic(self) -> float:
            return 0.0

    await rows.put("d", "docs", "daily", declaration(), NOW)
    port = StoredSchedules(database, "c", Clock())

    await port.put("docs", "daily", declaration())
    await port.put("site", "weekly", declaration("0 0 * * 0"))

    assert await port.look() == {
        "docs": {"daily": declaration()},
        "site": {"weekly": declaration("0 0 * * 0")},
    }
    assert {row.upto for row in await rows.all("c")} == {LATER}
    await port.drop("docs", "daily")
    assert list(await port.look()) == ["site"]
