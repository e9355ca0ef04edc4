"""The runs of schedules where people look at agents: status, logs, stop."""

import pytest

from constellagent.errors import ConflictError, UsageError
from constellagent.plan.fires import Fire
from constellagent.runtime.control import ConstellationView
from constellagent.runtime.store.sessions import SessionRow
from tests.faces.fake_control import agent_view
from tests.runtime.sessions_rig import FOREVER
from tests.runtime.timekeeping.conftest import Asking


async def started(asking: Asking, fire: Fire, *argv: str) -> SessionRow:
    """Start a real session for a run, as the daemon's runner does."""
    launch = asking.rig.launch(*(argv or FOREVER), role="run", subject=fire.schedule, session=fire.run)
    return await asking.rig.registry.start(asking.constellation, launch)


async def run(asking: Asking, schedule: str) -> Fire:
    """Let a schedule run now, in the ledger."""
    view = await asking.ask("run", schedule=schedule)
    return next(fire for _, fire, _ in asking.lab.runner.started if fire.run == view["run"])


async def test_a_status_says_what_wakes_each_agent_next(asking: Asking) -> None:
    """The earliest fire of each agent is named, and its runs that have not ended; others stay as they are."""
    await asking.declare("docs/late", cron="0 20 * * *")
    await asking.declare("docs/soon", cron="0 13 * * *")
    await asking.declare("docs/hook", on={"webhook": "x"})
    await asking.declare("gone/daily", cron="@daily")
    fire = await run(asking, "docs/late")
    gone = await run(asking, "gone/daily")
    agents = [agent_view("docs"), agent_view("api")]
    view = ConstellationView(name="acme", file="/f", repo="/r", agents=agents, services=[])
    await asking.runs.mark(asking.constellation, view)
    docs, api = view["agents"]
    assert docs["next_fire"]["schedule"] == "docs/soon"
    assert docs["next_fire"]["fire_at"] == "2026-11-22T13:00:00Z"
    assert docs["next_fire"]["due"] - asking.lab.clock.now() == 3570.0
    now = asking.lab.clock.now()
    assert docs["runs"] == [{"run": fire.run, "schedule": "docs/late", "state": "running", "since": now}]
    assert "next_fire" not in api
    assert "runs" not in api
    assert gone.run != fire.run


async def test_the_output_of_a_schedule_is_that_of_its_newest_run(asking: Asking) -> None:
    """A schedule's name leads to the session of its newest run; before the first there is none to show."""
    await asking.declare("docs/daily", cron="@daily")
    with pytest.raises(ConflictError, match="did not run") as caught:
        await asking.runs.session(asking.constellation, "docs/daily")
    assert "schedule run docs/daily" in caught.value.hint
    first = await run(asking, "docs/daily")
    await started(asking, first, "/bin/true")
    await asking.rig.until_ended(first.run)
    await asking.lab.runner.end(first.run)
    await asking.lab.pass_(seconds=1)
    second = await run(asking, "docs/daily")
    await started(asking, second)
    assert await asking.runs.session(asking.constellation, "docs/daily") == second.run
    for constellation, key in ((asking.constellation, "docs/dialy"), ("another", "docs/daily")):
        with pytest.raises(UsageError, match=r"no schedule 'docs/d.*' is in effect"):
            await asking.runs.session(constellation, key)


async def test_a_run_is_found_by_the_beginning_of_its_id(asking: Asking) -> None:
    """As much of the id as a table shows is enough; a run without a session says why it has no output."""
    await asking.declare("docs/daily", cron="@daily")
    going = await run(asking, "docs/daily")
    await started(asking, going)
    await asking.lab.pass_(seconds=1)
    queued = await asking.ask("run", schedule="docs/daily")
    assert await asking.runs.session(asking.constellation, going.run[:8]) == going.run
    with pytest.raises(ConflictError, match="has no output: it is queued"):
        await asking.runs.session(asking.constellation, queued["run"])
    assert await asking.runs.session("another", going.run) is None
    assert await asking.runs.session(asking.constellation, going.run[:3]) is None
    assert await asking.runs.session(asking.constellation, "docs") is None


async def test_stop_ends_every_run_that_goes_on(asking: Asking) -> None:
    """All runs of the schedule that go on are stopped; without any, what waits is said."""
    await asking.declare("docs/daily", cron="@daily", overlap="allow")
    await asking.declare("docs/other", cron="@daily")
    fires = []
    for key in ("docs/daily", "docs/daily", "docs/other"):
        fires.append(await run(asking, key))
        await started(asking, fires[-1])
        await asking.lab.pass_(seconds=1)
    outcome = await asking.runs.stop(asking.constellation, "docs/daily")
    assert len(outcome.split(", ")) == 2
    assert [row.id for row in await asking.rig.rows.live()] == [fires[2].run]
    for fire in fires:
        await asking.lab.runner.end(fire.run, None, by="stop")
    with pytest.raises(ConflictError, match=r"^no run of docs/daily goes on$"):
        await asking.runs.stop(asking.constellation, "docs/daily")


async def test_stop_does_not_reach_what_waits(asking: Asking) -> None:
    """A run in the queue is not stopped; the way to cancel it is said."""
    await asking.declare("docs/daily", cron="@daily", workspace="agent")
    await asking.declare("docs/other", cron="@daily", workspace="agent")
    await run(asking, "docs/daily")
    await asking.ask("run", schedule="docs/other")
    with pytest.raises(ConflictError, match="goes on; 1 wait") as caught:
        await asking.runs.stop(asking.constellation, "docs/other")
    assert "schedule pause docs/other" in caught.value.hint
    with pytest.raises(UsageError, match=r"did you mean docs/other\?"):
        await asking.runs.stop(asking.constellation, "docs/othr")
