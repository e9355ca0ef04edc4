"""The screen of one session: whole updates only, the size that is wanted, and gaps."""

import asyncio
import time
from pathlib import Path

import pytest

from constellagent.errors import UnavailableError
from constellagent.runtime.clock import SystemClock
from constellagent.runtime.holder.client import HolderClient
from constellagent.runtime.screens import terminal as module
from constellagent.runtime.screens.activities import Activities
from constellagent.runtime.screens.aside import Aside
from constellagent.runtime.screens.canvas import Canvas
from constellagent.runtime.screens.terminal import Terminal
from constellagent.runtime.store.sessions import SessionRow
from tests.runtime.screens.conftest import Gallery, text_of

ROW = SessionRow("s", "c", "agent", "docs", "print", 1.0, 10.0, "boot")
REQUEST = {"file": "f", "subject": "docs", "form": "text"}


class Easel:
    """One terminal without a session."""

    def __init__(self, folder: Path) -> None:
        clock = SystemClock()
        self.aside = Aside()
        self.changes: list[str] = []
        self.activities = Activities(clock, lambda _row, now, _before: self.changes.append(now.state))
        self.activities.begin(ROW)
        self.terminal = Terminal(
            ROW,
            folder,
            Canvas(1000, graphemes=True, background="dark"),
            self.aside,
            self.activities,
            clock,
        )

    async def close(self) -> None:
        """Free everything."""
        await self.terminal.close()
        self.activities.close()
        self.aside.close()

    async def text(self) -> str:
        """Return what is shown."""
        view = await self.terminal.view({"file": "f", "subject": "docs", "form": "text"})
        return text_of(view).rstrip("\n")


@pytest.fixture
async def easel(tmp_path: Path) -> Easel:
    """Give a terminal that has met its holder: nothing was written yet."""
    easel = Easel(tmp_path)
    await easel.terminal.meet(0, 5, 40, answers_from=0)
    return easel


async def test_a_view_waits_for_the_end_of_an_update(easel: Easel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody sees the half of a synchronized update that ends soon."""
    monkeypatch.setattr(module, "_SYNC_PATIENCE", 30.0)
    await easel.terminal.take(0, b"old\x1b[?2026h\x1b[H\x1b[2K")
    view = asyncio.ensure_future(easel.text())
    await asyncio.sleep(0.01)
    await easel.terminal.take(18, b"new\x1b[?2026l")

    assert await view == "new"
    await easel.close()


async def test_a_view_does_not_wait_for_ever(easel: Easel) -> None:
    """An update that does not end is shown as it is."""
    await easel.terminal.take(0, b"half\x1b[?2026h")
    begin = time.monotonic()

    assert await easel.text() == "half"
    assert 0.1 < time.monotonic() - begin < 20
    await easel.close()


async def test_a_view_waits_for_its_size(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked right after a resize, the screen has the new size; asked for one that does not come, the old."""
    row = await gallery.start("/bin/cat")
    client = await HolderClient.connect(gallery.settings.paths.session_socket(row.id))
    usual = module._SIZE_PATIENCE
    monkeypatch.setattr(module, "_SIZE_PATIENCE", 30.0)
    asked = asyncio.ensure_future(gallery.view(row, rows=31, columns=99))
    await client.resize(31, 99)
    view = await asked
    monkeypatch.setattr(module, "_SIZE_PATIENCE", usual)
    other = await gallery.view(row, rows=7, columns=7)
    await client.close()

    assert (view["rows"], view["columns"]) == (31, 99)
    assert (other["rows"], other["columns"]) == (31, 99)


async def test_output_after_a_gap_begins_with_a_whole_line(easel: Easel) -> None:
    """What a gap has cut short is left out, and what follows it is shown."""
    await easel.terminal.take(0, b"one\r\n\x1b[3")
    await easel.terminal.take(100, b"1mrest of a line\r\ntwo\r\n")
    await easel.terminal.skip(200)
    await easel.terminal.skip(150)
    await easel.terminal.take(200, b"three")

    assert await easel.text() == "one\ntwo\nthree"
    assert easel.terminal.offset == 205
    await easel.close()


async def test_output_that_was_shown_is_not_shown_again(easel: Easel) -> None:
    """Parts that overlap with what came before add only what is new."""
    await easel.terminal.take(0, b"hello")
    await easel.terminal.take(0, b"hello")
    await easel.terminal.take(3, b"lo world")

    assert await easel.text() == "hello world"
    await easel.close()


@pytest.mark.parametrize("size", [10, 10_000])
async def test_only_new_questions_are_answered(easel: Easel, size: int) -> None:
    """In one piece of output, the questions before the line that was drawn are left to others."""
    question = b"\x1b[6n"
    await easel.terminal.meet(0, 5, 40, answers_from=size + len(question))

    answers = await easel.terminal.take(0, b"x" * size + question + b"\x1b[2;3H" + question)

    assert answers == b"\x1b[2;3R"
    await easel.close()


async def test_old_output_is_shown_first(tmp_path: Path) -> None:
    """There is no screen before everything that was written earlier is on it, and nobody is told of that."""
    easel = Easel(tmp_path)
    await easel.terminal.resume()
    await easel.terminal.meet(9, 5, 40, answers_from=9)
    await easel.terminal.take(0, b"first")
    before = easel.terminal.ready.is_set()
    await easel.terminal.skip(9)

    assert not before
    assert easel.terminal.ready.is_set()
    assert easel.changes == []
    await easel.close()


async def test_a_log_that_began_anew_begins_a_new_screen(easel: Easel) -> None:
    """A screen that claims to know more than was ever written is not gone on from."""
    await easel.terminal.take(0, b"another life")
    await easel.terminal.meet(3, 5, 40, answers_from=3)
    await easel.terminal.take(0, b"new")

    assert await easel.text() == "new"
    await easel.close()


async def test_a_closed_terminal_takes_nothing_and_says_so(easel: Easel) -> None:
    """After the end there is nothing to feed, to resize or to keep; a view says what to do."""
    await easel.close()
    await easel.terminal.take(0, b"x")
    await easel.terminal.resize(1, 1)
    await easel.terminal.skip(9)
    await easel.terminal.keep()
    await easel.terminal.compress()

    with pytest.raises(UnavailableError, match="just ended"):
        await easel.text()


async def test_a_disk_that_refuses_costs_the_checkpoint_only(easel: Easel, tmp_path: Path) -> None:
    """The screen goes on, and is kept once the disk takes it."""
    await easel.terminal.take(0, b"text")
    (tmp_path / "screen").mkdir()
    await easel.terminal.keep()
    failed = easel.terminal.fresh
    (tmp_path / "screen").rmdir()
    await easel.terminal.keep()

    assert (failed, easel.terminal.fresh) == (4, 0)
    assert await easel.text() == "text"
    await easel.close()


async def test_a_checkpoint_that_cannot_be_read_costs_itself_only(tmp_path: Path) -> None:
    """The log is shown from its beginning then."""
    (tmp_path / "screen").mkdir()
    easel = Easel(tmp_path)
    await easel.terminal.resume()
    await easel.terminal.meet(5, 5, 40, answers_from=5)
    await easel.terminal.take(0, b"hello")

    assert await easel.text() == "hello"
    await easel.close()


async def test_a_look_sees_whole_updates(easel: Easel) -> None:
    """What is being drawn is not looked at, unless that takes too long; nor is what is not there."""
    await easel.terminal.take(0, b"old\r\nrow\x1b[?2026h\x1b[H\x1b[2K")

    assert easel.terminal.look(half_done=False) is None
    assert easel.terminal.look(half_done=True) == (["", "row", "", "", ""], 0)
    await easel.terminal.take(23, b"new\x1b[?2026l")
    assert easel.terminal.look(half_done=False) == (["new", "row", "", "", ""], 0)
    async with easel.terminal._lock:
        assert easel.terminal.look(half_done=True) is None
    await easel.close()
    assert easel.terminal.look(half_done=True) is None
