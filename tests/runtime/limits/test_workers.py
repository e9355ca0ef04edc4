"""Who works now."""

from constellagent.runtime.limits.workers import Workers
from constellagent.runtime.store.ledger import Ledger
from tests.runtime.limits.conftest import Ground


async def test_agents_and_runs_that_work(ground: Ground) -> None:
    """Not those that wait, are paused, serve others, or belong elsewhere."""
    sessions = ground.sessions
    for session, subject, state in (
        ("s1", "one", "working"),
        ("s2", "two", "starting"),
        ("s3", "three", "waiting"),
    ):
        sessions.begin(session, subject, state=state)
    sessions.begin("s4", "shop", "service")
    sessions.begin("r1", "one/daily", "run")
    sessions.begin("r2", "one/daily", "run")
    workers = Workers(
        sessions.registry, sessions.screens, Ledger(ground.database, ""), lambda run: run in {"r2", "r4"}
    )

    assert await workers.of("c") == {"agent one", "agent two", "run r1"}
    assert await workers.of("c", ["r3", "r4"]) == {"agent one", "agent two", "run r1", "run r3"}
    assert await workers.of("d") == set()


async def test_who_is_about_to_work_counts(ground: Ground) -> None:
    """As long as it is being given something to do, and once however often."""
    sessions = ground.sessions
    workers = Workers(sessions.registry, sessions.screens, Ledger(ground.database, ""), lambda _: False)
    with workers.expect("c", "agent one"):
        with workers.expect("c", "agent one"), workers.expect("d", "agent two"):
            assert await workers.of("c") == {"agent one"}
        assert await workers.of("c") == {"agent one"}
    assert await workers.of("c") == set()
