"""Values -> YAML text, for what an edit puts into a file. What is written reads back as the same value."""

import json
import re
from collections.abc import Mapping

from constellagent.spec.scalars import resolve

_PLAIN = re.compile(r"[A-Za-z0-9_./(][A-Za-z0-9_./()@+=~;^-]*( [A-Za-z0-9_./()@+=~;^-]+)*")
"""Texts that need no quotes in any spot; others might, and quotes are never wrong."""


def flow(value: object) -> str:
    """Return a value on one line, lists in brackets and mappings in braces."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(str(key))}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return scalar(value)


def block(settings: Mapping[str, object], indent: str, step: str) -> list[str]:
    """Return a mapping as lines, one a key; `indent` stands before each, `step` deepens it."""
    lines = []
    for key, value in settings.items():
        if isinstance(value, Mapping) and value:
            lines += [f"{indent}{scalar(key)}:", *block(value, indent + step, step)]
        else:
            lines.append(f"{indent}{scalar(key)}: {flow(value)}")
    return lines


def scalar(value: object) -> str:
    """Return one value; a text without quotes only where nothing could read it as something else."""
    if not isinstance(value, str):
        return json.dumps(value)
    if _PLAIN.fullmatch(value) and resolve(value) == value and "---" not in value:
        return value
    quoted = json.dumps(value, ensure_ascii=False)
    return "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in quoted)
