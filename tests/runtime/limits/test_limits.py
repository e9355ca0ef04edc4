"""Limits as the daemon uses them."""

import pytest

from constellagent.agents.kind import Usage
from constellagent.errors import UsageError
from constellagent.runtime.limits import Limits
from constellagent.runtime.paths import constellation_id
from constellagent.runtime.store.constellations import Applied
from constellagent.runtime.store.usage import UsageRows, Used, Whose
from constellagent.runtime.usage_views import UsageRequest
from tests.runtime.limits.conftest import Ground

TODAY, BEFORE = "2023-11-14", "2023-11-13"


class Bench:
    """Limits of a file."""

    def __init__(self, ground: Ground) -> None:
        """Use the ground's sessions."""
        sessions = ground.sessions
        self.ground = ground
        self.file = str(ground.file)
        self.id = constellation_id(ground.file)
        self.rows = UsageRows(ground.database)
        self.changes = 0
        self.limits = Limits(
            ground.database, ground.constellations, sessions.registry, sessions.screens, ground.clock
        )
        self.limits.on_change = self._changed

    async def declare(self, limits: str) -> None:
        """Let these limits be in effect."""
        text = f"version: 1\ntimezone: Europe/Berlin\n{limits}"
        path = self.ground.file
        await self.ground.constellations.put(Applied(self.id, "acme", path, path.parent, text, text), 1.0)
        self.limits.refresh(self.id)

    def _changed(self) -> None:
        self.changes += 1


@pytest.fixture
async def bench(ground: Ground) -> Bench:
    """Give the limits of a file with two agents, of which one has used something on two days."""
    made = Bench(ground)
    await made.declare(
        "limits: {working: 2}\nagents:\n  one: {command: [x], limits: {cost_per_day: 1}}\n"
        "  two: {command: [x]}\n"
    )
    await made.rows.add(Whose(made.id, "one", "s1", BEFORE), "a", Usage(1, 2, 0.5))
    await made.rows.add(Whose(made.id, "one", "s1", TODAY), "a", Usage(4, 6, 1.5))
    await made.rows.begin(Whose(made.id, "two", "r1", TODAY))
    return made


async def test_the_report(bench: Bench) -> None:
    """It says what was used by day, what may be, and who is held."""
    today = await bench.limits.report({"file": bench.file})
    both = await bench.limits.report({"file": bench.file, "days": 2, "agents": ["one"]})

    assert today == {
        "timezone": "Europe/Berlin",
        "today": TODAY,
        "days": [
            {"agent": "one", "day": TODAY, "runs": 0, "input": 3, "output": 4, "cost": 1.0},
            {"agent": "two", "day": TODAY, "runs": 1, "input": 0, "output": 0, "cost": None},
        ],
        "limits": {"working": 2},
        "agents": {"one": {"cost_per_day": 1.0}},
        "held": {"one": "limit: cost_per_day 1.00 of 1.00"},
    }
    assert [(day["day"], day["cost"]) for day in both["days"]] == [(TODAY, 1.0), (BEFORE, 0.5)]


@pytest.mark.parametrize("more", [{"days": 0}, {"days": 401}, {"agents": ["on"]}])
async def test_what_cannot_be_asked(bench: Bench, more: UsageRequest) -> None:
    """Days that nobody keeps, and agents that there are not."""
    with pytest.raises(UsageError):
        await bench.limits.report({"file": bench.file, **more})


async def test_who_is_held_shows(bench: Bench) -> None:
    """As was looked last; an apply and what is used tell those who wait."""
    before = bench.limits.held(bench.id, "one")
    await bench.limits.look(bench.id)
    held = [bench.limits.held(bench.id, agent) for agent in ("one", "two")]
    await bench.declare("agents:\n  one: {command: [x]}\n")
    await bench.limits.look(bench.id)

    assert (before, held) == ("", ["limit: cost_per_day 1.00 of 1.00", ""])
    assert bench.limits.held(bench.id, "one") == ""
    assert bench.changes == 2


async def test_what_is_heard_counts(bench: Bench) -> None:
    """Those who wait are told, and old days are forgotten."""
    await bench.rows.add(Whose(bench.id, "one", "s0", "2020-01-01"), "old", Usage(9, 9))
    await bench.limits.start()
    row = bench.ground.sessions.begin("s2", "one")
    bench.limits.recorder.used(row, bench.ground.clock.now(), Usage(7, 0))
    await bench.limits.ended(row)
    await bench.limits.close()

    assert bench.changes == 2
    assert await bench.rows.of_session("s2") == Used("one", "", 0, 7, 0, None)
    assert await bench.rows.of_session("s0") is None
