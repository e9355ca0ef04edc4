"""First prompts that can only be typed: once, when the program takes them, whatever becomes of the daemon."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from constellagent.agents.kind import Kind, Place, Start, Task, Tools
from constellagent.agents.start import KINDS
from constellagent.runtime import outfit
from constellagent.runtime.delivery import courier, later
from constellagent.runtime.holder import marker
from constellagent.runtime.holder.log import LogReader
from constellagent.runtime.settings import Settings
from constellagent.spec.models import Agent
from constellagent.spec.models import Kind as Name
from tests.runtime.delivery.test_courier import PROMPTER, SIGNS, go_on
from tests.runtime.working import Working, working


def typed(spec: Agent, task: Task, place: Place, tools: Tools | None) -> Start:
    """Return how to start a program that takes its prompt only by typing."""
    begin = KINDS["command"].start(spec, task, place, tools)
    return replace(begin, later=task.prompt)


@pytest.fixture(autouse=True)
def _typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make commands programs of that sort."""
    kind = replace(KINDS["command"], signs=SIGNS, start=typed)
    kinds: Mapping[Name, Kind] = {**KINDS, "command": kind}
    monkeypatch.setattr(courier, "KINDS", kinds)
    monkeypatch.setattr(outfit, "kind_of", lambda _: kind)
    monkeypatch.setattr(outfit, "start", kind.start)
    monkeypatch.setattr(later, "PATIENCE", 0.5)


def declare(lab: Working, *words: str) -> None:
    """Declare the prompter with a prompt."""
    command = json.dumps([sys.executable, PROMPTER, *words])
    lab.declare(f"  one: {{command: {command}, prompt: Do it now}}\n")


async def output(lab: Working) -> str:
    """Return what it wrote."""
    view = (await lab.agent("one"))["session"]
    assert view is not None
    return LogReader(Path(view["log"])).tail(1 << 22)[1].decode(errors="replace")


async def until(lab: Working, wanted: str) -> None:
    """Wait until it wrote something."""
    async with asyncio.timeout(20):
        while wanted not in await output(lab):
            await asyncio.sleep(0.05)


async def reason(lab: Working, wanted: str) -> None:
    """Wait until the agent's reason holds these words."""
    async with asyncio.timeout(20):
        while wanted not in (await lab.agent("one"))["reason"]:
            await asyncio.sleep(0.05)


async def test_it_is_typed_once_the_program_takes_it(home: Settings, tmp_path: Path) -> None:
    """However long that takes; meanwhile the status says what it waits for."""
    async with working(home, tmp_path / "repo") as lab:
        declare(lab, "late", "600")
        await lab.apply()

        await reason(lab, "its first prompt is not typed yet: nothing was sent to one")
        await go_on(lab)
        await until(lab, "said 9 <Do it now>")

        async with asyncio.timeout(20):
            while "first prompt" in (await lab.agent("one"))["reason"]:
                await asyncio.sleep(0.05)
        assert (await output(lab)).count("\x1b[?2004h") == 1


async def test_a_dialog_comes_first(home: Settings, tmp_path: Path) -> None:
    """What the program asks is left to a person, and no key answers it."""
    async with working(home, tmp_path / "repo") as lab:
        declare(lab, "dialog")
        await lab.apply()

        await reason(lab, "it shows a dialog: Allow this?")

        assert "answered" not in await output(lab)


@pytest.mark.parametrize("begun", [False, True])
async def test_the_next_daemon(home: Settings, tmp_path: Path, begun: bool) -> None:
    """It types what was not begun, and what was begun never again: that is said to be unknown."""
    async with working(home, tmp_path / "repo") as lab:
        declare(lab, "late", "600")
        await lab.apply()
        await until(lab, "\x1b[?2004h")
        view = (await lab.agent("one"))["session"]
        assert view is not None
        assert view["pid"] is not None
        folder = home.paths.sessions / view["id"] / later.FOLDER
        await lab.daemon.close()
        if begun:
            assert marker.begin(str(folder), 1, "")
        await lab.daemon.start()
        os.kill(view["pid"], signal.SIGUSR1)
        if begun:
            await reason(lab, later.DOUBTFUL)
            assert "Do it now" not in await output(lab)
        else:
            await until(lab, "said 9 <Do it now>")
