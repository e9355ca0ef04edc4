"""The few JSON Schemas that tools are described with, and the check of arguments against them."""

from collections.abc import Mapping
from typing import Any

from constellagent.errors import UsageError
from constellagent.faces.mcp.tool import LONGEST_WAIT, Schema, Tool

LONGEST_PATTERN = 200
"""Characters of a regular expression."""

_KINDS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "array": (list,),
}


def text(about: str, **more: Any) -> dict[str, Any]:
    """Describe a string."""
    return {"type": "string", "description": about, **more}


def whole(about: str, **more: Any) -> dict[str, Any]:
    """Describe a whole number."""
    return {"type": "integer", "description": about, **more}


def flag(about: str, *, default: bool = False) -> dict[str, Any]:
    """Describe a switch."""
    return {"type": "boolean", "description": about, "default": default}


def texts(about: str) -> dict[str, Any]:
    """Describe a list of strings that may be left out."""
    return {"type": "array", "items": {"type": "string"}, "description": about, "default": []}


def rows(about: str, properties: Mapping[str, Schema]) -> dict[str, Any]:
    """Describe a list of objects."""
    return {
        "type": "array",
        "description": about,
        "items": {"type": "object", "properties": dict(properties)},
    }


def wait(about: str) -> dict[str, Any]:
    """Describe how long to wait."""
    return {"type": "number", "description": about, "minimum": 0, "maximum": LONGEST_WAIT, "default": 0}


def pattern(about: str) -> dict[str, Any]:
    """Describe a regular expression."""
    return text(about, default="", maxLength=LONGEST_PATTERN)


def accept(tool: Tool[Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments with defaults filled in.

    Raises:
        UsageError: one is unknown, missing, or not as described; names it and says what it must be.
    """
    known = ", ".join(tool.takes) or "none"
    for name in given:
        if name not in tool.takes:
            raise UsageError(f"{tool.name} takes no argument {name!r}", hint=f"its arguments are: {known}")
    for name in tool.required:
        if name not in given:
            raise UsageError(f"{tool.name} needs {name}: {tool.takes[name]['description']}")
    for name, value in given.items():
        if (wrong := _wrong(value, tool.takes[name])) is not None:
            raise UsageError(f"{tool.name}: {name} must be {wrong}")
    defaults = {name: shape["default"] for name, shape in tool.takes.items() if "default" in shape}
    return defaults | dict(given)


def _wrong(value: object, shape: Schema) -> str | None:
    """Return what a value must be and is not, None where it is all right."""
    kind = shape["type"]
    if not isinstance(value, _KINDS[kind]) or (isinstance(value, bool) and kind != "boolean"):
        return f"of type {kind}"
    if isinstance(value, list):
        inner = next((wrong for each in value if (wrong := _wrong(each, shape["items"]))), None)
        return f"a list, each {inner}" if inner else None
    if isinstance(value, str):
        return _wrong_text(value, shape)
    if isinstance(value, int | float):
        least, most = shape.get("minimum"), shape.get("maximum")
        if (least is not None and value < least) or (most is not None and not value <= most):
            return f"between {least} and {most}"
    return None


def _wrong_text(value: str, shape: Schema) -> str | None:
    if "enum" in shape and value not in shape["enum"]:
        return f"one of {', '.join(shape['enum'])}"
    if len(value) < shape.get("minLength", 0):
        return "not empty"
    if len(value) > shape.get("maxLength", len(value)):
        return f"at most {shape['maxLength']} characters long"
    return None
