"""Which operation a request's path and method mean.

The path is matched as it was sent, segment by segment, and decoded only then: an encoded slash never
separates, and an encoded dot never climbs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar
from urllib.parse import unquote

from constellagent.faces.web.problems import HttpError, UnknownError

PREFIX = "/api/v1"
"""What all operations of the API are below."""


class Placed(Protocol):
    """Something with a path in the API."""

    @property
    def path(self) -> str:
        """Below `PREFIX`, with parameters in braces."""
        ...


Operation = TypeVar("Operation", bound=Placed)


@dataclass(slots=True)
class _Node(Generic[Operation]):
    """What may come after the same beginning of a path."""

    named: "dict[str, _Node[Operation]]" = field(default_factory=dict)
    any: "_Node[Operation] | None" = None
    operations: dict[str, Operation] = field(default_factory=dict)


class Table(Generic[Operation]):
    """All operations, found by path and method. A name in a path wins over a parameter there."""

    def __init__(self) -> None:
        self._root: _Node[Operation] = _Node()

    def add(self, method: str, operation: Operation, *, head: bool = True) -> None:
        """Enter an operation; with `head` one for GET answers HEAD too.

        Raises:
            ValueError: the same method and path were entered before.
        """
        node = self._root
        for segment in operation.path.strip("/").split("/"):
            if not segment.startswith("{"):
                node = node.named.setdefault(segment, _Node())
                continue
            if node.any is None:
                node.any = _Node()
            node = node.any
        if method in node.operations:
            raise ValueError(f"two operations for {method} {operation.path}")
        node.operations[method] = operation
        if head and method == "GET":
            node.operations["HEAD"] = operation

    def find(self, method: str, path: str) -> tuple[Operation, Mapping[str, str]]:
        """Return the operation and the values of its path's parameters; `path` is raw, below `PREFIX`.

        Raises:
            HttpError: there is none at the path (404), or not with this method (405).
        """
        segments = path.removeprefix("/").split("/")
        node = _descend(self._root, segments)
        if node is None or not path.startswith("/"):
            raise UnknownError("there is nothing at this address", hint="GET /api/v1/openapi.json lists all")
        operation = node.operations.get(method)
        if operation is None:
            allowed = ", ".join(sorted(node.operations))
            raise HttpError(405, f"{method} cannot be done at this address", headers={"Allow": allowed})
        names = operation.path.strip("/").split("/")
        return operation, {
            name[1:-1]: decoded(value)
            for name, value in zip(names, segments, strict=True)
            if name.startswith("{")
        }


def decoded(text: str) -> str:
    """Return percent-encoded text as it was meant; bytes that are no UTF-8 become lone surrogates."""
    return unquote(text, errors="surrogateescape")


def _descend(node: _Node[Operation], segments: list[str]) -> _Node[Operation] | None:
    """Return the node of a path that has operations, trying names before parameters."""
    if not segments:
        return node if node.operations else None
    first, rest = segments[0], segments[1:]
    if (named := node.named.get(decoded(first))) is not None:
        found = _descend(named, rest)
        if found is not None:
            return found
    if node.any is not None and first:
        return _descend(node.any, rest)
    return None
