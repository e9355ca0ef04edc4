"""Screens made from what lies on disk: whole logs, logs that lost their beginning, and checkpoints."""

import json
from pathlib import Path

import pytest

from constellagent.errors import WorldError
from constellagent.runtime.holder.log import LogWriter
from constellagent.runtime.screens import checkpoint
from constellagent.runtime.screens.canvas import Canvas
from constellagent.runtime.screens.checkpoint import Checkpoint
from constellagent.runtime.screens.rebuild import begin_restoring, end_restoring, last_written, rebuild
from constellagent.term.screen import ENGINE, Screen

CANVAS = Canvas(1000, graphemes=True, background="dark")


def log(folder: Path, data: bytes, limit: int = 1 << 20) -> LogWriter:
    """Write the log of a session, and the status that its holder left."""
    (folder / "log").mkdir()
    writer = LogWriter(str(folder / "log"), limit)
    for at in range(0, len(data), 512):
        writer.append(data[at : at + 512])
    writer.close()
    (folder / "status.json").write_text(json.dumps({"rows": 5, "columns": 20, "ended_at": 1.0}))
    return writer


def text(folder: Path) -> list[str]:
    """Return the text of the rebuilt screen, without blank lines at the end."""
    rebuilt = rebuild(folder, CANVAS)
    try:
        lines = rebuilt.screen.lines()
        while lines and not lines[-1]:
            lines.pop()
        return lines
    finally:
        rebuilt.screen.close()


def test_a_whole_log_makes_the_screen(tmp_path: Path) -> None:
    """Without a checkpoint the log is shown from its beginning, at the size that the holder had last."""
    log(tmp_path, b"one\r\n" + b"x" * 25 + b"\r\nthree")

    assert text(tmp_path) == ["one", "x" * 20, "x" * 5, "three"]


def test_nothing_makes_an_empty_screen(tmp_path: Path) -> None:
    """A session of which nothing is left shows nothing."""
    assert text(tmp_path) == []
    assert last_written(tmp_path) == 0.0


def test_a_log_that_lost_its_beginning_starts_with_a_whole_line(tmp_path: Path) -> None:
    """What is left of a line, or of a sequence, at the new beginning is not shown."""
    writer = log(tmp_path, b"".join(b"\x1b[1mline %04d\x1b[m\r\n" % n for n in range(1000)), 4096)

    lines = text(tmp_path)

    assert writer.begin > 0
    assert lines[-1] == "line 0999"
    assert all(len(line) == 9 and line.startswith("line ") for line in lines)


@pytest.mark.parametrize("form", ["engine", "ansi"])
def test_a_checkpoint_is_gone_on_from(tmp_path: Path, form: str) -> None:
    """What the checkpoint holds is not read from the log again."""
    log(tmp_path, b"log 1\r\nlog 2\r\n")
    screen = Screen(5, 20)
    screen.feed(b"kept 1\r\n")
    encoded = screen.encode() if form == "engine" else screen.snapshot(None)
    assert encoded is not None
    checkpoint.write(tmp_path, Checkpoint(7, 5, 20, form, ENGINE, encoded))  # type: ignore[arg-type] # one of two
    screen.close()

    assert text(tmp_path) == ["kept 1", "log 2"]


@pytest.mark.parametrize(("engine", "data"), [("another release", b"x"), (ENGINE, b"no screen")])
def test_a_checkpoint_that_the_engine_cannot_read_is_left_alone(
    tmp_path: Path, engine: str, data: bytes
) -> None:
    """The log is shown from its beginning instead."""
    log(tmp_path, b"log 1\r\nlog 2\r\n")
    checkpoint.write(tmp_path, Checkpoint(7, 5, 20, "engine", engine, data))

    assert text(tmp_path) == ["log 1", "log 2"]


def test_a_log_that_does_not_reach_back_goes_on_from_the_checkpoint(tmp_path: Path) -> None:
    """Modes and text of the checkpoint are kept although output after it is lost."""
    log(tmp_path, b"".join(b"line %04d\r\n" % n for n in range(1000)), 4096)
    screen = Screen(5, 20)
    screen.feed(b"kept\r\n\x1b[?2004h\x1b[")
    encoded = screen.encode()
    assert encoded is not None
    checkpoint.write(tmp_path, Checkpoint(8, 5, 20, "engine", ENGINE, encoded))
    screen.close()

    rebuilt = rebuild(tmp_path, CANVAS)

    assert rebuilt.screen.modes().bracketed_paste
    assert rebuilt.screen.lines()[0] == "kept"
    assert rebuilt.screen.lines()[1].startswith("line ")
    rebuilt.screen.close()


def test_a_log_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    """It is an error with the place in it, and no empty screen."""
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / f"{0:016x}.out").symlink_to(tmp_path / "log")

    with pytest.raises(WorldError, match=f"session {tmp_path.name} cannot be read"):
        rebuild(tmp_path, CANVAS)


def test_a_checkpoint_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    """Nothing is shown that leaves it out in silence."""
    (tmp_path / "screen").mkdir()

    with pytest.raises(WorldError, match="screen of session"):
        rebuild(tmp_path, CANVAS)


def test_when_it_was_last_written(tmp_path: Path) -> None:
    """The newest part of the log tells."""
    log(tmp_path, b"x")

    assert last_written(tmp_path) == next((tmp_path / "log").iterdir()).stat().st_mtime


def test_what_ended_daemons_is_not_tried_for_ever(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """After three tries that never ended the old output is left alone; one that ended makes it as new."""
    assert [begin_restoring(tmp_path) for _ in range(5)] == [True, True, True, False, False]
    assert "is not shown" in caplog.text
    end_restoring(tmp_path)
    end_restoring(tmp_path)
    assert begin_restoring(tmp_path)
