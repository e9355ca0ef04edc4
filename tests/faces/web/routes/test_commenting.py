"""Review comments over the API."""

from typing import Any

import pytest

from constellagent.faces.web.live.board import Board
from constellagent.faces.web.problems import HttpError
from constellagent.faces.web.routes import commenting
from constellagent.faces.web.routing import Call
from tests.faces.fake_control import FakeControl
from tests.faces.web.asking import DOCS, FILE, Api

COMMENTS = f"{DOCS}/comments"
NEW = {"path": "a", "side": "new", "line": 3, "end_line": 4, "text": "why?", "quote": "x = 1\n"}


def asked(action: str, **more: Any) -> dict[str, Any]:
    """Return a request about comments on the work of `docs`."""
    return {"file": FILE, "agent": "docs", "action": action, **more}


async def test_comments_are_listed(api: Api) -> None:
    """All are, or those in the states that are asked for."""
    api.control.answers = {"list": [{"id": "c1"}]}
    assert await api.get(COMMENTS) == {"data": [{"id": "c1"}], "next": ""}
    assert api.last("comments") == asked("list")
    await api.ask("GET", COMMENTS, query=[("state", "open"), ("state", "sent")])
    assert api.last("comments") == asked("list", states=["open", "sent"])
    await api.ask("GET", COMMENTS, query={"state": "lost"}, status=422)


async def test_a_person_writes_a_comment(api: Api) -> None:
    """It is written in the person's name, whatever the body would say."""
    api.control.answers = {"add": {"id": "c1"}}
    assert await api.post(COMMENTS, NEW, 201) == {"id": "c1"}
    assert api.last("comments") == asked("add", author="person", **NEW)
    await api.ask("POST", COMMENTS, body={**NEW, "author": "auth"}, status=422)


async def test_an_agent_writes_in_its_own_name() -> None:
    """A comment of an agent's token is that agent's."""
    control = FakeControl()
    board = Board(control)
    path = {"constellation": "acme", "agent": "docs"}
    await commenting.add(Call(control, board, path, FILE, body=NEW, agent="docs"))
    assert control.requests("comments")[0]["author"] == "docs"
    await board.close()


async def test_a_comment_is_changed(api: Api) -> None:
    """Its text, its state, or both, one after the other."""
    api.control.answers = {"edit": {"id": "1"}, "resolve": {"id": "2"}, "reopen": {"id": "3"}}
    assert (await _patch(api, {"text": "so"}))["id"] == "1"
    assert (await _patch(api, {"text": "so", "state": "resolved"}))["id"] == "2"
    assert (await _patch(api, {"state": "open"}))["id"] == "3"
    assert [request["action"] for request in api.control.requests("comments")] == [
        "edit",
        "edit",
        "resolve",
        "reopen",
    ]
    assert api.control.requests("comments")[0] == asked("edit", id="c1", text="so")
    await api.ask("PATCH", f"{COMMENTS}/c1", body={}, status=422)


async def test_an_agent_leaves_the_words_of_others_alone() -> None:
    """Its token changes the text of its own comments, and of others the state only."""
    control = FakeControl()
    control.answers = {
        "list": [{"id": "c1", "author": "person"}, {"id": "c2", "author": "docs"}],
        "edit": {"id": "c2"},
        "resolve": {"id": "c1"},
    }
    board = Board(control)

    def call(comment: str, body: dict[str, str]) -> Call:
        path = {"constellation": "acme", "agent": "docs", "comment": comment}
        return Call(control, board, path, FILE, body=body, agent="docs")

    with pytest.raises(HttpError) as raised:
        await commenting.change(call("c1", {"text": "not what was said"}))
    assert raised.value.status == 403
    assert [request["action"] for request in control.requests("comments")] == ["list"]
    assert (await commenting.change(call("c2", {"text": "so"})))["id"] == "c2"
    assert (await commenting.change(call("c1", {"state": "resolved"})))["id"] == "c1"
    await board.close()


async def test_a_comment_is_removed(api: Api) -> None:
    """What it was comes back."""
    api.control.answers = {"remove": {"id": "c1"}}
    assert (await api.ask("DELETE", f"{COMMENTS}/c1")).json == {"id": "c1"}
    assert api.last("comments") == asked("remove", id="c1")


async def test_comments_are_sent(api: Api) -> None:
    """Some, or all open ones; whether the agent took them comes back."""
    api.control.answers = {"send": {"sent": False, "why": "it does not run", "prompt": "", "ids": []}}
    assert (await api.post(f"{COMMENTS}/send", {}))["why"] == "it does not run"
    assert api.last("comments") == asked("send")
    await api.post(f"{COMMENTS}/send", {"ids": ["c1"], "text": "Please:"})
    assert api.last("comments") == asked("send", ids=["c1"], text="Please:")


async def _patch(api: Api, body: dict[str, str]) -> Any:
    return (await api.ask("PATCH", f"{COMMENTS}/c1", body=body)).json
