"""What `status` shows: every state of an agent and of a service, with its reason."""

import asyncio
import json
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

from constellagent.runtime.control import ServiceView
from constellagent.runtime.settings import Settings
from tests.runtime.working import Working, working


async def service(lab: Working, name: str) -> ServiceView:
    """Return one service's row."""
    (view,) = await lab.daemon.status(lab.file)
    return next(row for row in view["services"] if row["name"] == name)


async def test_what_never_started_is_shown_as_declared(home: Settings, tmp_path: Path) -> None:
    """Before any apply the status shows the file: branch and place of each agent, in the file's order."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(
            "  two: {command: [sleep, '9']}\n  one: {command: [sleep, '9'], branch: feature/x}\n",
            "services:\n  web: {command: [sleep, '9']}\n",
        )
        (view,) = await lab.daemon.status(lab.file)

        assert [agent["name"] for agent in view["agents"]] == ["two", "one"]
        agent = view["agents"][1]
        assert (agent["state"], agent["reason"], agent["since"]) == ("stopped", "never started", None)
        assert (agent["branch"], agent["identity"], agent["session"]) == ("feature/x", None, None)
        assert agent["path"] == str(tmp_path / "repo.worktrees" / "one")
        assert agent["ahead"] is None
        assert view["services"][0]["state"] == "stopped"
        assert list(tmp_path.iterdir()) == [tmp_path / "repo"]


@pytest.mark.parametrize(
    ("command", "state", "reason"),
    [("exit 0", "done", "exit status 0"), ("exit 3", "failed", "exit status 3")],
)
async def test_how_it_ended(home: Settings, tmp_path: Path, command: str, state: str, reason: str) -> None:
    """An agent that ended by itself is done or failed, since then, and says how."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(f"  one: {{shell: '{command}'}}\n")
        await lab.apply()

        agent = await lab.until("one", state)

        assert agent["reason"] == reason
        assert agent["session"] is not None
        assert agent["since"] == agent["session"]["ended_at"]


async def test_a_waiting_restart_is_starting(home: Settings, tmp_path: Path) -> None:
    """Between a crash and the next start the agent is starting, with the wait and the crash as its reason."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare("  one: {shell: 'exit 3', restart: always}\n")
        await lab.apply()

        async with asyncio.timeout(30):  # before it ends it is starting too
            while not (agent := await lab.agent("one"))["reason"].startswith("restarts in "):
                await asyncio.sleep(0.02)

        assert agent["state"] == "starting"
        assert agent["reason"].endswith("s: exit status 3")
        assert agent["restarts"] >= 1
        await lab.daemon.stop(lab.file, "one")


async def test_what_a_person_stopped_is_stopped(home: Settings, tmp_path: Path) -> None:
    """A stopped agent and a stopped service are neither done nor failed."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare("  one: {command: [sleep, '1000']}\n", "services:\n  web: {command: [sleep, '1000']}\n")
        await lab.apply()
        assert (await service(lab, "web"))["state"] == "running"

        await lab.daemon.stop(lab.file, "one")
        await lab.daemon.stop(lab.file, "web")

        agent, web = await lab.agent("one"), await service(lab, "web")
        assert (agent["state"], web["state"]) == ("stopped", "stopped")
        assert agent["reason"].startswith("stopped (")


async def test_a_holder_that_hangs_makes_its_agent_unknown(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next daemon does not call running, nor ended, what it could not reach."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare("  one: {command: [sleep, '1000']}\n")
        await lab.apply()
        monkeypatch.setattr("constellagent.runtime.watch.PATIENCE", 0.2)
        monkeypatch.setattr("constellagent.runtime.holder.client._ANSWER", 0.2)
        (row,) = await lab.daemon._registry.live()
        assert row.holder_pid is not None
        os.kill(row.holder_pid, signal.SIGSTOP)
        await lab.daemon._registry.close()
        await lab.daemon._registry.adopt()

        agent = await lab.agent("one")

        assert (agent["state"], agent["since"]) == ("unknown", None)
        assert "does not answer" in agent["reason"]
        os.kill(row.holder_pid, signal.SIGCONT)
        assert (await lab.until("one", "starting"))["reason"] == ""


async def test_a_live_agent_shows_what_its_terminal_tells(home: Settings, tmp_path: Path) -> None:
    """State, reason and source, since when, its title and its progress come from what the program writes."""
    script = r"print('\x1b]2;my task\x07\x1b]9;4;1;40\x07working', flush=True); input()"
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(f"  one: {{command: {json.dumps(['python3', '-c', script])}}}\n")
        await lab.apply()

        agent = await lab.until("one", "working")
        again = await lab.agent("one")

        assert (agent["title"], agent["progress"], agent["source"]) == ("my task", 40, "progress")
        assert agent["session"] is not None
        assert agent["since"] is not None
        assert agent["since"] >= agent["session"]["started_at"] - 0.01
        assert again == agent


async def test_a_live_agent_without_a_screen_is_unknown(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until its screen is there nothing is claimed of what an agent does."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare("  one: {command: [sleep, '1000']}\n")
        await lab.apply()
        monkeypatch.setattr(lab.daemon._screens, "standing", lambda _session: None)

        agent = await lab.agent("one")

        assert (agent["state"], agent["reason"], agent["since"]) == (
            "unknown",
            "its screen is not there yet",
            None,
        )
        assert "source" not in agent


async def test_an_undeclared_agent_is_shown_last(home: Settings, tmp_path: Path) -> None:
    """What we made and the file no longer names stays in sight, marked as undeclared."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare("  old: {command: [sleep, '1000']}\n")
        await lab.apply()
        lab.declare("  new: {command: [sleep, '1000']}\n")

        (view,) = await lab.daemon.status(lab.file)

        rows = [(agent["name"], agent["declared"], agent["state"]) for agent in view["agents"]]
        assert rows == [("new", True, "stopped"), ("old", False, "starting")]


async def test_a_repository_that_cannot_be_asked_has_no_counts(home: Settings, tmp_path: Path) -> None:
    """The rest of the status is shown where git cannot count commits."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare("  one: {command: [sleep, '1000']}\n")
        await lab.apply()
        assert (await lab.agent("one"))["ahead"] == 0
        context = await lab.daemon._contexts.of_file(lab.file)
        shutil.move(tmp_path / "repo" / ".git" / "HEAD", tmp_path / "HEAD")

        view = await lab.daemon._lookout._statuses.of(context)

        assert [(agent["state"], agent["ahead"]) for agent in view["agents"]] == [("starting", None)]
        shutil.move(tmp_path / "HEAD", tmp_path / "repo" / ".git" / "HEAD")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere asking for the state of a process starts one")
async def test_b4_a_program_that_a_signal_stopped_is_shown_so(home: Settings, tmp_path: Path) -> None:
    """It waits, for SIGCONT, however quiet or busy its terminal looks; continued it is what it was."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare("  one: {command: [sleep, '1000']}\n")
        await lab.apply()
        before = await lab.agent("one")
        assert before["session"] is not None
        pid = before["session"]["pid"]
        assert pid is not None

        os.kill(pid, signal.SIGSTOP)
        agent = await lab.until("one", "waiting")
        assert agent["reason"] == f"stopped (SIGSTOP); kill -CONT {pid} continues it"

        os.kill(pid, signal.SIGCONT)
        async with asyncio.timeout(30):
            while "SIGSTOP" in (await lab.agent("one"))["reason"]:
                await asyncio.sleep(0.02)
