"""The tools that look at the fleet."""

import asyncio
import time

import pytest

from constellagent.errors import UnavailableError
from constellagent.faces.mcp import fleet_looking
from tests.faces.fake_control import agent_view, diff_view, screen_view, session_view
from tests.faces.mcp.conftest import Crew
from tests.faces.web.house import FILE


async def test_the_list(crew: Crew) -> None:
    """Each agent with its state, and which constellations cannot be shown."""
    (acme, _) = crew.control.views
    acme["agents"][0] |= {
        "state": "waiting",
        "reason": "permission",
        "unread_mail": 2,
        "session": session_view(),
    }
    acme["problem"] = "the file is gone"
    found = await crew.use("fleet_list_agents")
    assert [(one["constellation"], one["name"]) for one in found["agents"]] == [
        ("acme", "docs"),
        ("acme", "auth"),
        ("other", "docs"),
    ]
    docs, auth, _ = found["agents"]
    assert (docs["state"], docs["reason"], docs["unread_mail"], docs["live"]) == (
        "waiting",
        "permission",
        2,
        True,
    )
    assert docs["since"] == "1970-01-12T13:45:40+00:00"
    assert not auth["live"]
    assert "unread_mail" not in auth
    assert found["problems"] == ["acme: the file is gone"]
    assert len((await crew.use("fleet_list_agents", constellation="other"))["agents"]) == 1


async def test_the_screen(crew: Crew) -> None:
    """The text without the blanks at its ends; with a session's id that of the session."""
    crew.control.screen_answer = screen_view(b"$ ls   \nzo\xc5\x82w  \n\n\n", title="sh")
    found = await crew.use("fleet_read_screen", agent="auth", history=7)
    assert (found["text"], found["title"], found["session"]) == ("$ ls\nzołw", "sh", "s1")
    asked = crew.asked("screen")[-1]["request"]
    assert (asked["subject"], asked["form"], asked["history"]) == ("auth", "text", 7)
    await crew.use("fleet_read_screen", agent="auth", session="abc123")
    assert crew.asked("screen")[-1]["request"]["subject"] == "abc123"


async def test_waiting_for_a_state(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes back as soon as the agent is there, and looks at nobody else."""
    monkeypatch.setattr(fleet_looking, "POLL", 0.02)
    waiting = asyncio.ensure_future(crew.use("fleet_wait", agent="auth", wait_seconds=60))
    asked = len(crew.asked("status"))
    async with asyncio.timeout(20):
        await crew.use("fleet_list_agents")
        assert len(crew.asked("status")) >= asked
        assert not waiting.done()
        auth = agent_view("auth", "waiting", reason="question")
        crew.control.news.put_nowait({"agents": {FILE: [{**auth}]}})
        found = await waiting
    assert (found["reached"], found["state"], found["reason"]) == (True, "waiting", "question")


async def test_waiting_in_vain(crew: Crew) -> None:
    """When time is up, or the agent ended otherwise, that is told at once and is no error."""
    found = await crew.use("fleet_wait", agent="auth", wait_seconds=0)
    assert (found["reached"], found["state"]) == (False, "working")
    begin = time.monotonic()
    failed = agent_view("auth", "failed", reason="exit status 1")
    crew.control.news.put_nowait({"agents": {FILE: [{**failed}]}})
    found = await crew.use("fleet_wait", agent="auth", until=["waiting"], wait_seconds=60)
    assert (found["reached"], found["reason"]) == (False, "exit status 1")
    assert time.monotonic() - begin < 30
    assert "must be" in await crew.fail("fleet_wait", agent="auth", until=["asleep"])


async def test_only_a_state_that_came_later(crew: Crew) -> None:
    """A state from before a text was sent is not the answer to it, unless the agent has ended."""
    auth = agent_view("auth", "waiting", session=session_view())
    crew.control.views[0]["agents"][1] = auth
    given = {"agent": "auth", "wait_seconds": 0}
    assert (await crew.use("fleet_wait", **given, after=999_939.0))["reached"]
    assert not (await crew.use("fleet_wait", **given, after=999_941.0))["reached"]


async def test_waiting_for_a_session(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of a run is told with how it ended."""
    monkeypatch.setattr(fleet_looking, "POLL", 0.02)
    waiting = asyncio.ensure_future(crew.use("fleet_wait", agent="auth", session="r1", wait_seconds=60))
    async with asyncio.timeout(20):
        while not crew.asked("session"):
            await asyncio.sleep(0.01)
        crew.control.session_answer = session_view(
            id="r1", live=False, outcome="exit status 3", exit_status=3
        )
        found = await waiting
    assert found == {
        "reached": True,
        "session": "r1",
        "live": False,
        "outcome": "exit status 3",
        "exit_status": 3,
    }


async def test_the_diff(crew: Crew) -> None:
    """The files, and the patch only where it is asked for: of some files, or of all."""
    change = {"path": "a b&c.py", "old_path": None, "status": "added", "added": 3, "removed": None}
    whole = {**change, "old_mode": "", "mode": "100644"}
    crew.control.diff_answer = diff_view("auth", files=[whole], added=3)
    found = await crew.use("fleet_diff", agent="auth")
    assert found["files"] == [{name: change[name] for name in ("path", "status", "added", "removed")}]
    assert "patch" not in found
    crew.control.diff_answer = diff_view("auth", files=[whole], added=3, patch="+++ b")
    assert (await crew.use("fleet_diff", agent="auth", patch=True, against="HEAD"))["patch"] == "+++ b"
    asked = crew.asked("diff")[-1]["request"]
    assert (asked["paths"], asked["against"]) == (["a b&c.py"], "HEAD")
    await crew.use("fleet_diff", agent="auth", paths=["x", "y"])
    assert crew.asked("diff")[-1]["request"]["paths"] == ["x", "y"]


async def test_what_the_daemon_says_is_told(crew: Crew) -> None:
    """An error of the daemon is the tool's answer, with what to do."""
    crew.control.fails["screen"] = UnavailableError("auth has no live session", hint="start it")
    assert await crew.fail("fleet_read_screen", agent="auth") == "auth has no live session\nstart it"
