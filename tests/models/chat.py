"""OpenAI Chat Completions, streamed or whole: what copilot, opencode and aider speak to a model of one's own.

A client that edits by text alone, and so offers no tools, has `!write` carried out as a listing of the file.
"""

import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any

from aiohttp import web

from tests.models.orders import Answer, Call, Run, Turn, Use, Write
from tests.models.server import Model

PATH = "/v1/chat/completions"
_STAMP = re.compile(r"<current_datetime>[^<]*</current_datetime>\s*")
"""What copilot puts in front of each prompt."""
LISTING = "file listing"
"""What the words of a client say that takes a file from a listing in the text."""
_PIECE = 400
"""Characters of text in one streamed piece."""


def routes(model: Model) -> list[web.RouteDef]:
    """Return the handlers of this format."""

    async def complete(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        turn = read(body)
        found = await model.answer(PATH, body, turn)
        message = _message(found, body)
        usage = _usage(body, found)
        if not body.get("stream"):
            return web.json_response(_whole(body, message, usage))
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for chunk in _chunks(body, message, usage):
            await response.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
        await response.write(b"data: [DONE]\n\n")
        return response

    return [web.post(PATH, complete)]


def read(body: Mapping[str, Any]) -> Turn:
    """Return what a request asks for."""
    messages: Sequence[Mapping[str, Any]] = body.get("messages", [])
    prompts = tuple(_STAMP.sub("", _text(message), 1) for message in messages if message["role"] == "user")
    since = list(takewhile(lambda message: message["role"] != "user", reversed(messages)))
    results = tuple(_text(message) for message in reversed(since) if message["role"] == "tool")
    tools = tuple(names(body)) or (("listing",) if _listing(messages) else ())
    return Turn(prompts[-1] if prompts else "", results, tools, prompts, body.get("model", ""))


def names(body: Mapping[str, Any]) -> list[str]:
    """Return the names of the tools that a request offers."""
    return [tool["function"]["name"] for tool in body.get("tools") or [] if "function" in tool]


def _text(message: Mapping[str, Any]) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text", "") for part in content)


def _listing(messages: Sequence[Mapping[str, Any]]) -> bool:
    return any(message["role"] == "system" and LISTING in _text(message) for message in messages)


def _message(found: Answer, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer as a message; a call of a tool that is not offered is told in words."""
    if found.call is None:
        return {"role": "assistant", "content": found.text}
    offered = names(body)
    if not offered and isinstance(found.call, Write):
        listing = f"{found.call.file}\n```\n{found.call.text}```\n"
        return {"role": "assistant", "content": "\n".join(filter(None, (found.text, listing)))}
    called = _function(found.call, offered)
    if called is None:
        return {"role": "assistant", "content": f"{found.text}\nno tool for {found.call}"}
    name, arguments = called
    call = {
        "id": f"call_{uuid.uuid4().hex[:24]}",
        "type": "function",
        "function": {"name": name, "arguments": json.dumps(arguments)},
    }
    return {"role": "assistant", "content": found.text or None, "tool_calls": [call]}


def _function(call: Call, offered: Sequence[str]) -> tuple[str, dict[str, Any]] | None:
    """Return the name and arguments with which the client's own tool does this; None where it has none."""
    match call:
        case Run(command) if "bash" in offered:
            return "bash", {"command": command, "description": "Run what was ordered"}
        case Write(file, text) if "create" in offered:
            return "create", {"path": file, "file_text": text}
        case Write(file, text) if "write" in offered:
            return "write", {"filePath": file, "content": text}
        case Use(tool, arguments):
            found = next((name for name in offered if tool in name), None)
            return None if found is None else (found, arguments)
        case _:
            return None


def _usage(body: Mapping[str, Any], found: Answer) -> dict[str, Any]:
    """Return the tokens, four bytes each."""
    read_, written = len(json.dumps(body.get("messages", []))) // 4, max(1, len(found.text) // 4)
    return {"prompt_tokens": read_, "completion_tokens": written, "total_tokens": read_ + written}


def _reason(message: Mapping[str, Any]) -> str:
    return "tool_calls" if message.get("tool_calls") else "stop"


def _whole(body: Mapping[str, Any], message: dict[str, Any], usage: dict[str, Any]) -> dict[str, Any]:
    choice = {"index": 0, "message": message, "finish_reason": _reason(message), "logprobs": None}
    return {**_frame(body, "chat.completion"), "choices": [choice], "usage": usage}


def _chunks(
    body: Mapping[str, Any], message: Mapping[str, Any], usage: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    frame = _frame(body, "chat.completion.chunk")
    for delta in _deltas(message):
        yield {**frame, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield {**frame, "choices": [{"index": 0, "delta": {}, "finish_reason": _reason(message)}]}
    if (body.get("stream_options") or {}).get("include_usage"):
        yield {**frame, "choices": [], "usage": usage}


def _deltas(message: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": ""}
    text = message["content"] or ""
    for begin in range(0, len(text), _PIECE):
        yield {"content": text[begin : begin + _PIECE]}
    for index, call in enumerate(message.get("tool_calls", ())):
        function = call["function"]
        yield {
            "tool_calls": [{**call, "index": index, "function": {"name": function["name"], "arguments": ""}}]
        }
        yield {"tool_calls": [{"index": index, "function": {"arguments": function["arguments"]}}]}


def _frame(body: Mapping[str, Any], kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex[:24]}",
        "object": kind,
        "created": 0,
        "model": body.get("model", "small"),
    }
