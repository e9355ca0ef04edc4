"""What live conversations use, told once their turns have ended."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from constellagent.agents.kind import Report, State, Usage
from constellagent.runtime.paths import Paths
from constellagent.runtime.reports import Heard, Metering, metering
from constellagent.runtime.reports.transcript import Transcript
from constellagent.runtime.store.sessions import SessionRow
from tests.agents.meters.test_claude import answer
from tests.runtime.sessions_rig import until

ROW = SessionRow("s" * 32, "c", "agent", "docs", "print", 90.0, 10.0, "boot")


@dataclass
class Desk:
    """Where hooks are told, and what was told of usage.

    Attributes:
        folder: the person's home.
        told: the conversation, the time and what it has used.
    """

    metering: Metering
    folder: Path
    told: list[tuple[str, float, Usage]]
    _number: int = field(default=0)

    def write(self, name: str, *lines: str) -> None:
        """Add lines to a transcript."""
        with (self.folder / name).open("a") as file:
            file.write("".join(f"{line}\n" for line in lines))

    def hear(self, name: str, state: State | None, event: str = "claude", conversation: str = "") -> None:
        """Let a hook tell the state, and a transcript in the home where it is given."""
        self._number += 1
        path = str(self.folder / name) if name else ""
        report = Report(state, conversation=conversation or name, transcript=path)
        self.metering.hear(ROW, Heard(self._number, 100.0 + self._number, 0, event, report))


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Desk]:
    """Read what is told of, in a home of its own."""
    home = folder / "home"
    home.mkdir()
    told: list[tuple[str, float, Usage]] = []

    def tell(_row: SessionRow, heard: Heard) -> None:
        assert heard.report.usage is not None
        told.append((heard.report.conversation, heard.at, heard.report.usage))

    desk = Desk(Metering(tell, Paths(folder / "state"), home), home, told)
    yield desk
    await desk.metering.close()


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look again soon."""
    monkeypatch.setattr(metering, "PAUSE", 0.02)


def quiet(desk: Desk) -> Callable[[], bool]:
    """Return what says that no look is due."""

    def holds() -> bool:
        session = desk.metering._sessions[ROW.id]
        return session.looking is None or session.looking.done()

    return holds


async def test_a_turn_that_ends_is_counted(tmp_path: Path) -> None:
    """As a hook would have told it, by its conversation and at the hook's time; and not before it ends."""
    async with opened(tmp_path) as desk:
        desk.write("a", answer("1", 5, 6))
        desk.hear("a", "working")
        assert quiet(desk)()
        desk.hear("a", "done")
        await until(lambda: bool(desk.told), "what was used")
        await until(quiet(desk), "the last look")
        desk.write("a", answer("2", 1, 1))
        desk.hear("a", "waiting")
        await until(lambda: len(desk.told) > 1, "what was used")

    assert desk.told == [("a", 102.0, Usage(5, 6)), ("a", 103.0, Usage(6, 7))]


async def test_a_turn_that_is_interrupted_is_counted(tmp_path: Path) -> None:
    """No hook says so, but the state that its title shows."""
    async with opened(tmp_path) as desk:
        desk.write("a", answer("1", 5, 6))
        desk.hear("a", "working")
        desk.metering.state_changed(ROW, "working")
        assert quiet(desk)()
        desk.metering.state_changed(ROW, "waiting")
        await until(lambda: bool(desk.told), "what was used")

    assert desk.told == [("a", 101.0, Usage(5, 6))]


async def test_what_is_written_after_the_hook_is_counted_too(tmp_path: Path) -> None:
    """A program may not be done with its transcript yet; it may even have to begin it."""
    async with opened(tmp_path) as desk:
        desk.hear("a", "done")
        await asyncio.sleep(0)
        desk.write("a", answer("1", 5, 6))
        await until(lambda: bool(desk.told), "what was used")
        await until(quiet(desk), "the last look")

    assert desk.told == [("a", 101.0, Usage(5, 6))]


async def test_it_looks_only_so_often(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much the hooks tell; what they tell meanwhile is looked at then."""
    monkeypatch.setattr(metering, "PAUSE", 60)
    looks = 0

    def look(transcript: Transcript) -> bool:
        nonlocal looks
        looks += 1
        return True

    monkeypatch.setattr(Transcript, "look", look)
    async with opened(tmp_path) as desk:
        for _ in range(50):
            desk.hear("a", "done")
            await asyncio.sleep(0)
        await until(lambda: looks > 0, "a look")

    assert looks == 1


async def test_the_end_of_a_session_is_the_last_look(tmp_path: Path) -> None:
    """At all its conversations, without a pause; what comes later counts for nobody."""
    async with opened(tmp_path) as desk:
        desk.hear("a", None)
        desk.hear("b", "working")
        desk.write("a", answer("1", 5, 6))
        desk.write("b", answer("1", 7, 8))
        await desk.metering.ended(ROW)
        told = list(desk.told)
        desk.metering.state_changed(ROW, "done")
        await desk.metering.ended(ROW)
        assert desk.metering._sessions == {}

    assert sorted(told) == [("a", 101.0, Usage(5, 6)), ("b", 102.0, Usage(7, 8))]
    assert desk.told == told


async def test_who_says_no_transcript_is_not_followed(tmp_path: Path) -> None:
    """Nor a kind whose transcripts say nothing, nor a program that only tells its state."""
    async with opened(tmp_path) as desk:
        desk.hear("", "done", conversation="a")
        desk.hear("a", "done", event="aider")
        desk.hear("a", "done", event="working")
        desk.metering.state_changed(ROW, "done")
        await desk.metering.ended(ROW)

    assert (desk.told, desk.metering._sessions) == ([], {})


async def test_a_transcript_that_cannot_be_read_costs_no_other(tmp_path: Path) -> None:
    """The next one is read all the same, and the one that is there later then."""
    async with opened(tmp_path) as desk:
        desk.hear("../away", "working")
        desk.hear("b", "working")
        desk.write("b", answer("1", 7, 8))
        desk.hear("a", "done")
        await until(lambda: bool(desk.told), "what was used")
        await until(quiet(desk), "the last look")
        desk.write("a", answer("1", 5, 6))
        desk.hear("", "done")
        await until(lambda: len(desk.told) > 1, "what was used")

    assert desk.told == [("b", 102.0, Usage(7, 8)), ("a", 103.0, Usage(5, 6))]


async def test_only_so_many_conversations_are_known(tmp_path: Path) -> None:
    """The one that was named longest ago is forgotten."""
    async with opened(tmp_path) as desk:
        for number in range(metering._MOST + 1):
            desk.hear(f"t{number}", "working")
        desk.hear("t1", "working")
        desk.hear("new", "working")
        known = [Path(path).name for path in desk.metering._sessions[ROW.id].conversations]

    assert known == [*(f"t{number}" for number in range(3, metering._MOST + 1)), "t1", "new"]


async def test_a_profile_of_the_agents_own_may_hold_transcripts(tmp_path: Path) -> None:
    """That of its agent does, whichever folder the person's home is."""
    async with opened(tmp_path) as desk:
        own = desk.metering._paths.profiles / ROW.constellation / "docs" / "claude"
        own.mkdir(parents=True)
        (own / "a").write_text(answer("1", 5, 6) + "\n")
        report = Report("done", conversation="a", transcript=str(own / "a"))
        desk.metering.hear(ROW, Heard(1, 101.0, 0, "claude", report))
        await until(lambda: bool(desk.told), "what was used")

    assert desk.told == [("a", 101.0, Usage(5, 6))]


async def test_a_path_that_leads_in_a_circle_is_passed_over(tmp_path: Path) -> None:
    """Some program names it: neither taking note of it nor the end of the session fails for that."""
    async with opened(tmp_path) as desk:
        loop = Paths(tmp_path / "state").profiles / ROW.constellation
        loop.mkdir(parents=True)
        (loop / ROW.subject).symlink_to(ROW.subject)
        (desk.folder / "loop").symlink_to("loop")
        desk.hear("loop/a", "done")
        desk.write("b", answer("1", 5, 6))
        desk.hear("b", "done")
        await desk.metering.ended(ROW)

    assert [usage for _, _, usage in desk.told] == [Usage(5, 6)]
