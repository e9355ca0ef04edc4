"""Sessions over the API."""

import pytest

from constellagent.errors import ConstellagentError, UsageError
from tests.faces.fake_control import agent_view
from tests.faces.web.asking import DOCS, FILE, ONE, Api, constellation_view


async def test_a_session_is_shown_by_agent_and_by_id(api: Api) -> None:
    """Both ask the daemon for what the path names."""
    assert await api.get(f"{DOCS}/session") == api.control.session_answer
    assert await api.get(f"{ONE}/sessions/s1") == api.control.session_answer
    asked = [params["subject"] for name, params in api.control.asked if name == "session"]
    assert asked == ["docs", "s1"]


@pytest.mark.parametrize("path", [f"{DOCS}/screen", f"{ONE}/sessions/s1/screen"])
async def test_a_screen_is_shown_as_it_is_asked_for(api: Api, path: str) -> None:
    """Form and history reach the daemon; plain text without history is what is shown else."""
    assert await api.get(path) == api.control.screen_answer
    assert await api.get(path, form="ansi", history="50") == api.control.screen_answer
    plain, drawn = api.control.requests("screen")
    assert (plain["form"], plain["history"]) == ("text", 0)
    assert (drawn["form"], drawn["history"]) == ("ansi", 50)


async def test_a_history_without_end_is_refused(api: Api) -> None:
    """Only so much scrollback goes into one answer."""
    for history in ("-1", "10001"):
        await api.ask("GET", f"{DOCS}/screen", query={"history": history}, status=422)
    assert api.control.requests("screen") == []


async def test_text_is_sent_with_or_without_enter(api: Api) -> None:
    """What is sent reaches the agent, and how that went comes back."""
    assert await api.post(f"{DOCS}/send", {"text": "go on\n"}) == api.control.send_answer
    await api.post(f"{DOCS}/send", {"text": "y", "enter": False})
    sent = [params for name, params in api.control.asked if name == "send"]
    assert sent[0] == {"file": FILE, "agent": "docs", "text": "go on\n", "enter": True}
    assert sent[1]["enter"] is False


async def test_what_would_answer_a_question_is_sent_by_force_only(api: Api) -> None:
    """An agent that asks for a permission takes a text for the answer."""
    asks = agent_view("docs", "waiting") | {"reason": "permission"}
    api.control.views = [constellation_view(agents=[asks, agent_view("auth", "waiting")])]
    told = (await api.ask("POST", f"{DOCS}/send", body={"text": "y"}, status=409)).json
    assert "permission" in told["detail"]
    assert "force" in told["hint"]
    await api.ask("POST", f"{DOCS}/send", body={"text": "y", "force": False}, status=409)
    assert not [name for name, _ in api.control.asked if name == "send"]
    await api.post(f"{DOCS}/send", {"text": "y", "force": True})
    await api.post(f"{ONE}/agents/auth/send", {"text": "go on"})
    assert [params["agent"] for name, params in api.control.asked if name == "send"] == ["docs", "auth"]


async def test_a_session_is_stopped_by_agent_and_by_id(api: Api) -> None:
    """How it ended is answered in words."""
    assert await api.post(f"{DOCS}/stop") == {"outcome": "stopped"}
    assert await api.post(f"{ONE}/sessions/s1/stop") == {"outcome": "stopped"}
    asked = [params["subject"] for name, params in api.control.asked if name == "stop"]
    assert asked == ["docs", "s1"]


async def test_a_run_is_started(api: Api) -> None:
    """A prompt or a command is run, and the session comes back."""
    assert await api.post(f"{DOCS}/runs", {"prompt": "hi"}, 201) == api.control.session_answer
    await api.post(f"{DOCS}/runs", {"argv": ["true"], "rows": 30, "columns": 90}, 201)
    assert api.control.requests("run") == [
        {"file": FILE, "agent": "docs", "prompt": "hi"},
        {"file": FILE, "agent": "docs", "argv": ["true"], "rows": 30, "columns": 90},
    ]


@pytest.mark.parametrize(
    "body", [{}, {"prompt": "x", "argv": ["y"]}, {"argv": []}, {"prompt": "x", "rows": 0, "columns": 80}]
)
async def test_a_run_of_nothing_is_refused(api: Api, body: dict[str, object]) -> None:
    """A run needs one thing to run, in a terminal that can be."""
    await api.ask("POST", f"{DOCS}/runs", body=body, status=422)
    assert api.control.requests("run") == []


async def test_errors_of_the_daemon_come_as_problems(api: Api) -> None:
    """Each error has the status of its class, its words and its hint."""
    api.control.fail("session", UsageError("there is no agent or service 'docs'"))
    assert (await api.ask("GET", f"{DOCS}/session", status=404)).json["kind"] == "UsageError"
    api.control.fail("stop", ConstellagentError("it was never started", hint="start it"))
    told = (await api.ask("POST", f"{DOCS}/stop", status=502)).json
    assert (told["detail"], told["hint"]) == ("it was never started", "start it")


async def test_an_agent_is_restarted(api: Api) -> None:
    """It goes on with its conversation, or with `new` begins another one."""
    resumed = await api.post(f"{DOCS}/restart", {})
    await api.post(f"{DOCS}/restart", {"new": True})
    assert (resumed["conversation"], resumed["resumed"], resumed["why"]) == ("c-1", True, "")
    assert api.control.requests("restart") == [
        {"file": FILE, "subject": "docs"},
        {"file": FILE, "subject": "docs", "new": True},
    ]
    await api.ask("POST", f"{DOCS}/restart", body={"now": True}, status=422)
