"""The tools that act on the fleet, and who is refused."""

import time

import pytest

from tests.faces.fake_control import agent_view, session_view
from tests.faces.mcp.conftest import Crew
from tests.faces.web.house import FILE, ID


async def test_sending(crew: Crew) -> None:
    """The text goes to the agent as it is, and how it went is told."""
    before = time.time()
    found = await crew.use("fleet_send", agent="auth", text="zażółć\n!", enter=False)
    assert (found["confirmed"], found["why"]) == (True, "")
    assert before <= found["sent_at"] <= time.time()
    assert crew.asked("send") == [{"file": FILE, "agent": "auth", "text": "zażółć\n!", "enter": False}]
    crew.control.unsent["auth"] = "it did not get ready within 30 s"
    assert "did not get ready" in await crew.fail("fleet_send", agent="auth", text="x")


async def test_a_permission_is_never_answered(crew: Crew) -> None:
    """An agent that asks for one gets nothing, and no argument changes that."""
    crew.control.views[0]["agents"][1] = agent_view("auth", "waiting", reason="permission")
    assert "permission" in await crew.fail("fleet_send", agent="auth", text="y")
    assert "takes no argument" in await crew.fail("fleet_send", agent="auth", text="y", force=True)
    assert crew.asked("send") == []


async def test_running(crew: Crew) -> None:
    """A run has a session, by which it is waited for; a command in the agent's place cannot be given."""
    crew.control.session_answer = session_view(id="r1", role="run")
    found = await crew.use("fleet_run", agent="auth", prompt="tidy up")
    assert (found["session"], found["live"]) == ("r1", True)
    (asked,) = crew.asked("run")
    assert (asked["request"]["agent"], asked["request"]["prompt"]) == ("auth", "tidy up")
    assert "takes no argument" in await crew.fail("fleet_run", agent="auth", argv=["sh"])


async def test_stopping(crew: Crew) -> None:
    """An agent's session, or the one that is named."""
    assert (await crew.use("fleet_stop", agent="auth"))["outcome"] == "stopped"
    await crew.use("fleet_stop", agent="auth", session="r1")
    assert [one["subject"] for one in crew.asked("stop")] == ["auth", "r1"]


@pytest.mark.parametrize(
    ("tool", "given"),
    [("fleet_send", {"text": "x"}), ("fleet_run", {"prompt": "x"}), ("fleet_stop", {})],
)
async def test_who_may_only_look(crew: Crew, tool: str, given: dict[str, str]) -> None:
    """The daemon itself refuses a token of scope read, and that of an agent, also for that very agent."""
    reader = await crew.with_token("read")
    assert "looking only" in await reader.fail(tool, agent="auth", **given)
    own = await crew.with_token("agent", agent="auth", constellation=ID)
    assert "not for this" in await own.fail(tool, agent="auth", **given)
    assert [name for name, _ in crew.control.asked if name in {"send", "run", "stop"}] == []
