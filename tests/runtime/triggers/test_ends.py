"""Agents that wake others by ending: real sessions, and runs of the ledger."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from constellagent.errors import WorldError
from constellagent.plan.fires import Fire
from constellagent.runtime.scheduler import Started
from constellagent.runtime.store.ledger import LedgerRow
from constellagent.runtime.store.sessions import SessionRow, SessionRows
from tests.runtime.scheduler.lab import declaration
from tests.runtime.sessions_rig import Rig, row_of_this_boot
from tests.runtime.triggers.station import Station, eventually

WAITERS = {
    "docs/done": {"agent": "site"},
    "docs/failed": {"agent": "site", "state": "failed"},
    "docs/exited": {"agent": "site", "state": "exited"},
}


async def wait_for_site(at: Station) -> None:
    """Let schedules of `docs` wait for every kind of end of `site`."""
    for key, on in WAITERS.items():
        await at.declare(key, on=on, overlap="queue_all")


async def woken(at: Station, count: int) -> list[str]:
    """Return which schedules of `docs` were woken, when there are so many."""

    async def look() -> list[LedgerRow]:
        return [row for row in await at.history() if row.fire.schedule.startswith("docs/")]

    rows = await eventually(look, lambda rows: len(rows) >= count)
    return sorted(row.fire.schedule.partition("/")[2] for row in rows)


async def session(at: Station, script: str, **changes: Any) -> SessionRow:
    """Start a session of `site`."""
    rig = Rig(at.settings, at.database, SessionRows(at.database))
    launch = rig.launch("/bin/sh", "-c", script, subject="site", **changes)
    return await at.registry.start(at.id, launch)


@pytest.mark.parametrize(
    ("script", "states"), [("exit 0", ["done", "exited"]), ("exit 3", ["exited", "failed"])]
)
async def test_the_end_of_an_agent_wakes_who_waits_for_it(
    open_at: Station, script: str, states: list[str]
) -> None:
    """A session that ends by itself is done or failed by its exit status, and exited either way."""
    await wait_for_site(open_at)
    ended = await session(open_at, script)

    assert await woken(open_at, 2) == states
    rows = await open_at.history()
    assert {(row.fire.reason, row.fire.event, row.fire.depth) for row in rows} == {("agent", ended.id, 1)}


async def test_a_try_that_is_tried_again_is_no_end(open_at: Station) -> None:
    """Only the last try of a run is its failure, so who waits for it is woken once."""
    await open_at.declare("site/job", cron="@yearly", retries={"max": 1, "backoff": "1ms"})
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    fire = Fire("r1", "site/job", "clock", now, 1, "schedule", "failed", now)
    ends = open_at.triggers._ends
    assert ends._of_run(LedgerRow(open_at.id, fire, now, ended_at=now)) is None
    assert ends._of_run(LedgerRow(open_at.id, replace(fire, attempt=2), now, ended_at=now)) is not None


async def test_a_run_by_hand_counts_and_other_ends_do_not(open_at: Station) -> None:
    """`constellagent run` is the agent at work; a service is no agent, and a stop by a person is no end."""
    await wait_for_site(open_at)
    stopped = await session(open_at, "sleep 100")
    await open_at.registry.stop(stopped.id)
    await session(open_at, "exit 0", role="service")
    by_hand = await session(open_at, "exit 0", role="run")

    assert await woken(open_at, 2) == ["done", "exited"]
    assert {row.fire.event for row in await open_at.history()} == {by_hand.id}


@pytest.mark.parametrize(
    ("state", "states"),
    [
        ("succeeded", ["done", "exited"]),
        ("failed", ["exited", "failed"]),
        ("timeout", ["exited", "failed"]),
        ("lost", ["exited", "failed"]),
        ("stopped", []),
        ("replaced", []),
    ],
)
async def test_the_end_of_a_run_wakes_as_it_ended(open_at: Station, state: Any, states: list[str]) -> None:
    """What a person or a later fire ended wakes nobody; the depth goes on from that of the run."""
    await wait_for_site(open_at)
    await open_at.declare("site/nightly", cron="0 0 1 1 *")
    open_at.runner.outcome = Started(state)

    run = await open_at.scheduler.run_now(open_at.id, "site/nightly")
    await eventually(lambda: open_at.ledger.get(run.run), lambda row: row.ended_at is not None)
    await eventually(open_at.ledger.unannounced, lambda rows: not rows)

    assert await woken(open_at, len(states)) == states
    rows = [row for row in await open_at.history() if row.fire.schedule.startswith("docs/")]
    assert {(row.fire.event, row.fire.depth) for row in rows} == ({(run.run, 1)} if states else set())


async def test_a_prompt_that_was_delivered_is_no_end(open_at: Station) -> None:
    """A resident run is over when its prompt is typed; the agent has only begun then."""
    await wait_for_site(open_at)
    await open_at.declare("site/ask", cron="0 0 1 1 *", workspace="resident", prompt="go on")

    run = await open_at.scheduler.run_now(open_at.id, "site/ask")
    await eventually(lambda: open_at.ledger.get(run.run), lambda row: row.ended_at is not None)
    await eventually(open_at.ledger.unannounced, lambda rows: not rows)

    assert await woken(open_at, 0) == []


async def test_every_end_of_an_agent_that_restarts_counts(open_at: Station) -> None:
    """Two ends are two events; telling one of them twice is one."""
    await open_at.declare("docs/done", on=WAITERS["docs/done"], overlap="queue_all")
    first = await session(open_at, "exit 0")
    await woken(open_at, 1)
    second = await session(open_at, "exit 0")
    await woken(open_at, 2)

    for ended in (first, second):
        row = await open_at.registry.get(ended.id)
        assert row is not None
        await open_at.triggers.session_ended(row)
    await session(open_at, "exit 0")
    assert await woken(open_at, 3) == ["done"] * 3


async def test_an_end_while_the_daemon_was_down_is_told(open_at: Station) -> None:
    """The next daemon finds the session ended, and passes that on once."""
    await wait_for_site(open_at)
    gate = open_at.settings.paths.home / "gate"
    await session(open_at, f"while [ ! -e {gate} ]; do sleep 0.01; done")
    await open_at.close()
    gate.touch()

    open_at.new_daemon()
    await open_at.start()
    assert await woken(open_at, 2) == ["done", "exited"]
    await open_at.restart()
    assert await woken(open_at, 2) == ["done", "exited"]


async def test_an_end_that_was_written_down_and_never_told_is_found(open_at: Station) -> None:
    """A daemon that dies between the two leaves an ended session; a later schedule has missed nothing."""
    await open_at.declare("docs/done", on=WAITERS["docs/done"])
    rows = SessionRows(open_at.database)
    row = replace(row_of_this_boot(), constellation=open_at.id, subject="site")
    await rows.add(row)
    await open_at.close()
    await rows.end(row.id, open_at.clock.now(), 0, "itself", "exit status 0")
    later = declaration(on=WAITERS["docs/exited"])
    await open_at.rows.put(open_at.id, "docs", "exited", later, open_at.scheduler._books.now())

    open_at.new_daemon()
    await open_at.start()
    assert await woken(open_at, 1) == ["done"]


async def test_an_end_of_long_ago_is_not_made_up_for(open_at: Station) -> None:
    """No further back than `catch_up_window`."""
    await open_at.declare("docs/done", on=WAITERS["docs/done"], catch_up_window="1h")
    await open_at.rows.reset(open_at.id, "docs", "done", open_at.scheduler._books.now() - timedelta(days=9))
    rows = SessionRows(open_at.database)
    row = replace(row_of_this_boot(), constellation=open_at.id, subject="site")
    await rows.add(row)
    await rows.end(row.id, open_at.clock.now() - 7200, 0, "itself", "exit status 0")

    await open_at.restart()
    await session(open_at, "exit 0")
    await woken(open_at, 1)
    assert {row.fire.event for row in await open_at.history()} != {row.id}
    assert len(await open_at.history()) == 1


class Full:
    """A scheduler that cannot write anything down, for so many times."""

    def __init__(self, at: Station, failures: int, error: Exception) -> None:
        """Stand before the real one."""
        self._at = at
        self._failures = failures
        self._error = error

    def schedules(self, constellation: str) -> Any:
        """Return the real schedules."""
        return self._at.scheduler.schedules(constellation)

    @property
    def on_end(self) -> list[Any]:
        """Nobody is told."""
        return []

    async def cause(self, *args: Any) -> Any:
        """Fail, or pass on."""
        if self._failures:
            self._failures -= 1
            raise self._error
        return await self._at.scheduler.cause(*args)


async def test_a_full_disk_delays_and_loses_nothing(
    open_at: Station, caplog: pytest.LogCaptureFixture
) -> None:
    """The end of a session is passed on as soon as it can be, with growing pauses, said once."""
    await open_at.declare("docs/done", on=WAITERS["docs/done"])
    triggers = open_at.new_triggers(Full(open_at, 3, WorldError("the disk is full")))
    await triggers.start()
    now = open_at.clock.now()
    row = replace(row_of_this_boot(), constellation=open_at.id, subject="site", ended_at=now, exit_status=0)
    await triggers.session_ended(replace(row, ended_by="itself"))

    assert await woken(open_at, 1) == ["done"]
    assert open_at.waits == [1.0, 2.0, 4.0]
    assert caplog.text.count("wakes nobody yet: the disk is full") == 1
    await triggers.close()


async def test_the_end_of_a_run_on_a_full_disk_is_tried_again(open_at: Station) -> None:
    """The scheduler hears that it failed, and remembers; this daemon tries again all the same."""
    await open_at.declare("docs/done", on=WAITERS["docs/done"])
    await open_at.declare("site/nightly", cron="0 0 1 1 *")
    run = await open_at.scheduler.run_now(open_at.id, "site/nightly")
    row = await eventually(lambda: open_at.ledger.get(run.run), lambda row: row.ended_at is not None)
    await woken(open_at, 1)
    other = replace(row, fire=replace(row.fire, run="0" * 32))
    triggers = open_at.new_triggers(Full(open_at, 2, WorldError("the disk is full")))
    await triggers.start()

    with pytest.raises(WorldError):
        await triggers._ends.run_ended(other)

    assert await woken(open_at, 2) == ["done", "done"]
    await triggers.close()


async def test_a_defect_stops_no_later_end(open_at: Station, caplog: pytest.LogCaptureFixture) -> None:
    """One end that cannot be passed on is logged, and the next one is passed on."""
    await open_at.declare("docs/done", on=WAITERS["docs/done"])
    triggers = open_at.new_triggers(Full(open_at, 1, ZeroDivisionError("a defect")))
    await triggers.start()
    row = replace(
        row_of_this_boot(),
        constellation=open_at.id,
        subject="site",
        ended_at=open_at.clock.now(),
        exit_status=0,
        ended_by="itself",
    )
    await triggers.session_ended(replace(row, id="one"))
    await triggers.session_ended(replace(row, id="two"))

    await woken(open_at, 1)
    assert [row.fire.event for row in await open_at.history()] == ["two"]
    assert "the end of site wakes nobody" in caplog.text
    await triggers.close()
