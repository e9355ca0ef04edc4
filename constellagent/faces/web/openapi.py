"""The API's description: OpenAPI 3.1, made from the very declarations by which it is served."""

import json
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, get_args, get_origin

import constellagent
from constellagent.faces.web.guard import OWN_HEADER, PROTOCOL
from constellagent.faces.web.matching import PREFIX
from constellagent.faces.web.problems import CONTENT_TYPE, ProblemView
from constellagent.faces.web.routing import Held, Route
from constellagent.faces.web.shapes import parameters, schemas
from constellagent.runtime.control import ApplyResult

_ALWAYS = (400, 401, 403, 404, 422, 429, 503)
"""Statuses of problems that any operation may answer."""

_WITH_BODY = (408, 413, 415)
_WHATEVER = 500

_NAMES: Mapping[str, str] = {
    "constellation": "The constellation's id, or its name where no other has it.",
    "agent": "The agent's name.",
    "session": "The id of a session.",
    "subject": "An agent's or a service's name, or the id of a session.",
    "run": "The id of a run, or a beginning of it that no other has.",
    "name": "The schedule's name.",
    "thread": "The id of a thread of mails.",
    "conversation": "The id of a conversation.",
    "comment": "The id of a comment.",
    "id": "The id of a token.",
}
"""What each parameter of a path is."""

_NESTED = frozenset({"{thread}", "{conversation}"})
"""Parameters that name another thing than one entry of the list before them."""

_ABOUT = """The API of constellagent's daemon. It is served on a unix socket to programs of the same user, who
need nothing else, and at 127.0.0.1 where the page is turned on, to those with a token (`constellagent token`)
or a login (`constellagent web`). Times are epoch seconds. A path that is no UTF-8 has lone surrogates
(U+DC80 to U+DCFF) in JSON, and its bytes, percent-encoded, in an address."""


def document(operations: Sequence[Route | Held]) -> dict[str, Any]:
    """Return the OpenAPI document of these operations."""
    found, components = schemas(_shapes(operations))
    names = _identifiers(operations)
    links = _links(operations, names)
    paths: dict[str, Any] = {}
    for operation in operations:
        described = _described(operation, names[_key(operation)], found)
        if (linked := links.get(_key(operation))) is not None:
            described["responses"][str(_status(operation))]["links"] = linked
        paths.setdefault(operation.path, {})[_key(operation)[0].lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "constellagent",
            "version": constellagent.__version__,
            "description": " ".join(_ABOUT.split()),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": PREFIX}],
        "security": [{"token": []}, {"login": [], "page": []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(_tag(operation.path) for operation in operations)],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.items())),
            "responses": {"Problem": _problem(found)},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "login": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "constellagent-PORT",
                    "description": "The cookie's name has the port. It counts only beside the page's secret.",
                },
                "page": {
                    "type": "apiKey",
                    "in": "header",
                    "name": OWN_HEADER,
                    "description": "What POST /login answered as `page`. A WebSocket offers it as a "
                    f"subprotocol, `page.` and the secret, beside `{PROTOCOL}`.",
                },
            },
        },
    }


def render(described: Mapping[str, Any]) -> str:
    """Return the document as it is committed."""
    return json.dumps(described, indent=2, ensure_ascii=False) + "\n"


def _key(operation: Route | Held) -> tuple[str, str]:
    return (operation.method if isinstance(operation, Route) else "GET"), operation.path


def _status(operation: Route | Held) -> int:
    if isinstance(operation, Route):
        return 204 if operation.reply is None else operation.status
    return 101 if operation.kind == "websocket" else 200


def _shapes(operations: Iterable[Route | Held]) -> list[Any]:
    """Return the shapes of all bodies and replies, and of the result that ends the stream of an apply."""
    wanted: list[Any] = [ProblemView, ApplyResult]
    for operation in operations:
        if isinstance(operation, Held):
            wanted.append(operation.item)
            continue
        wanted += [_item(operation.reply), operation.body]
    return [shape for shape in wanted if shape is not None]


def _item(reply: Any) -> Any:
    """Return the shape of a list's entries, of anything else itself."""
    return get_args(reply)[0] if get_origin(reply) is list else reply


def _described(operation: Route | Held, name: str, found: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the description of one operation."""
    own = " An agent's own token may use it, for that agent." if operation.own else ""
    public = isinstance(operation, Route) and operation.public
    described: dict[str, Any] = {
        "operationId": name,
        "tags": [_tag(operation.path)],
        "summary": operation.summary,
        "description": "For those who have no access yet."
        if public
        else f"Needs scope {_scope(operation)}.{own}",
        "parameters": _parameters(operation),
        "responses": _responses(operation, found),
    }
    if public:
        described["security"] = []
    if isinstance(operation, Route) and operation.body is not None:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": found[operation.body]}},
        }
    return described


def _scope(operation: Route | Held) -> str:
    acts = isinstance(operation, Route) and operation.method != "GET" and not operation.harmless
    return "admin" if acts else operation.scope


def _parameters(operation: Route | Held) -> list[dict[str, Any]]:
    in_path = [
        {
            "name": part[1:-1],
            "in": "path",
            "required": True,
            "description": _NAMES[part[1:-1]],
            "schema": {"type": "string", "minLength": 1},
        }
        for part in operation.path.split("/")
        if part.startswith("{")
    ]
    in_query = [
        {"name": name, "in": "query", "required": required, "schema": schema}
        for name, required, schema in parameters(operation.query)
    ]
    return in_path + in_query


def _responses(operation: Route | Held, found: Mapping[Any, Any]) -> dict[str, Any]:
    statuses = {*_ALWAYS, _WHATEVER}
    responses: dict[str, Any] = {str(_status(operation)): _success(operation, found)}
    if isinstance(operation, Held):
        statuses |= {426} if operation.kind == "websocket" else set()
    else:
        statuses |= {*operation.statuses, *(_WITH_BODY if operation.body is not None else ())}
        if operation.method == "GET" and operation.etag:
            responses["304"] = {"description": "The client has it already (If-None-Match)."}
    return responses | {str(one): {"$ref": "#/components/responses/Problem"} for one in sorted(statuses)}


def _success(operation: Route | Held, found: Mapping[Any, Any]) -> dict[str, Any]:
    if isinstance(operation, Held):
        if operation.kind == "websocket":
            return {"description": "A WebSocket.", "x-message": found[operation.item]}
        return {
            "description": "Events, each with a JSON value as its data.",
            "content": {"text/event-stream": {"schema": _event(found[operation.item])}},
        }
    if operation.reply is None:
        return {"description": "Done."}
    schema = found[_item(operation.reply)]
    if operation.stream:
        text = {"type": "string", "x-line": schema}
        about = 'JSON values, one a line; where it fails on the way, the last is {"error": the problem}.'
        return {"description": about, "content": {"application/x-ndjson": {"schema": text}}}
    if get_origin(operation.reply) is list:
        schema = {
            "type": "object",
            "description": "A part of a list; `next` is the cursor of the rest, empty at the end.",
            "properties": {"data": {"type": "array", "items": schema}, "next": {"type": "string"}},
            "required": ["data", "next"],
            "additionalProperties": False,
        }
    headers = {"ETag": {"schema": {"type": "string"}}} if operation.method == "GET" and operation.etag else {}
    answer = {
        "description": HTTPStatus(operation.status).phrase,
        "content": {"application/json": {"schema": schema}},
    }
    return {**answer, "headers": headers} if headers else answer


def _event(data: Any) -> dict[str, Any]:
    """Return the shape of one event of a stream: its fields, and what its data is when it is decoded."""
    return {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "event": {"type": "string"},
            "data": {"type": "string", "contentMediaType": "application/json"},
        },
        "required": ["data"],
        "x-data": data,
    }


def _problem(found: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        "description": "Why it was not done, and what to do.",
        "content": {CONTENT_TYPE: {"schema": found[ProblemView]}},
    }


def _tag(path: str) -> str:
    """Return the area of a path: what it is about, below the constellation and the agent."""
    names = [part for part in path.strip("/").split("/") if not part.startswith("{")]
    for above in ("constellations", "agents"):
        if names[0] == above and len(names) > 1:
            names = names[1:]
    return names[0]


def _identifiers(operations: Iterable[Route | Held]) -> dict[tuple[str, str], str]:
    """Return a name for each operation: what it does, and to what (`getAgentDiff`, `postRunStop`).

    Raises:
        ValueError: two would have the same.
    """
    names = {_key(operation): _identifier(*_key(operation)) for operation in operations}
    if len(set(names.values())) != len(names):
        raise ValueError("two operations have the same name")
    return names


def _identifier(method: str, path: str) -> str:
    parts = path.strip("/").split("/")
    if parts[:2] == ["constellations", "{constellation}"] and len(parts) > 2:
        parts = parts[2:]
    words = []
    for at, part in enumerate(parts):
        after = parts[at + 1] if at + 1 < len(parts) else ""
        if not part.startswith("{"):
            one = after.startswith("{") and after not in _NESTED
            words.append(_capital(part.removesuffix("s") if one else part))
        elif part in _NESTED:
            words.append(_capital(part[1:-1]))
    return method.lower() + "".join(words)


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:].replace(".json", "")


def _links(
    operations: Sequence[Route | Held], names: Mapping[tuple[str, str], str]
) -> dict[tuple[str, str], dict[str, Any]]:
    """Return how answers lead on: from a list to what can be read of its first entry, from new to change."""
    first = {"constellation": "$response.body#/data/0/id"}
    agent = {"constellation": "$request.path.constellation", "agent": "$response.body#/data/0/name"}
    comment = {
        "constellation": "$request.path.constellation",
        "agent": "$request.path.agent",
        "comment": "$response.body#/id",
    }
    leads: tuple[tuple[tuple[str, str], dict[str, str], frozenset[str]], ...] = (
        (("GET", "/constellations"), first, frozenset({"GET"})),
        (("GET", "/constellations/{constellation}/agents"), agent, frozenset({"GET"})),
        (
            ("POST", "/constellations/{constellation}/agents/{agent}/comments"),
            comment,
            frozenset({"PATCH", "DELETE"}),
        ),
        (("POST", "/tokens"), {"id": "$response.body#/id"}, frozenset({"DELETE"})),
    )
    return {
        source: {
            names[_key(operation)]: {"operationId": names[_key(operation)], "parameters": values}
            for operation in operations
            if isinstance(operation, Route)
            and operation.method in methods
            and {part[1:-1] for part in operation.path.split("/") if part.startswith("{")} == values.keys()
        }
        for source, values, methods in leads
    }
