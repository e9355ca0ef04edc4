"""What a tool is: words for the model, the shape of what it takes and gives, and what it does."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

Desk = TypeVar("Desk")
"""Whom a tool asks: the provider's client for an identity, or the daemon for a fleet."""

Schema = Mapping[str, Any]
Arguments = Mapping[str, Any]

LONGEST_WAIT = 600
"""Seconds that a tool may wait for something to arrive."""


class Tool(NamedTuple, Generic[Desk]):
    """One tool.

    Attributes:
        name: by what the model calls it.
        about: when and how to use it.
        run: does it; gets whom to ask, and arguments that fit `takes`, with the defaults filled in.
        gives: the properties of the result.
        takes: the properties of the arguments; one without `default` is needed, unless it is in `optional`.
        optional: arguments that may be left out and have no default.
        reads: it changes nothing.
        destroys: it takes away something that cannot be brought back.
        outside: others see what it does.
    """

    name: str
    about: str
    run: Callable[[Desk, Arguments], Awaitable[dict[str, Any]]]
    gives: Mapping[str, Schema]
    takes: Mapping[str, Schema] = {}
    optional: frozenset[str] = frozenset()
    reads: bool = False
    destroys: bool = False
    outside: bool = False

    @property
    def required(self) -> list[str]:
        """The arguments that must be given."""
        return [
            name for name, shape in self.takes.items() if "default" not in shape and name not in self.optional
        ]

    def input_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the arguments."""
        return {
            "type": "object",
            "properties": {name: dict(shape) for name, shape in self.takes.items()},
            "required": self.required,
            "additionalProperties": False,
        }

    def output_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the result; what is not there is left out."""
        return {"type": "object", "properties": {name: dict(shape) for name, shape in self.gives.items()}}
