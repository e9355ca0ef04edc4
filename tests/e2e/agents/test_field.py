"""The field itself: it ends what it began, and takes away what a run before it has left."""

import asyncio
import os
import time
from pathlib import Path

from tests.e2e.agents.field import ModelThread, clear


def test_what_waits_still_is_ended_with_the_model() -> None:
    """As an answer that a prompt lets wait for ever, whose agent is gone: no task is left behind."""
    thread = ModelThread()
    thread.start()
    waits = asyncio.run_coroutine_threadsafe(asyncio.sleep(3600), thread._loop)

    thread.stop()

    assert waits.cancelled()
    assert asyncio.all_tasks(thread._loop) == set()


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    """Only what is a field's, and so old that nobody works in it."""
    for name, age in (("f-old", 2 * 86_400), ("f-new", 60), ("other", 2 * 86_400)):
        folder = tmp_path / name
        (folder / "in").mkdir(parents=True)
        os.utime(folder, (time.time() - age, time.time() - age))
    clear(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f-new", "other"]
