"""Reports taken once and in order, however they come, and dealt with by one daemon after the other."""

import asyncio
import json
import shutil
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from constellagent.runtime.holder import protocol
from constellagent.runtime.holder.log import LogWriter
from constellagent.runtime.holder.reports import FOLDER
from constellagent.runtime.holder.stream import Reported
from constellagent.runtime.reports import Heard, Reports, kept, reports
from constellagent.runtime.reports.kept import Progress, Told
from constellagent.runtime.settings import Settings
from constellagent.runtime.store.conversations import ConversationRows
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.sessions import SessionRow
from tests.runtime.sessions_rig import until

ROW = SessionRow("s" * 32, "c", "agent", "docs", "print", 90.0, 10.0, "boot")


@dataclass
class Desk:
    """Where reports are taken, and what came of them.

    Attributes:
        states: what the tracker was told: time, state, reason.
        heard: the numbers that listeners were told.
    """

    reports: Reports
    folder: Path
    states: list[tuple[float, str, str]] = field(default_factory=list)
    heard: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Listen."""

        def on_state(_session: str, at: float, state: str, reason: str, _message: str) -> None:
            self.states.append((at, state, reason))

        def on_heard(_row: SessionRow, heard: Heard) -> None:
            self.heard.append(heard.number)

        self.reports.on_state = on_state
        self.reports.listeners.append(on_heard)

    def progress(self) -> Progress:
        """Return what is written down."""
        return kept.read_progress(self.folder)


@asynccontextmanager
async def opened(home: Settings, database: Database, *, killed: bool = False) -> AsyncIterator[Desk]:
    """Take reports as a daemon does; one that is killed writes nothing down at its end."""
    folder = home.paths.sessions / ROW.id
    folder.mkdir(parents=True, exist_ok=True)
    desk = Desk(Reports(home.paths, ConversationRows(database)), folder)
    desk.reports.start()
    yield desk
    if killed:
        desk.reports._due.clear()
    await desk.reports.close()


class Slow:
    """Who writes down later what follows from a report: when a test lets it."""

    def __init__(self, desk: Desk) -> None:
        """Attend."""
        self.on_kept: Callable[[str], None] = lambda _: None
        self.heard: list[int] = []
        self.noted: list[int] = []
        desk.reports.attend(self)

    def hear(self, row: SessionRow, heard: Heard) -> None:
        """Take note."""
        self.heard.append(heard.number)
        self.noted.append(heard.number)

    def unkept(self, session: str) -> int | None:
        """Return the first that is not written down."""
        return min(self.noted, default=None) if session == ROW.id else None

    def keep(self, number: int) -> None:
        """Write one down."""
        self.noted.remove(number)
        self.on_kept(ROW.id)


def report(number: int, event: str = "working", **said: str) -> Reported:
    """Return a report."""
    return Reported(number, 100.0 + number, 0, event, json.dumps(said).encode())


def keep(folder: Path, *given: Reported) -> None:
    """Write reports where the holder keeps them."""
    (folder / FOLDER).mkdir(exist_ok=True)
    log = LogWriter(str(folder / FOLDER), 1 << 20)
    for each in given:
        log.append(protocol.reported(each.number, each.at, each.offset, each.event.encode(), each.data))
    log.close()


async def test_what_is_being_written_at_the_end_does_not_come_last(
    home: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow disk that still writes an older report when the daemon ends does not hide the newest."""
    begun, on, done = threading.Event(), threading.Event(), threading.Event()
    write = kept.write_progress

    def slow(folder: Path, progress: Progress) -> None:
        if progress.number == 1:
            begun.set()
            assert on.wait(30)
        write(folder, progress)
        if progress.number == 1:
            done.set()

    monkeypatch.setattr(kept, "write_progress", slow)
    async with opened(home, database) as desk:
        desk.reports.take(ROW, report(1))
        assert await asyncio.to_thread(begun.wait, 30)
        desk.reports.take(ROW, report(2))
        asyncio.get_running_loop().call_later(0.2, on.set)
    assert await asyncio.to_thread(done.wait, 30)
    assert desk.progress().number == 2


async def test_each_counts_once_however_it_comes(home: Settings, database: Database) -> None:
    """From the disk, from the holder, and both at the same time: by its number, and in order."""
    async with opened(home, database) as desk:
        keep(desk.folder, *(report(number) for number in (1, 2, 3)))
        await desk.reports.catch_up(ROW)
        desk.reports.take(ROW, report(2))
        desk.reports.take(ROW, report(3))
        desk.reports.take(ROW, report(4))
        keep(desk.folder, report(4), report(5))
        await desk.reports.catch_up(ROW)
        await desk.reports.catch_up(ROW)
        desk.reports.take(ROW, report(5))
    assert desk.heard == [1, 2, 3, 4, 5]
    assert [at for at, _, _ in desk.states] == [101.0, 102.0, 103.0, 104.0, 105.0]
    assert desk.progress() == Progress(5, Told(105.0, 101.0, "working"))


async def test_the_next_daemon_goes_on_where_the_last_one_was(home: Settings, database: Database) -> None:
    """It is told the last state as of its time, then what came meanwhile; listeners hear only that."""
    async with opened(home, database) as desk:
        keep(desk.folder, report(1, "waiting", reason="permission"), report(2, "waiting", reason="question"))
        await desk.reports.catch_up(ROW)
    keep(desk.folder, report(3))
    async with opened(home, database) as following:
        await following.reports.catch_up(ROW)
    assert following.states == [
        (101.0, "waiting", "question"),
        (102.0, "waiting", "question"),
        (103.0, "working", ""),
    ]
    assert following.heard == [3]


async def test_a_daemon_that_is_killed_leaves_its_last_ones_to_the_next(
    home: Settings, database: Database
) -> None:
    """What was not written down yet is read again: told twice rather than never."""
    async with opened(home, database) as first:
        keep(first.folder, report(1))
        await first.reports.catch_up(ROW)
        await until(lambda: first.progress().number == 1, "the first report written down")
    async with opened(home, database, killed=True) as second:
        keep(second.folder, report(2), report(3))
        await second.reports.catch_up(ROW)
    async with opened(home, database) as third:
        await third.reports.catch_up(ROW)
    assert second.heard == third.heard == [2, 3]


@pytest.mark.parametrize("killed", [True, False])
async def test_what_a_listener_did_not_write_down_is_told_again(
    home: Settings, database: Database, killed: bool
) -> None:
    """By the next daemon, whether this one was killed or ended; states that were told are not told twice."""
    async with opened(home, database, killed=killed) as desk:
        slow = Slow(desk)
        keep(desk.folder, report(1), report(2), report(3), report(4, "waiting"))
        await desk.reports.catch_up(ROW)
        slow.keep(1)
        slow.keep(3)
        await until(lambda: desk.progress().lag == 3, "what lags written down")
        assert desk.progress() == Progress(4, Told(104.0, 104.0, "waiting", "question"), 3)
    keep(desk.folder, report(5))
    async with opened(home, database) as following:
        again = Slow(following)
        await following.reports.catch_up(ROW)
        await following.reports.catch_up(ROW)
        for number in (2, 3, 4, 5):
            again.keep(number)
        await until(lambda: following.progress().lag == 0, "all written down")

    assert again.heard == following.heard == [2, 3, 4, 5]
    assert following.states == [(104.0, "waiting", "question"), (105.0, "working", "")]
    assert following.progress() == Progress(5, Told(105.0, 105.0, "working"))


async def test_what_was_overruled_is_not_told_again_with_what_lags(
    home: Settings, database: Database
) -> None:
    """Who was slow hears of the report; the state in it is history all the same."""
    async with opened(home, database) as desk:
        Slow(desk)
        keep(desk.folder, report(1, "waiting"))
        await desk.reports.catch_up(ROW)
        desk.reports.overruled(ROW.id)
    async with opened(home, database) as following:
        await following.reports.catch_up(ROW)

    assert following.heard == [1]
    assert following.states == []


async def test_a_state_that_does_not_count_any_more_is_not_recalled(
    home: Settings, database: Database
) -> None:
    """One that was overruled, or taken back by `unknown`, is history; the place in the reports stays."""
    for taken_back in (True, False):
        async with opened(home, database) as desk:
            number = desk.progress().number + 1
            desk.reports.overruled(ROW.id)
            await desk.reports.catch_up(ROW)
            desk.reports.take(ROW, report(number, "waiting"))
            if taken_back:
                desk.reports.take(ROW, report(number + 1, "unknown"))
            else:
                desk.reports.overruled(ROW.id)
        assert desk.progress().told is None
        async with opened(home, database) as following:
            await following.reports.catch_up(ROW)
        assert following.states == []
        assert following.heard == []


async def test_the_last_reports_of_an_ended_session_count(home: Settings, database: Database) -> None:
    """Also of one that ended, and reported, while there was no daemon; then it is let go of."""
    async with opened(home, database) as desk:
        keep(desk.folder, report(1), report(2, "done"))
        await desk.reports.ended(ROW)
        assert desk.heard == [1, 2]
        assert desk.progress().number == 2
        assert desk.reports._sessions == {}


async def test_a_session_whose_folder_is_gone_is_no_trouble(home: Settings, database: Database) -> None:
    """What is removed needs no progress."""
    async with opened(home, database) as desk:
        shutil.rmtree(desk.folder)
        desk.reports.take(ROW, report(1))
        await desk.reports.ended(ROW)
    assert desk.heard == [1]
    assert not desk.folder.exists()


async def test_what_cannot_be_written_down_is_tried_again(
    home: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reports count all the same, and are written down once that is possible."""
    monkeypatch.setattr(reports, "_AGAIN", 0.01)
    async with opened(home, database) as desk:
        (desk.folder / "heard.new").mkdir()
        await desk.reports.catch_up(ROW)
        desk.reports.take(ROW, report(1))
        await asyncio.sleep(0.05)
        assert desk.progress() == Progress()
        (desk.folder / "heard.new").rmdir()
        await until(lambda: desk.progress().number == 1, "the report written down")
    assert desk.heard == [1]


async def test_reports_that_cannot_be_read_are_not_taken_for_none(home: Settings, database: Database) -> None:
    """A look that fails writes nothing; the next one takes them."""
    async with opened(home, database) as desk:
        keep(desk.folder, report(1))
        (desk.folder / "heard").symlink_to("/nowhere")
        await desk.reports.catch_up(ROW)
        assert desk.heard == []
        (desk.folder / "heard").unlink()
        await desk.reports.catch_up(ROW)
    assert desk.heard == [1]


async def test_what_means_nothing_is_passed_over(home: Settings, database: Database) -> None:
    """It is not looked at again, and nobody is told."""
    async with opened(home, database) as desk:
        await desk.reports.catch_up(ROW)
        desk.reports.take(ROW, report(1, "sleeping"))
    assert (desk.heard, desk.states, desk.progress().number) == ([], [], 1)


async def test_long_messages_are_cut(home: Settings, database: Database) -> None:
    """What is told and kept of a message is for a person to read at a glance."""
    async with opened(home, database) as desk:
        await desk.reports.catch_up(ROW)
        desk.reports.take(ROW, report(1, "waiting", message="m" * 100_000))
    told = desk.progress().told
    assert told is not None
    assert len(told.message) == 2000
