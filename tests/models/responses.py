"""The Responses API of OpenAI, as Codex uses it; what else it asks for is answered with little.

Codex puts texts of its own into messages of the person's role, such as the folder it works in; they stand in
angle brackets or below a heading, and no prompt does.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aiohttp import web

from tests.models.orders import Answer, Call, Run, Turn, Use, Write
from tests.models.server import Model

INPUT, OUTPUT = 100, 10
"""The tokens that every answer is said to have taken."""
_NOT_A_PROMPT = ("<", "# AGENTS.md instructions")


def routes(model: Model) -> list[web.RouteDef]:
    """Return the handlers of this format."""

    async def respond(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        answer = await model.answer(request.path, body, turn_of(body))
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for event in events(answer, body, f"resp_{len(model.requests)}"):
            await response.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
        await response.write_eof()
        return response

    async def models(request: web.Request) -> web.Response:
        del request
        return web.json_response({"object": "list", "data": [], "models": []})

    return [web.post("/v1/responses", respond), web.get("/v1/models", models)]


def turn_of(body: Mapping[str, Any]) -> Turn:
    """Return what a request asks for."""
    prompts: list[str] = []
    results: list[str] = []
    for item in _items(body.get("input")):
        text = _text(item.get("content"))
        if item.get("role") == "user":
            if text and not text.startswith(_NOT_A_PROMPT):
                prompts.append(text)
                results = []
        elif str(item.get("type")).endswith("_call_output"):
            results.append(_text(item.get("output")))
    return Turn(
        prompt=prompts[-1] if prompts else "",
        results=tuple(results),
        tools=tuple(name for _, name in _tools(body)),
        prompts=tuple(prompts),
        model=str(body.get("model", "")),
    )


def events(answer: Answer, body: Mapping[str, Any], name: str) -> Iterator[dict[str, Any]]:
    """Return the events that stream an answer."""
    yield {"type": "response.created", "response": {"id": name}}
    items = []
    if answer.text:
        content = [{"type": "output_text", "text": answer.text, "annotations": []}]
        items.append({"type": "message", "id": f"msg_{name}", "role": "assistant", "content": content})
    if answer.call is not None:
        items.append(_called(answer.call, body, f"call_{name}"))
    for index, item in enumerate(items):
        if item["type"] == "message":
            begun = {**item, "content": []}
            yield {"type": "response.output_item.added", "output_index": index, "item": begun}
            yield {"type": "response.output_text.delta", "item_id": item["id"], "delta": answer.text}
        yield {"type": "response.output_item.done", "output_index": index, "item": item}
    details = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
    usage = {"input_tokens": INPUT, "output_tokens": OUTPUT, "total_tokens": INPUT + OUTPUT, **details}
    yield {"type": "response.completed", "response": {"id": name, "output": items, "usage": usage}}


def _called(call: Call, body: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the call of one of the offered tools; of one that is not offered, as a model might err, too."""
    begin = {"type": "function_call", "id": f"fc_{name}", "call_id": name, "status": "completed"}
    match call:
        case Run(command):
            return {**begin, "name": "exec_command", "arguments": json.dumps({"cmd": command})}
        case Write(file, text):
            # The client knows a patch among shell commands, and carries it out itself.
            command = f"apply_patch <<'END'\n{_patch(file, text)}END\n"
            return {**begin, "name": "exec_command", "arguments": json.dumps({"cmd": command})}
        case Use(part, given):
            space, tool = next((found for found in _tools(body) if part in found[1]), ("", part))
            inside = {"namespace": space} if space else {}
            return {**begin, **inside, "name": tool, "arguments": json.dumps(given)}


def _patch(file: str, text: str) -> str:
    lines = "".join(f"+{line}\n" for line in text.splitlines())
    return f"*** Begin Patch\n*** Add File: {file}\n{lines}*** End Patch\n"


def _tools(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Return each offered tool by its namespace, empty for none, and its name."""
    for tool in _items(body.get("tools")):
        name = str(tool.get("name") or tool.get("type") or "")
        if tool.get("type") == "namespace":
            yield from ((name, str(inner.get("name", ""))) for inner in _items(tool.get("tools")))
        else:
            yield "", name


def _items(found: object) -> Sequence[Mapping[str, Any]]:
    if isinstance(found, str):
        return [{"role": "user", "content": found}]
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(str(part.get("text", "")) for part in _items(content) if "text" in part)
