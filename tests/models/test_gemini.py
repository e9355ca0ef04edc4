"""The model as Gemini's API speaks: what a request asks for, and how an answer is streamed."""

import json
from typing import Any

from aiohttp import ClientSession

from tests.models.gemini import turn_of
from tests.models.server import Model

PATH = "/v1beta/models/any:streamGenerateContent?alt=sse"
TOOLS = [
    {"functionDeclarations": [{"name": name} for name in ("write_file", "run_shell_command", "mcp_c_ravi_x")]}
]
CONTEXT = {"role": "user", "parts": [{"text": "<session_context>\nThe folder is empty."}]}


def says(text: str) -> dict[str, Any]:
    """Return what a person says."""
    return {"role": "user", "parts": [{"text": text}]}


def answered(text: str) -> dict[str, Any]:
    """Return what a tool has answered."""
    return {"role": "user", "parts": [{"functionResponse": {"name": "any", "response": {"output": text}}}]}


async def ask(model: Model, path: str = PATH, **body: Any) -> list[dict[str, Any]]:
    """Return the parts of an answer."""
    async with ClientSession() as client, client.post(model.url + path, json=body) as answer:
        assert answer.status == 200
        text = await answer.text()
    chunks = (
        [json.loads(line[6:]) for line in text.split("\r\n\r\n") if line]
        if "sse" in path
        else [json.loads(text)]
    )
    assert chunks[-1]["candidates"][0]["finishReason"] == "STOP"
    return [part for chunk in chunks for part in chunk["candidates"][0]["content"]["parts"]]


def test_what_a_request_asks_for() -> None:
    """The newest words of the person, what tools have answered since, and all words before."""
    turn = turn_of(
        {"contents": [CONTEXT, says("One"), answered("1"), says("Two"), answered("2")], "tools": TOOLS}, "m"
    )

    assert (turn.prompt, turn.prompts, turn.model) == ("Two", ("One", "Two"), "m")
    assert turn.results == ('{"output": "2"}',)
    assert turn.tools == ("write_file", "run_shell_command", "mcp_c_ravi_x")


async def test_orders_become_calls_of_its_tools() -> None:
    """Words are streamed first, then each order calls the tool that is meant, until all are done."""
    prompt = says('Go.\n!say first\n!write a.txt hello\n!run ls\n!use ravi {"y": 1}')
    async with Model() as model:
        said, write = await ask(model, contents=[prompt], tools=TOOLS)
        run = await ask(model, contents=[prompt, answered("ok")], tools=TOOLS)
        use = await ask(model, contents=[prompt, answered("ok"), answered("ok")], tools=TOOLS)
        done = await ask(model, contents=[prompt, *[answered("ok")] * 3], tools=TOOLS)

    assert said == {"text": "first"}
    assert write["functionCall"]["args"] == {"file_path": "a.txt", "content": "hello\n"}
    assert run[0]["functionCall"]["args"]["command"] == "ls"
    assert (use[0]["functionCall"]["name"], use[0]["functionCall"]["args"]) == ("mcp_c_ravi_x", {"y": 1})
    assert done[0]["text"].startswith("done: Go.")


async def test_a_request_for_an_object_gets_one() -> None:
    """The choice of a model is asked as an object of a schema."""
    schema = {
        "properties": {"score": {"type": "INTEGER"}, "why": {"type": "STRING"}, "is": {"enum": ["user"]}}
    }
    config = {"responseMimeType": "application/json", "responseJsonSchema": schema}
    async with Model() as model:
        path = "/v1beta/models/any:generateContent"
        (part,) = await ask(model, path, contents=[says("x")], generationConfig=config)
        (title,) = await ask(model, path, contents=[says("x")])

    assert json.loads(part["text"]) == {"score": 1, "why": "as it comes", "is": "user"}
    assert title == {"text": "a title"}
