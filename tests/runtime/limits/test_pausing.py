"""Runs that are paused, and go on."""

import asyncio

import pytest

from constellagent.agents.kind import Usage
from constellagent.errors import ConflictError, UsageError
from constellagent.runtime.headless import progress
from constellagent.runtime.headless.progress import PAUSE, RESUME, Progress
from constellagent.runtime.limits import pausing as module
from constellagent.runtime.limits.pausing import Pauses
from constellagent.runtime.store.paused import PausedRow, PausedRows
from constellagent.runtime.store.sessions import SessionRow
from tests.runtime.limits.conftest import Ground


class Bench:
    """What pauses runs, and whom it tells."""

    def __init__(self, ground: Ground) -> None:
        """Use the ground's sessions."""
        self.ground = ground
        self.used: list[tuple[str, Usage]] = []
        self.told: list[tuple[str, str]] = []
        self.resumed: list[tuple[str, float]] = []
        self.rows = PausedRows(ground.database)
        self.pauses = self.new()

    def new(self) -> Pauses:
        """Return the next daemon's."""
        ground = self.ground
        made = Pauses(self.rows, ground.sessions.registry, ground.effect, ground.clock, self._used)
        made.on_change = lambda row, why: self.told.append((row.id, why))
        made.on_resumed = self._resumed
        return made

    def uses(self, session: str, tokens: int, cost: float | None = None) -> None:
        """Let a run have used so much."""
        progress.write(str(self.ground.sessions.folder(session)), Progress(tokens, 0, cost))

    def _used(self, row: SessionRow, at: float, usage: Usage) -> None:
        assert at == self.ground.clock.now()
        self.used.append((row.id, usage))

    async def _resumed(self, run: str, seconds: float) -> None:
        self.resumed.append((run, seconds))


@pytest.fixture
async def bench(ground: Ground) -> Bench:
    """Give three runs, of two agents, of which one run may use 100 tokens."""
    await ground.declare("{tokens_per_run: 100}", docs="{}", site="{cost_per_run: 2}")
    for session, subject in (("aaaa1", "docs/daily"), ("bbbb2", "docs"), ("cccc3", "site")):
        ground.sessions.begin(session, subject, "run")
    ground.sessions.begin("dddd4", "docs")
    return Bench(ground)


async def test_a_run_is_paused_at_its_limit(bench: Bench) -> None:
    """Once, and only it; what all have used so far is passed on."""
    bench.uses("aaaa1", 100)
    bench.uses("bbbb2", 99)
    bench.uses("cccc3", 5, 2.5)
    await bench.pauses.look()
    await bench.pauses.look()

    assert bench.ground.sessions.signals == [("aaaa1", PAUSE), ("cccc3", PAUSE)]
    assert bench.pauses.why("aaaa1") == "limit: tokens_per_run 100 of 100"
    assert bench.pauses.why("cccc3") == "limit: cost_per_run 2.50 of 2.00"
    assert [bench.pauses.why(session) for session in ("bbbb2", "dddd4")] == ["", ""]
    assert [row.session for row in bench.pauses.paused("c")] == ["aaaa1", "cccc3"]
    assert bench.pauses.paused("d") == []
    assert ("bbbb2", Usage(99, 0)) in bench.used
    assert len(bench.told) == 2


async def test_one_that_cannot_be_looked_at_keeps_no_other(bench: Bench) -> None:
    """What it has used is not known; those behind it are paused all the same."""
    bench.ground.sessions.folder("aaaa1").mkdir(parents=True, exist_ok=True)
    (bench.ground.sessions.folder("aaaa1") / progress.NAME).mkdir()
    bench.uses("cccc3", 5, 2.5)

    await bench.pauses.look()

    assert bench.ground.sessions.signals == [("cccc3", PAUSE)]
    assert bench.pauses.why("aaaa1") == ""


async def test_it_goes_on_when_a_person_says_so(bench: Bench) -> None:
    """With another limit it is paused there again, without one it is not."""
    bench.uses("aaaa1", 100)
    await bench.pauses.look()
    bench.ground.clock.time += 30
    first = await bench.pauses.resume("c", {"file": "f", "subject": "docs", "tokens": 150})
    await bench.pauses.look()
    bench.uses("aaaa1", 160)
    await bench.pauses.look()
    second = bench.pauses.why("aaaa1")
    await bench.pauses.resume("c", {"file": "f", "subject": "aaaa"})
    bench.uses("aaaa1", 10_000)
    await bench.pauses.look()

    assert first == ["aaaa1"]
    assert bench.resumed == [("aaaa1", 30.0), ("aaaa1", 0.0)]
    assert second == "limit: tokens_per_run 160 of 150"
    assert [number for _, number in bench.ground.sessions.signals] == [PAUSE, RESUME, PAUSE, RESUME]
    assert bench.pauses.why("aaaa1") == ""
    assert bench.told[-1] == ("aaaa1", "")


@pytest.mark.parametrize("subject", ["site", "docs/weekly", "aa", "zzzz"])
async def test_only_what_is_paused_goes_on(bench: Bench, subject: str) -> None:
    """By its agent, its schedule, or enough of its id; a limit of nothing is none."""
    bench.uses("aaaa1", 100)
    await bench.pauses.look()
    with pytest.raises(ConflictError, match="is paused"):
        await bench.pauses.resume("c", {"file": "f", "subject": subject})
    with pytest.raises(ConflictError):
        await bench.pauses.resume("d", {"file": "f", "subject": "docs"})
    with pytest.raises(UsageError):
        await bench.pauses.resume("c", {"file": "f", "subject": "docs/daily", "tokens": 0})


async def test_the_next_daemon_knows(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands still is told so again, as it may not have heard it; what has ended is forgotten."""
    monkeypatch.setattr(module, "_LOOK", 0.001)
    bench.ground.sessions.deaf = True
    bench.uses("aaaa1", 100)
    await bench.pauses.look()
    await bench.rows.put(PausedRow("gone", "c", "docs", "why", 1.0))
    bench.ground.sessions.deaf = False
    later = bench.new()
    await later.start()
    bench.uses("cccc3", 0, 3.0)
    async with asyncio.timeout(30):
        while not later.why("cccc3"):
            await asyncio.sleep(0.001)
    await later.close()
    await later.ended(bench.ground.sessions.rows["aaaa1"])
    await later.ended(bench.ground.sessions.rows["bbbb2"])

    assert bench.ground.sessions.signals == [("aaaa1", PAUSE), ("cccc3", PAUSE)]
    assert [row.session for row in await bench.rows.all()] == ["cccc3"]
