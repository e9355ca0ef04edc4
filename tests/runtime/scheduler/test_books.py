"""Schedules and open fires in memory: equal to the database after whatever was written."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from constellagent.errors import WorldError
from constellagent.plan.wakeups import Cause
from constellagent.runtime.scheduler import books
from constellagent.runtime.scheduler.books import Books
from tests.runtime.scheduler.lab import Lab, no_space
from tests.runtime.scheduler.virtual import quiet


def seen(known: Books) -> dict[str, Any]:
    """Return what is kept in memory."""
    return {
        key: (
            list(board.open.values()),
            dict(board.endings),
            [
                (name, entry.upto, entry.failures, entry.paused, entry.due)
                for name, entry in board.entries.items()
            ],
            {place: list(runs) for place, runs in board._places.items()},
        )
        for key, board in known.boards.items()
    }


async def is_true(lab: Lab) -> None:
    """Assert that what the daemon keeps in memory is what a new one would read."""
    fresh = Books(lab.ledger, lab.rows, lab.clock)
    await fresh.load()
    assert seen(lab.scheduler._books) == seen(fresh)
    assert lab.scheduler._books.newest == fresh.newest


KINDS: dict[str, dict[str, Any]] = {
    "a/skip": {"cron": "*/20 * * * *", "workspace": "agent"},
    "a/one": {"cron": "*/30 * * * *", "workspace": "agent", "overlap": "queue_one", "timeout": "40m"},
    "a/replace": {"cron": "0 * * * *", "overlap": "replace"},
    "b/allow": {"cron": "*/25 * * * *", "overlap": "allow", "retries": {"max": 1, "backoff": "7m"}},
    "b/mail": {"on": {"email": {}}, "pause_on_failure": 2},
    "b/late": {"cron": "*/15 * * * *", "overlap": "queue_all", "start_deadline": "20m"},
}

STEPS = ("pass", "end", "event", "run", "pause", "resume", "sleep", "back", "daemon")


async def take(lab: Lab, step: str, which: int, number: int) -> None:
    """Let something happen; `which` says to whom or how much."""
    key = list(KINDS)[which]
    live = [run for run, row in lab.sessions.rows.items() if row.live]
    if step == "pass":
        await lab.pass_(minutes=11 * which + 1)
    elif step == "end" and live:
        await lab.runner.end(live[which % len(live)], which % 2)
    elif step == "event":
        await lab.scheduler.cause("c", "b/mail", Cause("email", f"m-{number}", lab.clock.moment()))
    elif step == "run":
        await lab.scheduler.run_now("c", key)
    elif step == "pause":
        await lab.scheduler.pause("c", key, "no")
    elif step == "resume":
        await lab.scheduler.resume("c", key, catch_up=which % 2 == 0)
    else:
        lab.clock.sleep(3600.0 * which if step == "sleep" else 0.0)
        lab.clock.step(-600.0 * which if step == "back" else 0.0)
        await (lab.restart() if step == "daemon" else lab.look())


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 5)), min_size=1, max_size=12))
async def test_memory_follows_the_database(lab: Lab, steps: list[tuple[str, int]]) -> None:
    """Whatever happens, in whatever order: what is in memory is what is written, no more and no less."""
    for table in ("fires", "schedules"):
        await lab.database.execute(f"DELETE FROM {table}")
    lab.sessions.rows.clear()
    lab.sessions.begun_runs.clear()
    await lab.restart()
    for key, spec in KINDS.items():
        await lab.declare(key, **spec)
    for number, (step, which) in enumerate(steps):
        await take(lab, step, which, number)
        await quiet(lab.scheduler)
        await is_true(lab)


async def test_reading_anew_keeps_what_did_not_change(lab: Lab) -> None:
    """Ten thousand schedules are not worked out again because one of them came."""
    await lab.declare("docs/daily", cron="0 13 * * *")
    await lab.start()
    before = lab.scheduler._books.boards["c"].entries["docs/daily"]

    await lab.declare("docs/other", cron="0 14 * * *")
    assert lab.scheduler._books.boards["c"].entries["docs/daily"] is before
    await lab.declare("docs/daily", cron="0 15 * * *")
    assert lab.scheduler._books.boards["c"].entries["docs/daily"] is not before
    await is_true(lab)


async def test_what_cannot_be_written_is_not_believed(lab: Lab) -> None:
    """After a failed write memory is as it was."""
    await lab.declare("docs/daily", cron="0 13 * * *")
    await lab.declare("docs/mail", on={"email": {}})
    await lab.start()
    with no_space(lab):
        lab.skip_to(13)
        await lab.look()
        with pytest.raises(WorldError):
            await lab.scheduler.run_now("c", "docs/mail")
        await is_true(lab)


async def test_a_schedule_that_an_apply_has_just_removed_is_not_run(lab: Lab) -> None:
    """Between the apply and the word of it nothing of the schedule is decided, and nothing spins."""
    await lab.declare("docs/daily", cron="0 13 * * *")
    await lab.start()
    await lab.rows.drop("c", "docs", "daily")
    await lab.to(14)
    assert lab.runner.started == []
    assert await lab.history() == []

    await lab.scheduler.refresh("c")
    assert lab.scheduler.schedules("c") == {}


async def test_a_schedule_whose_next_time_cannot_be_found_stops_no_other(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is looked at again a minute later."""

    def broken(*_args: object) -> None:
        raise ZeroDivisionError("a mistake")

    with monkeypatch.context() as patch:
        patch.setattr(books, "due_at", broken)
        await lab.declare("docs/daily", cron="0 13 * * *")
        await lab.start()
        assert "a mistake" in lab.scheduler.outlook("c", "docs/daily").why
    await lab.to(13)

    assert len(lab.runner.started) == 1
