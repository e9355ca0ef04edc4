"""Chat completions, as copilot, opencode and aider ask for them."""

import json
from typing import Any

import aiohttp
import pytest

from tests.models.chat import PATH, read
from tests.models.server import Model

BASH = {"type": "function", "function": {"name": "bash", "parameters": {}}}
CREATE = {"type": "function", "function": {"name": "create", "parameters": {}}}
WRITE = {"type": "function", "function": {"name": "write", "parameters": {}}}
MAIL = {"type": "function", "function": {"name": "constellagent-ravi_inbox", "parameters": {}}}


def user(text: str) -> dict[str, Any]:
    """Return a message of the person."""
    return {"role": "user", "content": text}


async def ask(*messages: dict[str, Any], tools: Any = (), stream: bool = False, status: int = 200) -> str:
    """Return what the model answers over the wire."""
    body = {"model": "small", "messages": list(messages), "tools": list(tools), "stream": stream}
    if stream:
        body["stream_options"] = {"include_usage": True}
    async with (
        Model() as model,
        aiohttp.ClientSession() as client,
        client.post(model.url + PATH, json=body) as response,
    ):
        assert response.status == status
        return await response.text()


async def message(*messages: dict[str, Any], tools: Any = ()) -> dict[str, Any]:
    """Return the message of an answer that is not streamed."""
    whole = json.loads(await ask(*messages, tools=tools))
    found: dict[str, Any] = whole["choices"][0]["message"]
    return found


def called(answer: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the tool that an answer calls, and with what."""
    (call,) = answer["tool_calls"]
    return call["function"]["name"], json.loads(call["function"]["arguments"])


@pytest.mark.parametrize(
    ("order", "tools", "name", "arguments"),
    [
        ("!run ls -l", [BASH], "bash", {"command": "ls -l", "description": "Run what was ordered"}),
        ("!write a.txt x\\ny", [CREATE], "create", {"path": "a.txt", "file_text": "x\ny\n"}),
        ("!write a.txt x", [WRITE], "write", {"filePath": "a.txt", "content": "x\n"}),
        ('!use ravi_inbox {"n": 1}', [BASH, MAIL], "constellagent-ravi_inbox", {"n": 1}),
    ],
)
async def test_orders_call_the_tools_of_the_client(
    order: str, tools: list[Any], name: str, arguments: dict[str, Any]
) -> None:
    """Each order is carried out with the client's own tool for it."""
    assert called(await message(user(f"Go\n{order}"), tools=tools)) == (name, arguments)


async def test_a_tool_that_is_not_offered_is_told_in_words() -> None:
    """An order that no tool can carry out ends the turn, and says so."""
    answer = await message(user("!write a x"), tools=[BASH])
    assert "no tool for" in answer["content"]
    assert "tool_calls" not in answer


async def test_a_client_without_tools_gets_a_listing() -> None:
    """One that takes files from the text gets the file in it."""
    system = {"role": "system", "content": "You MUST use this *file listing* format."}
    answer = await message(system, user("!write a.txt x"))
    assert answer["content"] == "a.txt\n```\nx\n```\n"
    assert (await message(user("!write a.txt x")))["content"] == "a title"


async def test_the_turn_goes_on_after_the_results() -> None:
    """With the result of the first tool the second is called, and then the turn ends."""
    prompt = user("Go\n!run one\n!run two")
    first: dict[str, Any] = {"role": "assistant", "content": None, "tool_calls": []}
    result = {"role": "tool", "tool_call_id": "c", "content": "fine"}
    assert called(await message(prompt, first, result, tools=[BASH]))[1]["command"] == "two"
    last = await message(prompt, first, result, first, result, tools=[BASH])
    assert last["content"].startswith("done: Go")


async def test_a_stream_says_the_same() -> None:
    """Streamed, text and call come in pieces, with the reason to stop and what was used at the end."""
    text = await ask(user("!say hello\n!run ls"), tools=[BASH], stream=True)
    *parts, end = [line.removeprefix("data: ") for line in text.splitlines() if line]
    chunks = [json.loads(part) for part in parts]
    assert end == "[DONE]"
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks if chunk["choices"]]
    assert "".join(delta.get("content") or "" for delta in deltas) == "hello"
    calls = [delta["tool_calls"][0]["function"] for delta in deltas if "tool_calls" in delta]
    assert [call["name"] for call in calls if "name" in call] == ["bash"]
    assert json.loads("".join(call["arguments"] for call in calls))["command"] == "ls"
    assert chunks[-2]["choices"][0]["finish_reason"] == "tool_calls"
    assert chunks[-1]["usage"]["prompt_tokens"] > 0


async def test_failures_are_failures() -> None:
    """An ordered status is what the client gets."""
    assert "as ordered" in await ask(user("!fail 401"), tools=[BASH], status=401)


def test_a_request_is_read() -> None:
    """Prompts come without the client's stamp, texts in parts are joined, and old results do not count."""
    stamp = "<current_datetime>2026-01-01T00:00:00.000+00:00</current_datetime>\n\n"
    parts = [{"type": "text", "text": "Two"}, {"type": "text", "text": "!run x"}]
    turn = read(
        {
            "model": "small",
            "tools": [BASH],
            "messages": [
                {"role": "system", "content": "You are."},
                user(f"{stamp}One"),
                {"role": "tool", "content": "old"},
                {"role": "assistant", "content": "done"},
                {"role": "user", "content": parts},
                {"role": "tool", "content": "new"},
            ],
        }
    )
    assert turn.prompts == ("One", "Two\n!run x")
    assert (turn.prompt, turn.results, turn.tools) == ("Two\n!run x", ("new",), ("bash",))
