"""Writing down what agents use."""

import asyncio
from dataclasses import dataclass, replace

import pytest

from constellagent.agents.kind import Report, Usage
from constellagent.agents.streams.outcome import Outcome
from constellagent.errors import SpecError, WorldError
from constellagent.runtime.headless import progress, result
from constellagent.runtime.headless.progress import Progress
from constellagent.runtime.headless.result import Result
from constellagent.runtime.limits import recording as module
from constellagent.runtime.limits.effect import Rules
from constellagent.runtime.limits.recording import Recorder
from constellagent.runtime.store.sessions import SessionRow, SessionRows
from constellagent.runtime.store.usage import UsageRows, Used
from tests.runtime.limits.conftest import Ground

AT = 1_700_000_000.0
DAY = "2023-11-14"


@dataclass(frozen=True)
class Said:
    """What a hook told."""

    report: Report
    event: str = "opencode"
    at: float = AT
    number: int = 1


def said(tokens: int, conversation: str = "talk") -> Said:
    """Return a report of so many tokens read."""
    return Said(Report(conversation=conversation, usage=Usage(tokens, 0, 0.5)))


class Bench:
    """A recorder, and whom it tells."""

    def __init__(self, ground: Ground) -> None:
        """Use the ground's database."""
        self.rows = UsageRows(ground.database)
        self.told: list[str] = []
        self.recorder = Recorder(
            self.rows, SessionRows(ground.database), ground.effect, ground.sessions.folder, self._used
        )

    async def _used(self, row: SessionRow) -> None:
        self.told.append(row.id)

    async def used(self) -> list[Used]:
        """Return all that is written down."""
        return await self.rows.days("c", "2000-01-01")

    async def until_told(self, count: int) -> None:
        """Wait until somebody was told so often."""
        async with asyncio.timeout(30):
            while len(self.told) < count:
                await asyncio.sleep(0.001)


async def test_what_hooks_tell_is_charged(ground: Ground) -> None:
    """By conversation, which may go on in another session; what says nothing of it changes nothing."""
    bench = Bench(ground)
    one, two = ground.sessions.begin("s1", "docs"), ground.sessions.begin("s2", "docs")
    bench.recorder.start()
    bench.recorder.hear(one, Said(Report(state="working")))
    bench.recorder.hear(one, said(10))
    await bench.until_told(1)
    bench.recorder.hear(two, said(25))
    bench.recorder.hear(two, said(7, conversation=""))
    await bench.until_told(3)
    await bench.recorder.close()

    assert await bench.used() == [Used("docs", DAY, 0, 32, 0, 1.0)]
    assert set(bench.told) == {"s1", "s2"}


async def test_a_run_is_charged_once(ground: Ground) -> None:
    """By what it says while it goes on, and by what it says at its end, which is all of it."""
    bench = Bench(ground)
    run = ground.sessions.begin("r1", "docs/daily", "run")
    bench.recorder.hear(run, said(10))
    bench.recorder.used(run, AT, Usage(20, 1))
    outcome = Outcome(ok=True, input=30, output=2, cost=0.75)
    result.write(str(ground.sessions.folder("r1")), Result(True, "", False, 0, outcome))
    await bench.recorder.ended(replace(run, ended_at=AT))
    await bench.recorder.ended(ground.sessions.begin("s1", "docs"))
    await bench.recorder.close()

    assert await bench.used() == [Used("docs", DAY, 0, 30, 2, 0.75)]


async def test_a_run_that_was_killed_is_charged_what_it_said_last(ground: Ground) -> None:
    """Nobody lived to say how much it was in all."""
    bench = Bench(ground)
    progress.write(str(ground.sessions.folder("r1")), Progress(5, 6, None))
    await bench.recorder.ended(replace(ground.sessions.begin("r1", "docs", "run"), ended_at=AT))
    (ground.sessions.folder("r2") / progress.NAME).write_text("nonsense")
    await bench.recorder.ended(ground.sessions.begin("r2", "docs", "run"))

    assert [(one.input, one.output, one.cost) for one in await bench.used()] == [(5, 6, None)]


async def test_what_an_earlier_daemon_missed_is_charged(ground: Ground) -> None:
    """Of runs that ended lately; others were charged, or are too old to matter."""
    bench = Bench(ground)
    sessions = SessionRows(ground.database)
    for name, ended in (("r1", AT - 60), ("r2", AT - 200_000)):
        await sessions.add(SessionRow(name, "c", "run", "docs", "f", 1.0, 1.0, "boot"))
        await sessions.end(name, ended, 0, "itself", "exit status 0")
        progress.write(str(ground.sessions.folder(name)), Progress(5, 6, None))
    await bench.recorder.catch_up(AT)
    await bench.recorder.catch_up(AT)

    assert [(one.day, one.input) for one in await bench.used()] == [(DAY, 5)]


async def test_what_cannot_be_written_is_kept(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is written as soon as that can be done, the newest word only."""
    monkeypatch.setattr(module, "_AGAIN", 0.001)
    bench = Bench(ground)
    row = ground.sessions.begin("s1", "docs")
    add, failures = UsageRows.add, 2

    async def full(*args: object) -> bool:
        nonlocal failures
        failures -= 1
        if failures >= 0:
            raise WorldError("the disk is full")
        return await add(*args)  # type: ignore[arg-type] # what the recorder gave

    monkeypatch.setattr(UsageRows, "add", full)
    bench.recorder.start()
    bench.recorder.hear(row, said(10))
    await asyncio.sleep(0)
    bench.recorder.hear(row, said(12))
    bench.recorder.hear(row, said(11))
    await bench.until_told(1)
    await bench.recorder.close()

    assert [one.input for one in await bench.used()] == [12]


async def test_what_is_not_written_down_is_known(ground: Ground) -> None:
    """By the session and the first report that said it, until it is written; then somebody is told."""
    bench = Bench(ground)
    one, two = ground.sessions.begin("s1", "docs"), ground.sessions.begin("s2", "docs")
    kept: list[str] = []
    bench.recorder.on_kept = kept.append
    bench.recorder.hear(one, replace(said(10), number=3))
    bench.recorder.hear(one, replace(said(20), number=4))
    bench.recorder.hear(two, replace(said(30), number=2))
    bench.recorder.hear(two, replace(said(5, "other"), number=5))
    bench.recorder.used(one, AT, Usage(1, 1))

    assert [bench.recorder.unkept(name) for name in ("s1", "s2", "s3")] == [3, 2, None]
    await bench.recorder.close()
    assert [bench.recorder.unkept(name) for name in ("s1", "s2")] == [None, None]
    assert sorted(set(kept)) == ["s1", "s2"]


async def test_one_that_cannot_be_written_keeps_no_other(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A constellation of which nobody can read the limits leaves those of the others in force."""
    monkeypatch.setattr(module, "_AGAIN", 0.001)
    bench = Bench(ground)
    odd = replace(ground.sessions.begin("s1", "docs"), constellation="odd")
    even = ground.sessions.begin("s2", "docs")
    known = ground.effect.of
    reads = 0

    async def of(constellation: str) -> Rules:
        nonlocal reads
        if constellation == "odd" and (reads := reads + 1) < 3:
            raise SpecError("f.yaml", [])
        return await known("c")

    monkeypatch.setattr(ground.effect, "of", of)
    bench.recorder.start()
    bench.recorder.hear(odd, said(10, "a"))
    bench.recorder.hear(even, said(20, "b"))
    await bench.until_told(2)
    await bench.recorder.close()

    assert bench.told == ["s2", "s1"]


async def test_a_full_disk_is_tried_once_at_a_time(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails for all is not tried for each."""
    bench = Bench(ground)
    tries: list[object] = []

    async def full(*args: object) -> bool:
        tries.append(args)
        raise WorldError("the disk is full")

    monkeypatch.setattr(UsageRows, "add", full)
    for name in "abc":
        bench.recorder.hear(ground.sessions.begin("s1", "docs"), said(10, name))
    await bench.recorder.close()

    assert len(tries) == 1
