"""The first sight of a session, drawn on a terminal that the engine plays."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from constellagent.faces.terminal.painting import Snapshot, paint, recent, replay
from constellagent.faces.terminal.raw import RawTerminal
from constellagent.runtime.holder.log import LogReader, LogWriter
from constellagent.term.screen import Screen


class Played(RawTerminal):
    """A terminal of 24 by 80 whose screen can be looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.screen = Screen(24, 80)
        self.screen.feed(b"one\r\ntwo\r\nshell$ attach\r\n")

    def write(self, data: bytes) -> None:
        """Show it."""
        self.screen.feed(data)

    def size(self) -> tuple[int, int]:
        """Return its size."""
        return 24, 80


@pytest.fixture
def terminal() -> Iterator[Played]:
    """Give a terminal with a few lines on it."""
    made = Played()
    yield made
    os.close(made.woken)
    os.close(made._wake)
    made.screen.close()


def snapshot_of(data: bytes) -> Snapshot:
    """Return the screen after this output."""
    screen = Screen(24, 80)
    screen.feed(data)
    return Snapshot(len(data), screen.snapshot(100), 24, 80)


def log_of(folder: Path, data: bytes) -> LogReader:
    """Return a log that holds this output."""
    folder.mkdir()
    writer = LogWriter(str(folder), 1 << 20)
    writer.append(data)
    writer.close()
    return LogReader(folder)


def test_a_snapshot_is_shown_and_what_was_there_is_kept_above(terminal: Played) -> None:
    """The screen is the session's, with its scrollback; the person's own lines are further up."""
    data = b"".join(b"line %d\r\n" % number for number in range(40))
    assert paint(terminal, snapshot_of(data)) == len(data)
    assert terminal.screen.text()[:23] == [f"line {number}" for number in range(17, 40)]
    lines = terminal.screen.lines()
    assert lines[:3] == ["one", "two", "shell$ attach"]
    assert [line for line in lines if line.startswith("line")] == [f"line {number}" for number in range(40)]


@pytest.mark.parametrize(
    "setup",
    [
        b"\x1b[?1h\x1b=\x1b[?1000h\x1b[?1006h\x1b[?2004h\x1b[?1004h\x1b[?25l\x1b[?7l",
        b"\x1b[>5u",
        b"\x1b[=5u",
        b"\x1b[>1u\x1b[?1049h\x1b[>7u",
        b"\x1b[>4;2m\x1b[3 q",
        b"\x1b(0\x1b[31;4mred\x1b]8;;http://example.com\x1b\\link",
        b"\x1b[5;10r\x1b[?1049h\x1b[2;3r",
        b"\x1b[4h\x1b[20h\x1b[?66h\x1b[?67h\x1b[?5h",
        b"\x1b[?69h\x1b[5;20s",
        b"\x1b]0;a title that has no end",
        b"\x1b[?1003h\x1b[?1015h\x1b[38;2",
    ],
)
def test_what_a_snapshot_switches_on_is_switched_off_again(terminal: Played, setup: bytes) -> None:
    """After the reset the terminal is as a shell expects it, whatever the session's program had asked for."""
    fresh = Screen(24, 80)
    paint(terminal, snapshot_of(setup))
    terminal.write(terminal.reset())
    screen = terminal.screen
    assert screen.modes() == fresh.modes()
    cursor = screen.cursor()
    assert (cursor.visible, cursor.shape) == (True, "block")
    terminal.write(b"\x1b[H\x1b[2Jqqq" + b"x" * 80 + b"\x1b[24;1H\r\nlast")
    assert screen.text()[0] == "xxx"
    assert screen.text()[-1] == "last"
    assert screen.read()[-1][0].style == fresh.read()[-1][0].style
    terminal.write(b"\x1b[?1049h")
    assert screen.modes().kitty_flags == 0


def test_starting_over_forgets_the_modes(terminal: Played) -> None:
    """A screen that is shown anew begins on a terminal as it was."""
    paint(terminal, snapshot_of(b"\x1b[?2004h\x1b[=5u"))
    terminal.start_over()
    assert not terminal.screen.modes().bracketed_paste
    assert not terminal.modes.bracketed_paste
    assert not terminal.keys_set


def test_without_a_snapshot_recent_output_is_shown(terminal: Played, tmp_path: Path) -> None:
    """From a whole line on, in the modes that were on there, without its questions."""
    data = b"\x1b[?2004h" + b"old\r\n" * 100_000 + b"new\x1b[6n\x1b[?1h"
    assert replay(terminal, log_of(tmp_path / "log", data)) == len(data)
    assert terminal.screen.text()[-1] == "new"
    assert terminal.screen.take_replies() == b""
    assert terminal.screen.modes().bracketed_paste
    assert terminal.screen.modes().application_cursor
    assert terminal.modes.bracketed_paste


def test_a_full_screen_program_is_left_to_draw_itself(terminal: Played, tmp_path: Path) -> None:
    """Of the alternate screen old bytes make no sense: it is entered and empty."""
    replay(terminal, log_of(tmp_path / "log", b"before\x1b[?1049hgarbage"))
    assert terminal.screen.modes().alternate_screen
    assert terminal.screen.text() == [""] * 24


def test_an_empty_log_shows_nothing(tmp_path: Path) -> None:
    """A session that has written nothing yet begins at its beginning."""
    offset, _, setup, data = recent(LogReader(tmp_path))
    assert (offset, setup, data) == (0, b"", b"")
