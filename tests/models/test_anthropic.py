"""The messages API of the model."""

import json
from typing import Any

from aiohttp import ClientSession

from tests.models.anthropic import blocks, read_turn
from tests.models.orders import Answer, Run, Use, Write
from tests.models.server import Model

TOOLS = [{"name": "Bash"}, {"name": "Write"}]


def said(text: str) -> dict[str, Any]:
    """Return a message of the person."""
    return {"role": "user", "content": text}


def called(name: str, call: str = "t-1") -> dict[str, Any]:
    """Return a message in which the model calls a tool."""
    return {"role": "assistant", "content": [{"type": "tool_use", "id": call, "name": name, "input": {}}]}


def result(content: Any, call: str = "t-1", *more: str) -> dict[str, Any]:
    """Return the result of a tool, with further texts behind."""
    parts = [{"type": "tool_result", "tool_use_id": call, "content": content}]
    return {"role": "user", "content": [*parts, *({"type": "text", "text": text} for text in more)]}


def test_a_turn_is_the_newest_text_and_the_results_since() -> None:
    """Earlier prompts are kept, and what the client adds to them is none."""
    added = [{"type": "text", "text": "<system-reminder>x</system-reminder>"}, {"type": "text", "text": "b"}]
    messages = [said("a"), called("Bash"), result("r"), {"role": "user", "content": added}, result("s")]

    turn = read_turn({"messages": messages, "tools": TOOLS, "model": "m"})

    assert (turn.prompt, turn.prompts, turn.results) == ("b", ("a", "b"), ("s",))
    assert (turn.tools, turn.model) == (("Bash", "Write"), "m")


def test_an_interrupted_call_is_no_result_of_the_next_prompt() -> None:
    """A client that was interrupted sends the broken call's result and the next prompt in one message."""
    broken = result("rejected", "t-1", "[Request interrupted by user for tool use]", "next")

    turn = read_turn({"messages": [said("a"), called("Bash"), broken]})

    assert (turn.prompt, turn.results) == ("next", ())


def test_loading_a_tool_is_no_result() -> None:
    """A tool that is only named is loaded on the way, which counts for no order."""
    named = said("mcp__own__inbox is there")

    (load,) = blocks(Answer(call=Use("inbox", {"a": 1})), ["ToolSearch"], json.dumps(named))

    assert (load["name"], load["input"]["query"]) == ("ToolSearch", "select:mcp__own__inbox")
    loaded = result([{"type": "tool_reference"}], "t-1", "Tool loaded.")
    turn = read_turn({"messages": [said("a"), called("ToolSearch"), loaded, result([{"text": "r"}], "t-2")]})
    assert (turn.prompt, turn.results) == ("a", ("r",))


def test_tools_are_called_by_what_is_offered() -> None:
    """A tool is found by its name or a part of it, and one that is not there is said in words."""
    offered = ["NotWrite", "Write", "mcp__own__inbox"]

    assert blocks(Answer("x", Write("f", "t")), offered)[1]["input"] == {"file_path": "f", "content": "t"}
    assert blocks(Answer(call=Write("f", "t")), offered)[0]["name"] == "Write"
    assert blocks(Answer(call=Use("inbox", {"a": 1})), offered)[0]["name"] == "mcp__own__inbox"
    assert blocks(Answer(call=Run("ls")), offered)[0]["text"] == f"no tool Bash among {', '.join(offered)}"


async def test_a_stream_holds_what_the_whole_answer_holds() -> None:
    """Asked for a stream or not, the answer has the same blocks and the same end."""
    body = {"model": "m", "messages": [said("Do\n!say first\n!run ls")], "tools": TOOLS}
    async with Model() as model, ClientSession(model.url) as client:
        async with client.post("/v1/messages", json=body) as response:
            whole = await response.json()
        async with client.post("/v1/messages", json={**body, "stream": True}) as response:
            lines = (await response.text()).splitlines()
        async with client.head("/") as response:
            assert response.status == 200
        async with client.post("/v1/messages/count_tokens", json=body) as response:
            assert (await response.json())["input_tokens"] > 0

    events = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    deltas = [event["delta"] for event in events if event["type"] == "content_block_delta"]
    assert "".join(delta.get("text", "") for delta in deltas) == whole["content"][0]["text"] == "first"
    given = json.loads("".join(delta.get("partial_json", "") for delta in deltas))
    assert given == whole["content"][1]["input"] == {"command": "ls", "description": "As ordered"}
    assert [event["type"] for event in events[-2:]] == ["message_delta", "message_stop"]
    assert events[-2]["delta"]["stop_reason"] == whole["stop_reason"] == "tool_use"


async def test_an_ordered_failure_is_one() -> None:
    """A prompt that orders a failure gets that status."""
    body = {"messages": [said("!fail 529")], "tools": TOOLS}
    async with (
        Model() as model,
        ClientSession(model.url) as client,
        client.post("/v1/messages", json=body) as response,
    ):
        assert response.status >= 400
