"""YAML text as a tree whose every part knows where it is written.

Lines and columns are for people, offsets (in characters, the end exclusive) are for edits of the text.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something is written: 1-based line and column."""

    line: int
    column: int


@dataclass(slots=True, eq=False)
class _Node:
    """What all nodes have.

    Attributes:
        place: where it begins.
        start: its first character; in block style that of its first key or dash.
        end: behind its last character, without comments and blanks that follow.
        size: how many nodes it has with aliases written out, itself counted.
        height: how many levels of collections it has.
    """

    place: Place
    start: int = 0
    end: int = 0
    size: int = 1
    height: int = 0


@dataclass(slots=True, eq=False)
class Scalar(_Node):
    """One value: `text` as written, `value` as meant, `quoted` where its form makes it a text."""

    text: str = ""
    value: object = None
    quoted: bool = False


@dataclass(slots=True, eq=False)
class Sequence(_Node):
    """A list of nodes; `flow` in brackets."""

    items: list["Node"] = field(default_factory=list)
    flow: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a mapping and its value.

    Attributes:
        place: where the key is written.
        node: the value; of an alias what it names.
        start: first character of the key.
        key_end: behind the key.
        value_start: first character of the value as written here, which may be an alias.
        end: behind the value as written here.
        inherited: it came through `<<`, so it is written elsewhere.
    """

    place: Place
    node: "Node"
    start: int = 0
    key_end: int = 0
    value_start: int = 0
    end: int = 0
    inherited: bool = False


@dataclass(slots=True, eq=False)
class Mapping(_Node):
    """Entries by the text of their keys; `flow` in braces."""

    entries: dict[str, Entry] = field(default_factory=dict)
    flow: bool = False


Node = Scalar | Sequence | Mapping


def plain(node: Node) -> Any:
    """Return the values of a tree without their places."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key: plain(entry.node) for key, entry in node.entries.items()}


def dotted(steps: Iterable[str | int]) -> str:
    """Return steps as one path for people; a key that would not print on one line is shown as an escape."""
    return ".".join(_written(str(step)) for step in steps)


def _written(step: str) -> str:
    if step.isprintable() and len(step) <= 80:
        return step
    return ascii(step if len(step) <= 80 else step[:77] + "...")
