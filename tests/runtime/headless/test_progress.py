"""What a run has used so far, and a run that stands still."""

import json
import os
import signal
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from constellagent.runtime.headless import progress
from constellagent.runtime.headless.order import Order
from constellagent.runtime.headless.progress import PAUSE, RESUME, Progress
from tests.runtime.headless.bench import RESULT, Bench

COUNTS = "i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo $i > count; sleep 0.02; done"
"""A program that does something all the time."""


def shell(script: str) -> tuple[str, ...]:
    """Return a program that does this."""
    return ("/bin/sh", "-c", script)


def until(holds: Callable[[], object]) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_word_comes_back_as_it_was_written(tmp_path: Path) -> None:
    """Whole and private; nothing was said where there is none."""
    folder = str(tmp_path)
    before = progress.read(folder)
    progress.write(folder, Progress(1, 2, 0.5))
    first = progress.read(folder)
    progress.write(folder, Progress(3, 4))

    assert (before, first, progress.read(folder)) == (None, Progress(1, 2, 0.5), Progress(3, 4, None))
    assert stat.S_IMODE((tmp_path / progress.NAME).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [progress.NAME]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"input": "x", "output": 1, "cost": null}'])
def test_what_is_no_such_word_is_said(tmp_path: Path, text: str) -> None:
    """It is not taken for nothing."""
    (tmp_path / progress.NAME).write_text(text)
    with pytest.raises(ValueError):  # noqa: PT011 - which text json has for it does not matter
        progress.read(str(tmp_path))


def test_where_nothing_can_be_written_nothing_is_left(tmp_path: Path) -> None:
    """The caller is told."""
    (tmp_path / progress.NAME).mkdir()
    with pytest.raises(OSError, match="directory"):
        progress.write(str(tmp_path), Progress())
    assert [path.name for path in tmp_path.iterdir()] == [progress.NAME]


def test_it_is_told_while_the_run_goes_on(bench: Bench) -> None:
    """As soon as the program has said something."""
    message = {"id": "m1", "usage": {"input_tokens": 7, "output_tokens": 2}}
    line = json.dumps({"type": "assistant", "message": message})
    os.mkfifo(bench.worktree / "wait")
    with bench.start(Order(shell(f"echo '{line}'; read x < wait; echo '{RESULT}}}'"), "claude")) as process:
        until(lambda: progress.read(str(bench.folder)))
        found = progress.read(str(bench.folder))
        process.kill()
    assert found == Progress(7, 2, None)


def going(bench: Bench, process: subprocess.Popen[bytes]) -> bool:
    """Say whether the program does something."""
    assert process.poll() is None
    file = bench.worktree / "count"
    before = file.read_text()
    time.sleep(0.3)
    return file.read_text() != before


def test_a_run_stands_still_and_goes_on(bench: Bench) -> None:
    """What is told twice changes nothing, and its time does not pass meanwhile."""
    began = time.monotonic()
    with bench.start(Order(shell(f"{COUNTS}; echo '{RESULT}}}'"), "claude", limit=3, grace=0.2)) as process:
        until((bench.worktree / "count").exists)
        for number in (PAUSE, PAUSE):
            process.send_signal(number)
        until(lambda: not going(bench, process))
        went = time.monotonic() - began
        time.sleep(3)
        still = not going(bench, process)
        before = (bench.worktree / "count").read_text()
        resumed = time.monotonic()
        process.send_signal(RESUME)
        out, _ = process.communicate(timeout=30)
        went += time.monotonic() - resumed
    found = bench.result()

    assert still
    assert went >= 3
    assert (bench.worktree / "count").read_text() != before
    assert found is not None
    assert found.timed_out
    assert out.index(b"it is paused") < out.index(b"it goes on") < out.index(b"longer than its limit")


def test_one_that_stands_still_can_be_ended(bench: Bench) -> None:
    """A signal reaches it, too."""
    with bench.start(Order(shell(COUNTS), "plain")) as process:
        until((bench.worktree / "count").exists)
        process.send_signal(PAUSE)
        until(lambda: not going(bench, process))
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    found = bench.result()

    assert found is not None
    assert found.why == "killed by SIGTERM"
