"""Google's Gemini API: contents with parts, answered whole or as a stream of server-sent events."""

import json
import uuid
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.models.orders import Answer, Call, Run, Turn, Write

if TYPE_CHECKING:
    from tests.models.server import Model

CONTEXT = "<session_context>"
"""How the text begins with which the program describes the folder before the person's first words."""


def routes(model: "Model") -> list[web.RouteDef]:
    """Return the handlers of this format."""

    async def whole(request: web.Request) -> web.StreamResponse:
        answer, body = await _answer(model, request)
        if _wants_json(body):
            return web.json_response(_chunk([{"text": _decision(body)}], last=True))
        return web.json_response(_chunk(_parts(answer, body), last=True))

    async def stream(request: web.Request) -> web.StreamResponse:
        answer, body = await _answer(model, request)
        parts = _parts(answer, body)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for index, part in enumerate(parts):
            chunk = _chunk([part], last=index == len(parts) - 1)
            await response.write(f"data: {json.dumps(chunk)}\r\n\r\n".encode())
        await response.write_eof()
        return response

    async def count(request: web.Request) -> web.Response:
        return web.json_response({"totalTokens": len(await request.text()) // 4})

    return [
        web.post("/v1beta/models/{model}:generateContent", whole),
        web.post("/v1beta/models/{model}:streamGenerateContent", stream),
        web.post("/v1beta/models/{model}:countTokens", count),
    ]


async def _answer(model: "Model", request: web.Request) -> tuple[Answer, dict[str, Any]]:
    body: dict[str, Any] = await request.json()
    return await model.answer(request.path, body, turn_of(body, request.match_info["model"])), body


def turn_of(body: dict[str, Any], model: str = "") -> Turn:
    """Return what a request asks for.

    The words of the person are the texts of the role `user`, without the program's description of the
    folder; what tools answered since the newest of them are its results.
    """
    prompts: list[str] = []
    results: list[str] = []
    for content in body.get("contents", []):
        if content.get("role") != "user":
            continue
        parts = content.get("parts", [])
        answered = [part["functionResponse"] for part in parts if "functionResponse" in part]
        texts = [part["text"] for part in parts if "text" in part and not part["text"].startswith(CONTEXT)]
        results += [json.dumps(one.get("response", {})) for one in answered]
        if texts and not answered:
            prompts.append("\n".join(texts))
            results = []
    return Turn(
        prompt=prompts[-1] if prompts else "",
        results=tuple(results),
        tools=tuple(_declared(body)),
        prompts=tuple(prompts),
        model=model,
    )


def _declared(body: dict[str, Any]) -> Iterator[str]:
    for tool in body.get("tools", []):
        for function in tool.get("functionDeclarations", []):
            yield function["name"]


def _wants_json(body: dict[str, Any]) -> bool:
    return bool(body.get("generationConfig", {}).get("responseMimeType") == "application/json")


def _decision(body: dict[str, Any]) -> str:
    """Return an object of the schema that is asked for: it chooses a model, or says who speaks next."""
    schema = body["generationConfig"].get("responseJsonSchema") or {}
    return json.dumps({name: _of(kind) for name, kind in schema.get("properties", {}).items()})


def _of(schema: dict[str, Any]) -> Any:
    if schema.get("enum"):
        return schema["enum"][0]
    empty: dict[str, Any] = {"integer": 1, "number": 1, "boolean": False, "array": [], "object": {}}
    return empty.get(str(schema.get("type")).lower(), "as it comes")


def _parts(answer: Answer, body: dict[str, Any]) -> Sequence[dict[str, Any]]:
    parts: list[dict[str, Any]] = [{"text": answer.text}] if answer.text else []
    if answer.call is not None:
        name, arguments = _call(answer.call, tuple(_declared(body)))
        parts.append({"functionCall": {"id": uuid.uuid4().hex[:8], "name": name, "args": arguments}})
    return parts or [{"text": " "}]


def _call(call: Call, tools: Sequence[str]) -> tuple[str, dict[str, Any]]:
    if isinstance(call, Run):
        return "run_shell_command", {"command": call.command, "description": "as ordered"}
    if isinstance(call, Write):
        return "write_file", {"file_path": call.file, "content": call.text}
    return next((name for name in tools if call.tool in name), call.tool), call.arguments


def _chunk(parts: Sequence[dict[str, Any]], *, last: bool) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": list(parts)}, "index": 0}
    if last:
        candidate["finishReason"] = "STOP"
    return {
        "candidates": [candidate],
        "usageMetadata": {"promptTokenCount": 100, "candidatesTokenCount": 10, "totalTokenCount": 110},
        "modelVersion": "ordered",
    }
