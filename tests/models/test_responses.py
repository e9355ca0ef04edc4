"""The model, asked as Codex asks it."""

import json
from typing import Any

import aiohttp
import pytest

from tests.models.responses import turn_of
from tests.models.server import Model

SHELL = {"type": "function", "name": "exec_command"}
MAIL = {"type": "namespace", "name": "mcp__mail", "tools": [{"type": "function", "name": "read_inbox"}]}


def said(text: str, role: str = "user") -> dict[str, Any]:
    """Return a message."""
    return {"type": "message", "role": role, "content": [{"type": "input_text", "text": text}]}


async def ask(
    *items: dict[str, Any], tools: tuple[dict[str, Any], ...] = (SHELL, MAIL)
) -> list[dict[str, Any]]:
    """Return the events with which a new model answers."""
    body = {"model": "stub", "stream": True, "input": list(items), "tools": list(tools)}
    async with (
        Model() as model,
        aiohttp.ClientSession() as session,
        session.post(f"{model.url}/v1/responses", json=body) as response,
    ):
        text = await response.text()
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


def item(events: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the last thing that an answer holds."""
    found: list[dict[str, Any]] = [
        event["item"] for event in events if event["type"] == "response.output_item.done"
    ]
    return found[-1]


async def test_an_answer_is_streamed_from_its_beginning_to_its_end() -> None:
    """Text comes as a message between the events that begin and complete a response."""
    events = await ask(said("Go"))

    assert events[0]["type"] == "response.created"
    assert events[-1]["type"] == "response.completed"
    assert events[-1]["response"]["usage"]["total_tokens"] == 110
    assert item(events)["content"][0]["text"] == "done: Go"


@pytest.mark.parametrize(
    ("order", "name", "space", "arguments"),
    [
        ("!run touch x", "exec_command", None, {"cmd": "touch x"}),
        ('!use inbox {"a": 1}', "read_inbox", "mcp__mail", {"a": 1}),
        ("!use nothing {}", "nothing", None, {}),
    ],
)
async def test_an_order_is_a_call(
    order: str, name: str, space: str | None, arguments: dict[str, Any]
) -> None:
    """A tool is called by its name, and within its namespace where it has one."""
    call = item(await ask(said(f"Go\n{order}")))

    assert (call["type"], call["name"], call.get("namespace")) == ("function_call", name, space)
    assert json.loads(call["arguments"]) == arguments


async def test_a_file_is_written_as_a_patch() -> None:
    """The patch is a command, which Codex knows and carries out itself."""
    call = item(await ask(said("Go\n!write a.txt one\\ntwo")))

    assert "*** Add File: a.txt\n+one\n+two\n*** End Patch" in json.loads(call["arguments"])["cmd"]


def test_a_turn_is_the_prompt_and_what_tools_answered_since() -> None:
    """What Codex itself tells in the person's role is no prompt, and older results do not count."""
    output = {"type": "function_call_output", "call_id": "c", "output": "hi"}
    later = {"type": "custom_tool_call_output", "call_id": "d", "output": [{"text": "ho"}]}
    told = [said("Rules.", "developer"), said("<environment_context>x</environment_context>")]

    turn = turn_of({"input": [*told, said("One"), output, said("Two"), later], "tools": [SHELL, MAIL]})

    assert (turn.prompt, turn.prompts, turn.results) == ("Two", ("One", "Two"), ("ho",))
    assert turn.tools == ("exec_command", "read_inbox")


async def test_what_is_asked_without_tools_is_a_title() -> None:
    """No order of such a prompt is carried out."""
    assert item(await ask(said("Go\n!run touch x"), tools=()))["content"][0]["text"] == "a title"
