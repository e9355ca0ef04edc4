"""The messages API: one request is a whole conversation, and its answer a stream of blocks.

A client may offer some tools by name only, until the model has asked it to load them: that is done on the way
to a call, and is not among the results that orders are counted by.
"""

import json
import re
from collections.abc import Iterator, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.models.orders import Answer, Call, Run, Turn, Write

if TYPE_CHECKING:
    from tests.models.server import Model

_ADDED = ("<system-reminder>", "<command-", "<local-command-", "[Request interrupted", "Tool loaded.")
"""How texts begin that the client adds to what the person said."""
_IDS = count(1)
LOADER = "ToolSearch"
"""The tool that loads others."""
USAGE = {
    "input_tokens": 11,
    "cache_creation_input_tokens": 3,
    "cache_read_input_tokens": 5,
    "output_tokens": 7,
}
"""What every answer says that it has used."""


def routes(model: "Model") -> list[web.RouteDef]:
    """Return the handlers."""

    async def messages(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        turn = read_turn(body)
        answer = await model.answer(request.path, body, turn)
        whole = _message(body.get("model", ""), blocks(answer, turn.tools, json.dumps(body)))
        if not body.get("stream"):
            return web.json_response(whole)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for event in events(whole):
            await response.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
        return response

    async def count_tokens(request: web.Request) -> web.Response:
        return web.json_response({"input_tokens": len(await request.read()) // 4})

    async def here(request: web.Request) -> web.Response:
        del request
        return web.Response()

    return [
        web.post("/v1/messages", messages),
        web.post("/v1/messages/count_tokens", count_tokens),
        web.head("/", here),
    ]


def read_turn(body: dict[str, Any]) -> Turn:
    """Return what a request asks for."""
    prompts: list[str] = []
    results: list[str] = []
    loads: set[str] = set()
    for message in body.get("messages", ()):
        content = message.get("content", "")
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        if message.get("role") != "user":
            loads |= {part["id"] for part in parts if part.get("name") == LOADER}
            continue
        goes_on = False
        for part in parts:
            if part.get("tool_use_id") in loads:
                continue
            if part.get("type") == "tool_result":
                results.append(_plain(part.get("content", "")))
                goes_on = False
            elif _is_said(part):
                prompts[-1:] = (
                    [f"{prompts[-1]}\n{part['text']}"] if goes_on else [*prompts[-1:], part["text"]]
                )
                results, goes_on = [], True
    return Turn(
        prompt=prompts[-1] if prompts else "",
        results=tuple(results),
        tools=tuple(tool["name"] for tool in body.get("tools", ()) if "name" in tool),
        prompts=tuple(prompts),
        model=body.get("model", ""),
    )


def blocks(answer: Answer, tools: Sequence[str], request: str = "") -> list[dict[str, Any]]:
    """Return the blocks of an answer; a tool that `request` only names is loaded first.

    A call of a tool that is not offered is said in words.
    """
    found: list[dict[str, Any]] = [{"type": "text", "text": answer.text}] if answer.text else []
    if answer.call is None:
        return found
    name, given = _tool(answer.call)
    offered = next((tool for tool in tools if tool == name), None)
    offered = offered or next((tool for tool in tools if name in tool), None)
    named = re.search(rf"mcp__\w*?{re.escape(name)}\b", request)
    if offered is None and named is not None and LOADER in tools:
        offered, given = LOADER, {"query": f"select:{named[0]}", "max_results": 1}
    if offered is None:
        return [*found, {"type": "text", "text": f"no tool {name} among {', '.join(tools)}"}]
    return [*found, {"type": "tool_use", "id": f"toolu_{next(_IDS):024d}", "name": offered, "input": given}]


def events(whole: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Return a message as the stream brings it: each block in two pieces."""
    usage = whole["usage"]
    start = {**whole, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
    yield {"type": "message_start", "message": start}
    for index, block in enumerate(whole["content"]):
        call = block["type"] == "tool_use"
        empty = {**block, "input": {}} if call else {**block, "text": ""}
        yield {"type": "content_block_start", "index": index, "content_block": empty}
        text = json.dumps(block["input"]) if call else block["text"]
        kind, key = ("input_json_delta", "partial_json") if call else ("text_delta", "text")
        half = len(text) // 2
        for piece in (text[:half], text[half:]):
            yield {"type": "content_block_delta", "index": index, "delta": {"type": kind, key: piece}}
        yield {"type": "content_block_stop", "index": index}
    delta = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    yield {"type": "message_delta", "delta": delta, "usage": usage}
    yield {"type": "message_stop"}


def _message(model: str, content: list[dict[str, Any]]) -> dict[str, Any]:
    calls = any(block["type"] == "tool_use" for block in content)
    return {
        "id": f"msg_{next(_IDS):024d}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": "tool_use" if calls else "end_turn",
        "stop_sequence": None,
        "usage": USAGE,
    }


def _tool(call: Call) -> tuple[str, dict[str, Any]]:
    if isinstance(call, Run):
        return "Bash", {"command": call.command, "description": "As ordered"}
    if isinstance(call, Write):
        return "Write", {"file_path": call.file, "content": call.text}
    return call.tool, call.arguments


def _is_said(part: dict[str, Any]) -> bool:
    return part.get("type") == "text" and not part.get("text", "").lstrip().startswith(_ADDED)


def _plain(content: str | list[dict[str, Any]]) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text", "") for part in content)
