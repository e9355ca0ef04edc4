"""What sessions do, told at the right time, once, and remembered across daemons."""

import asyncio
import re
from dataclasses import dataclass, field, replace

import pytest

from constellagent.runtime.clock import SystemClock
from constellagent.runtime.screens.activities import Activities, Part
from constellagent.runtime.store.sessions import SessionRow
from constellagent.term.activity import Activity, Sign, Signs
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
    async with asyncio.timeout(30):
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


class Window:
    """A screen to look at."""

    def __init__(self) -> None:
        self.drawing = False
        self.lines = ["Sure?"]
        self.looks: list[bool] = []

    def look(self, half_done: bool) -> tuple[list[str], int] | None:
        """Return the lines, unless they are being drawn."""
        self.looks.append(half_done)
        return None if self.drawing and not half_done else (self.lines, 0)


ASKS_ON_SCREEN = Signs(screens=(Sign(re.compile("Sure"), "waiting", "question"),))


def source(activities: Activities) -> str:
    """Return from where the state is known."""
    standing = activities.standing("s")
    assert standing is not None
    return standing.activity.source


async def test_a_screen_is_looked_at_soon_after_output() -> None:
    """Once for each time that something was written, and not while it is being drawn, but not for ever."""
    clock, told, window = SetClock(), Told(), Window()
    activities = Activities(clock, told)
    activities.begin(ROW, ASKS_ON_SCREEN, window.look)
    activities._timed()
    activities.output("s", part(b"Sure?"))
    clock.wall += 0.2
    activities._timed()
    assert window.looks == []
    window.drawing = True
    clock.wall += 0.15
    activities._timed()
    assert (window.looks, source(activities)) == ([False], "none")
    clock.wall += 0.3
    activities._timed()
    activities._timed()
    assert (window.looks, source(activities)) == ([False, True], "screen")
    assert told.changes[-1][1] == "waiting"
    activities.resized("s")
    clock.wall += 0.4
    activities._timed()
    activities.close()
    assert len(window.looks) == 3


async def test_the_timer_looks_by_itself() -> None:
    """Nobody has to ask for a look."""
    told, window = Told(), Window()
    activities = Activities(SystemClock(), told)
    activities.begin(replace(ROW, started_at=SystemClock().now()), ASKS_ON_SCREEN, window.look)
    activities.output("s", part(b"Sure?"))
    async with asyncio.timeout(30):
        while not told.changes or told.changes[-1][1] != "waiting":
            await asyncio.sleep(0.01)
    activities.close()
    assert window.looks == [False]


async def test_the_next_daemon_looks_once() -> None:
    """Though nothing is written any more, and a session without a screen shows nothing."""
    clock, window = SetClock(), Window()
    activities = Activities(clock, Told())
    activities.begin(ROW, ASKS_ON_SCREEN, window.look, new=False)
    activities.begin(replace(ROW, id="blind"), ASKS_ON_SCREEN, new=False)
    activities._timed()
    for session in ("s", "blind"):
        activities.present(session)
    clock.wall += 0.4
    activities._timed()
    blind = activities.standing("blind")
    assert (window.looks, source(activities)) == ([False], "screen")
    assert blind is not None
    assert blind.activity.source == "none"
    activities.close()


async def test_a_hook_is_believed_at_once_and_until_the_next() -> None:
    """Its state, reason and message show with the time at which it was told."""
    clock, told = SetClock(), Told()
    activities = await begun(clock, told)
    clock.wall += 10
    activities.hook("s", clock.wall - 1, "waiting", "permission", "may I?")
    activities.hook("nobody", clock.wall, "done")
    asking = activities.standing("s")
    clock.wall += 5
    activities.output("s", part(b"x" * 2000))
    still = activities.standing("s")
    activities.hook("s", clock.wall, "unknown")
    clock.wall += 10
    taken_back = activities.standing("s")
    activities.close()

    assert asking is not None
    assert still is not None
    assert taken_back is not None
    activity = asking.activity
    assert (activity.state, activity.reason, activity.source, activity.message) == (
        "waiting",
        "permission",
        "hook",
        "may I?",
    )
    assert asking.since == pytest.approx(1_000_009.0)
    assert still == asking
    assert taken_back.activity.source == "output"
    assert told.changes[:1] == [("starting", "waiting")]


async def test_what_hooks_told_earlier_gets_its_place_between_the_output() -> None:
    """Before the present, in whatever order it is learned, time decides which sign is newer."""
    clock, told = SetClock(1_000_100.0), Told()
    activities = Activities(clock, told)
    activities.begin(ROW, new=False)
    activities.hook("s", 1_000_010.0, "working")
    activities.hook("s", 1_000_060.0, "waiting", "permission")
    activities.recall("s", {"Title": {"at": 1_000_020.0, "text": "x", "offset": 0}}, "")
    activities.past("s", 1_000_030.0, part(b"x" * 100))
    between = activities._followed["s"].tracker.tick(0.0)
    activities.present("s")
    now = activities.standing("s")
    activities.close()

    assert (between.state, between.source) == ("working", "hook")
    assert now is not None
    assert (now.activity.state, now.activity.reason, now.since) == ("waiting", "permission", 1_000_060.0)
    assert told.changes == []


async def test_another_source_is_told_of_too() -> None:
    """The state is the same, but whoever shows it shows from where it is known."""
    clock, told = SetClock(), Told()
    activities = await begun(clock, told)
    activities.output("s", part(b"x", Title("\u2733 Fixing", 0)))
    activities.hook("s", clock.wall, "waiting", "idle prompt")
    assert told.changes == [("starting", "waiting"), ("waiting", "waiting")]
    activities.close()


async def test_work_that_a_hook_told_of_ages() -> None:
    """After a minute without output or another word nobody knows; the timer tells by itself."""
    clock, told = SetClock(), Told()
    activities = await begun(clock, told)
    activities.hook("s", clock.wall, "working")
    clock.wall += 63
    activities._timed()
    aged = activities.standing("s")
    activities.close()

    assert aged is not None
    assert (aged.activity.state, aged.activity.source) == ("unknown", "hook")
    assert told.changes == [("starting", "working"), ("working", "unknown")]
