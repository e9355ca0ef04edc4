"""Looks into JSON that other programs wrote, of which nothing is certain, and writes such files."""

import json
import re
from collections.abc import Mapping
from typing import Any


def text(of: Mapping[str, Any], key: str) -> str:
    """Return the text at a key; empty where there is none, or something else."""
    found = of.get(key)
    return found if isinstance(found, str) else ""


def number(of: Mapping[str, Any], key: str) -> int:
    """Return the whole number at a key; 0 where there is none, or something else."""
    found = of.get(key)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def part(of: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return the object at a key; an empty one where there is none, or something else."""
    found = of.get(key)
    return found if isinstance(found, dict) else {}


def plain(prompt: str) -> str:
    """Return a prompt that is one in any program: a mark in front would make it an option or a command.

    A shell command that a `!` begins would be run without any question.
    """
    return f" {prompt}" if prompt.startswith(("-", "!", "/")) else prompt


def inside(outer: dict[str, Any], key: str) -> dict[str, Any]:
    """Return the object at a key, which is made where there is none."""
    inner = outer.get(key)
    if not isinstance(inner, dict):
        inner = outer[key] = {}
    return inner


def written(value: object) -> str:
    """Return a value as the text of a JSON file."""
    return json.dumps(value, indent=2) + "\n"  # escaped, because half a character cannot be written


def literal(folder: object) -> str:
    """Return a path as a glob pattern that means nothing but this path."""
    return re.sub(r"([*?[])", r"[\1]", str(folder))
