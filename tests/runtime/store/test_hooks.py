"""The sealed secrets of webhooks, and events that the ledger knows."""

from datetime import UTC, datetime

from constellagent.plan.fires import Fire
from constellagent.plan.wakeups import Decision
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.hooks import HookRows, Known
from constellagent.runtime.store.ledger import Ledger
from constellagent.runtime.store.schedules import ScheduleRows

AT = datetime(2026, 11, 22, tzinfo=UTC)


async def test_the_first_secret_stays_until_it_is_replaced(database: Database) -> None:
    """Whoever comes second learns that there is one."""
    rows = HookRows(database)
    assert await rows.add("c", "deploy", b"one")
    assert not await rows.add("c", "deploy", b"two")
    assert await rows.all() == {("c", "deploy"): b"one"}
    await rows.replace("c", "deploy", b"three")
    await rows.replace("d", "deploy", b"four")
    assert await rows.all() == {("c", "deploy"): b"three", ("d", "deploy"): b"four"}


async def test_secrets_that_nobody_needs_are_forgotten(database: Database) -> None:
    """Of one constellation only."""
    rows = HookRows(database)
    for constellation, name in (("c", "a"), ("c", "b"), ("d", "a")):
        await rows.add(constellation, name, b"x")
    await rows.keep("c", {"b": ["docs/hook"]})
    assert set(await rows.all()) == {("c", "b"), ("d", "a")}
    await rows.keep("c", ())
    assert set(await rows.all()) == {("d", "a")}


async def test_an_event_is_known_by_schedule_and_id(database: Database) -> None:
    """The run that it led to, and the present state of that."""
    rows, ledger = HookRows(database), Ledger(database, "2026.1")
    await ScheduleRows(database).put("c", "docs", "hook", "{}", AT)
    fire = Fire("0" * 32, "docs/hook", "event", AT, 1, "webhook", "queued", AT, event="e-1")
    await ledger.commit("c", {"docs/hook": Decision(fires=(fire,))}, AT)

    assert await rows.known("c", "docs/hook", "e-1") == Known("0" * 32, "queued")
    await ledger.claim([fire], AT)
    assert await rows.known("c", "docs/hook", "e-1") == Known("0" * 32, "claimed")
    assert await rows.known("c", "docs/hook", "e-2") is None
    assert await rows.known("c", "docs/other", "e-1") is None
    assert await rows.known("d", "docs/hook", "e-1") is None
