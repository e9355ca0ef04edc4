"""How an event is told to schedules."""

from datetime import UTC, datetime, timedelta

from constellagent.plan.wakeups import Cause
from constellagent.runtime.triggers.scheduling import Waking
from tests.runtime.triggers.station import Station

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
HOOK = {"on": {"webhook": "x"}, "overlap": "queue_all"}


async def test_two_events_at_one_moment_are_two_runs(open_at: Station) -> None:
    """The second is told a microsecond later, and both are known when they are told again."""
    await open_at.declare("docs/hook", **HOOK)
    waking = Waking(open_at.scheduler, open_at.ledger)
    for event in ("one", "two", "three", "two", "one", "three"):
        await waking.tell(open_at.id, ["docs/hook"], Cause("webhook", event, AT))

    found = {row.fire.event: row.fire.fire_at - AT for row in await open_at.history()}
    assert found == {
        "one": timedelta(0),
        "two": timedelta(microseconds=1),
        "three": timedelta(microseconds=2),
    }


async def test_a_schedule_that_has_gone_is_left_out(open_at: Station) -> None:
    """The others hear of the event all the same."""
    await open_at.declare("docs/hook", **HOOK)
    waking = Waking(open_at.scheduler, open_at.ledger)
    fires = await waking.tell(open_at.id, ["gone/hook", "docs/hook"], Cause("webhook", "one", AT))
    assert [fire.schedule for fire in fires] == ["docs/hook"]


async def test_a_paused_schedule_hears_nothing(open_at: Station) -> None:
    """It leaves no row, and the search for a free moment ends."""
    await open_at.declare("docs/hook", paused=True, **HOOK)
    waking = Waking(open_at.scheduler, open_at.ledger)
    assert await waking.tell(open_at.id, ["docs/hook"], Cause("webhook", "one", AT)) == []
    assert await open_at.history() == []
