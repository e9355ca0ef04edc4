"""The page's TypeScript types, written from the API's description: one truth for server and page.

`pytest tests/faces/web/test_page_types.py --update-golden` writes them into the page's sources.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "constellagent" / "faces" / "web" / "ui" / "src" / "api"
FILE = "schema.ts"

_HEAD = """/**
 * The shapes of the API, generated from schemas/openapi.json by tests/page_types.py. Do not edit:
 * `pytest tests/faces/web/test_page_types.py --update-golden` writes it.
 */
"""
_PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
_WIDTH = 110


def render(document: Mapping[str, Any]) -> str:
    """Return the TypeScript file for an OpenAPI document of ours."""
    blocks = [_interface(name, schema) for name, schema in document["components"]["schemas"].items()]
    return _HEAD + "\n" + "\n".join([*blocks, _operations(document["paths"])])


def _interface(name: str, schema: Mapping[str, Any]) -> str:
    lines = [*_comment(schema.get("description", ""), ""), f"export interface {name} {{"]
    required = schema.get("required", [])
    for key, value in schema.get("properties", {}).items():
        lines += _member(f"{key}{'' if key in required else '?'}", type_of(value))
    return "\n".join([*lines, "}", ""])


def _member(name: str, kind: str) -> list[str]:
    """Return a member as the page's formatter breaks it."""
    line = f"  {name}: {kind};"
    if len(line) <= _WIDTH or " | " not in kind or kind.endswith("[]"):
        return [line]
    parts = [f"    | {part}" for part in kind.split(" | ")]
    return [f"  {name}:", *parts[:-1], f"{parts[-1]};"]


def _comment(text: str, indent: str) -> Iterator[str]:
    if not text:
        return
    lines = text.split("\n")
    if len(lines) == 1:
        yield f"{indent}/** {lines[0]} */"
        return
    yield f"{indent}/**"
    yield from (f"{indent} * {line}".rstrip() for line in lines)
    yield f"{indent} */"


def type_of(schema: Mapping[str, Any]) -> str:
    """Return the TypeScript type of a JSON Schema."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(type_of(one) for one in schema["anyOf"]))
    if "const" in schema:
        return _literal(schema["const"])
    if "enum" in schema:
        return " | ".join(_literal(one) for one in schema["enum"])
    return _composed(schema)


def _composed(schema: Mapping[str, Any]) -> str:
    match schema.get("type"):
        case "array":
            inner = type_of(schema.get("items", {}))
            return f"({inner})[]" if " | " in inner else f"{inner}[]"
        case "object":
            values = schema.get("additionalProperties", True)
            return f"Record<string, {type_of(values) if isinstance(values, dict) else 'unknown'}>"
        case plain:
            return _PLAIN.get(str(plain), "unknown")


def _literal(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def _operations(paths: Mapping[str, Any]) -> str:
    """Return the map from method and path to body, query and reply of each operation."""
    lines = [
        "/** What each operation takes and answers; `undefined` where there is nothing. */",
        "export interface Operations {",
    ]
    for path, methods in paths.items():
        for method, one in methods.items():
            lines += [
                f'  "{method.upper()} {path}": {{',
                f"    body: {_body(one)};",
                *_query(one),
                f"    reply: {_reply(one)};",
                "  };",
            ]
    return "\n".join([*lines, "}", ""])


def _body(operation: Mapping[str, Any]) -> str:
    body = operation.get("requestBody")
    return type_of(body["content"]["application/json"]["schema"]) if body else "undefined"


def _query(operation: Mapping[str, Any]) -> list[str]:
    given = [one for one in operation["parameters"] if one["in"] == "query"]
    if not given:
        return ["    query: undefined;"]
    members = [f"{one['name']}{'' if one['required'] else '?'}: {type_of(one['schema'])}" for one in given]
    line = f"    query: {{ {'; '.join(members)} }};"
    if len(line) <= _WIDTH:
        return [line]
    return ["    query: {", *(f"      {member};" for member in members), "    };"]


def _reply(operation: Mapping[str, Any]) -> str:
    success = next(answer for status, answer in operation["responses"].items() if int(status) < 300)
    if "x-message" in success:
        return type_of(success["x-message"])
    for content in success.get("content", {}).values():
        schema = content["schema"]
        inner = schema.get("x-line") or schema.get("x-data")
        if inner is not None:
            return type_of(inner)
        if "data" in schema.get("properties", {}):
            return f"{{ data: {type_of(schema['properties']['data'])}; next: string }}"
        return type_of(schema)
    return "undefined"
