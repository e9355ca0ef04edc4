"""What sessions do, told at the right time, once, and remembered across daemons."""

import asyncio
from dataclasses import dataclass, field, replace

import pytest

from constellagent.runtime.screens.activities import Activities, Part
from constellagent.runtime.store.sessions import SessionRow
from constellagent.term.activity import Activity
from constellagent.term.scanner.events import Bell, Notification, Progress, Signal, Title

ROW = SessionRow("s", "c", "agent", "docs", "print", 1_000_000.0, 10.0, "boot")


@dataclass
class SetClock:
    """Two clocks that a test sets, the monotonic one from elsewhere."""

    wall: float = 1_000_000.0

    def now(self) -> float:
        """Return the wall time."""
        return self.wall

    def monotonic(self) -> float:
        """Return seconds that have nothing to do with it."""
        return self.wall - 990_000.0


@dataclass
class Told:
    """What was told."""

    changes: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, row: SessionRow, now: Activity, before: Activity) -> None:
        """Take note."""
        self.changes.append((before.state, now.state))


def part(text: bytes, *signals: Signal, after: int = 0) -> Part:
    """Return output with signals at its end."""
    return Part(0, len(text), [replace(signal, offset=len(text)) for signal in signals], after)


ASKS = Notification("", "may I? approve", "normal", 9, 0)


async def begun(clock: SetClock, told: Told) -> Activities:
    """Return activities of one session that has just started."""
    activities = Activities(clock, told)
    activities.begin(ROW)
    return activities


async def test_output_is_work_until_it_ends() -> None:
    """The timer tells of quiet without any output; the age counts in epoch seconds."""
    clock, told = SetClock(), Told()
    activities = await begun(clock, told)
    first = activities.standing("s")
    clock.wall += 1
    activities.output("s", part(b"x" * 2000))
    clock.wall += 100
    activities._timed()
    last = activities.standing("s")
    activities.close()

    assert first is not None
    assert last is not None
    assert (first.activity.state, first.since) == ("starting", 1_000_000.0)
    assert told.changes == [("starting", "working"), ("working", "unknown")]
    assert (last.activity.state, last.activity.reason) == ("unknown", "quiet")
    assert 1_000_001.0 < last.since < 1_000_101.0
    assert not told.changes[2:]


async def test_the_timer_runs_by_itself() -> None:
    """A change that time alone brings is told without anybody asking."""
    told = Told()

    class Loop(SetClock):
        def now(self) -> float:
            return 1_000_000.0 + self.monotonic()

        def monotonic(self) -> float:
            return asyncio.get_running_loop().time() * 20

    activities = Activities(Loop(), told)
    activities.begin(replace(ROW, started_at=Loop().now()))
    activities.output("s", part(b"x" * 2000))
    async with asyncio.timeout(10):
        while len(told.changes) < 2:
            await asyncio.sleep(0.01)
    activities.close()

    assert told.changes == [("starting", "working"), ("working", "unknown")]


async def test_title_and_progress_are_known() -> None:
    """The latest of each counts, and progress that ends is none."""
    activities = await begun(SetClock(), Told())
    activities.output("s", part(b"xy", Title("first", 0), Title("second", 0), Progress("set", 40, 0)))
    one = activities.standing("s")
    activities.output("s", Part(2, 3, [Progress("remove", None, 4)]))
    two = activities.standing("s")
    activities.close()

    assert one is not None
    assert two is not None
    assert (one.title, one.progress, two.progress) == ("second", 40, None)


async def test_a_question_waits_until_somebody_types() -> None:
    """Input that was sent counts as the answer."""
    clock, told = SetClock(), Told()
    activities = await begun(clock, told)
    activities.output("s", part(b"hm", ASKS))
    clock.wall += 2
    waiting = activities.standing("s")
    activities.typed("s")
    activities.resized("s")
    clock.wall += 2
    after = activities.standing("s")
    activities.close()

    assert waiting is not None
    assert after is not None
    assert (waiting.activity.state, waiting.activity.reason) == ("waiting", "permission")
    assert after.activity.state != "waiting"


async def test_the_next_daemon_knows_that_it_waits() -> None:
    """What is remembered gives the same state and title, and is not told of again."""
    clock, told = SetClock(), Told()
    activities = await begun(clock, told)
    activities.output("s", part(b"hm", Title("mine", 0), ASKS))
    clock.wall += 2
    before = activities.standing("s")
    memory = activities.memory("s")
    activities.close()
    told.changes.clear()
    activities = await begun(clock, told)
    activities.recall("s", memory, "other")
    activities.present("s")
    after = activities.standing("s")
    activities.close()

    assert before is not None
    assert after is not None
    assert after.activity.state == before.activity.state == "waiting"
    assert (after.title, after.activity.reason) == ("mine", "permission")
    assert told.changes == []


async def test_how_long_it_waits_survives_the_daemon() -> None:
    """The timer lets no time pass before what is remembered is known, so the age is what it was."""
    clock, told = SetClock(), Told()
    activities = await begun(clock, told)
    activities.output("s", part(b"hm", Bell(1, 0)))
    clock.wall += 2
    before = activities.standing("s")
    memory = activities.memory("s")
    activities.close()
    clock.wall += 3600
    activities, told = Activities(clock, told), Told()
    activities.begin(ROW, new=False)
    activities._timed()
    activities.recall("s", memory, "")
    activities.present("s")
    after = activities.standing("s")
    activities.close()

    assert before is not None
    assert after is not None
    assert after.activity.state == before.activity.state == "waiting"
    assert after.since == pytest.approx(before.since, abs=0.1)
    assert told.changes == []


async def test_a_question_that_was_answered_is_forgotten() -> None:
    """A bell or a notification that the state does not come from any more is not remembered."""
    clock = SetClock()
    activities = await begun(clock, Told())
    activities.output("s", part(b"hm", ASKS, Bell(1, 0)))
    clock.wall += 2
    activities.typed("s")
    clock.wall += 2
    activities.standing("s")
    memory = activities.memory("s")
    activities.close()

    assert memory == {}


@pytest.mark.parametrize(("after", "state"), [(0, "waiting"), (5000, "unknown")])
async def test_a_question_in_old_output_counts_if_little_came_after(after: int, state: str) -> None:
    """Output of which nobody knows when it came is taken as written evenly before its end."""
    clock, told = SetClock(), Told()
    activities = await begun(clock, told)
    clock.wall += 3600
    activities.recall("s", {}, "title")
    activities.past("s", clock.wall - 60, part(b"hm", ASKS, after=after))
    if after:
        activities.past("s", clock.wall - 60, Part(2, after))
    activities.present("s")
    standing = activities.standing("s")
    activities.close()

    assert standing is not None
    assert (standing.activity.state, standing.title) == (state, "title")
    assert told.changes == []


async def test_a_memory_that_makes_no_sense_is_left_out() -> None:
    """What another release remembered does no harm."""
    activities = await begun(SetClock(), Told())
    activities.recall("s", {"Title": {"at": 1}, "Bell": 3, "New": {"at": 1.0}, "Mark": {"at": "x"}}, "")
    activities.present("s")
    standing = activities.standing("s")
    activities.close()

    assert standing is not None
    assert (standing.activity.state, standing.title) == ("starting", "")


async def test_who_is_not_followed_is_unknown() -> None:
    """Whatever is said of such a session has no effect."""
    activities = await begun(SetClock(), Told())
    activities.end("s")
    activities.output("s", part(b"x"))
    activities.past("s", 1.0, part(b"x"))
    activities.typed("s")
    activities.resized("s")
    activities.recall("s", {}, "")
    activities.present("s")

    assert activities.standing("s") is None
    assert activities.memory("s") == {}
    activities.close()
