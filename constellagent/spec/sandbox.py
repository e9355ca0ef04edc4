"""What a file may say of an agent's sandbox: which one, its network, its limits, its further places.

The short form is one word (`sandbox: bwrap`), the long form a block of keys. What the words do is decided
where the sandbox is built; here is only what may be written.
"""

import re
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    WithJsonSchema,
    model_serializer,
    model_validator,
)

from constellagent.spec.suggest import did_you_mean, listed
from constellagent.spec.values import Block

SandboxKind = Literal["none", "bwrap", "seatbelt"]
KINDS: tuple[SandboxKind, ...] = ("none", "bwrap", "seatbelt")

_SIZE = r"^[1-9][0-9]{0,8}(KiB|MiB|GiB|TiB)$"
_UNITS = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
_LEAST = 16 << 20
"""Bytes; with less no program of an agent starts."""
_MOST = 64 << 40
_WHOLE = {"/": "machine", "~": "home folder", "~/": "home folder"}
_PLACE = r"^(~|/)(/?[^\x00-\x1f]+)$"


def parse_size(value: object) -> int:
    """Return the bytes that a text such as `2GiB` says; a number from the model itself is passed through.

    Raises:
        ValueError: it is no such text, or less or more than any sandbox can have.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value >= _LEAST:
        return value
    found = re.fullmatch(r"([0-9]{1,9})([KMGT]iB)", value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("expected a size; write a number and a unit (KiB, MiB, GiB, TiB), such as 2GiB")
    size = int(found[1]) * _UNITS[found[2]]
    if not _LEAST <= size <= _MOST:
        raise ValueError(f"must be at least {format_size(_LEAST)} and at most {format_size(_MOST)}")
    return size


def format_size(size: int) -> str:
    """Return a number of bytes in the form that `parse_size` reads; whole KiB are counted."""
    unit = max((name for name in _UNITS if size % _UNITS[name] == 0), key=_UNITS.__getitem__, default="KiB")
    return f"{size // _UNITS[unit]}{unit}"


def _check_place(value: object) -> str:
    if isinstance(value, str) and value in _WHOLE:
        raise ValueError(
            f"the whole {_WHOLE[value]} cannot be named here; name the files or folders below it"
        )
    if not isinstance(value, str) or not re.fullmatch(_PLACE, value):
        raise ValueError("write a path from the root on, or one that begins with ~/")
    parts = PurePosixPath(value).parts
    if ".." in parts or len(parts) < 2 or (parts[0].startswith("~") and parts[0] != "~"):
        raise ValueError(f"{value[:80]!r} is not valid here; name a file or folder below / or ~/, without ..")
    return value


Size = Annotated[
    int,
    BeforeValidator(parse_size),
    PlainSerializer(format_size, return_type=str),
    WithJsonSchema({"type": "string", "pattern": _SIZE, "examples": ["512MiB", "2GiB"]}),
]
"""A number of bytes, written as `512MiB` or `2GiB`."""

SandboxPlace = Annotated[
    str,
    BeforeValidator(_check_place),
    WithJsonSchema({"type": "string", "pattern": "^(~/|/).", "examples": ["~/.cache/pip"]}),
]
"""A file or folder of this machine, from the root on or below the home folder (`~/`)."""

_Places = Annotated[tuple[SandboxPlace, ...], Field(max_length=100)]


class Sandbox(Block):
    """What keeps an agent from the rest of the machine, and what it may have of it all the same."""

    kind: SandboxKind = Field(
        "none",
        description="none: all agents share your user. bwrap: it sees only its worktree and what it needs "
        "(Linux). seatbelt: the same for macOS, experimental.",
    )
    network: Literal["host", "none"] = Field(
        "host", description="host: the network as you have it. none: only its identity's provider."
    )
    memory: Size | None = Field(
        None, description="Memory for all its processes together, where the system lets us limit it."
    )
    processes: Annotated[int, Field(strict=True, ge=16, le=1_000_000)] | None = Field(
        None, description="Processes and threads it may have at once, where the system lets us limit it."
    )
    write: _Places = Field((), description="Further places that it may read and write.")
    read: _Places = Field((), description="Places that it may read although they are hidden otherwise.")
    hide: _Places = Field((), description="Further places that it must not see.")

    @property
    def words(self) -> str:
        """What a person is told of it in few words: `bwrap`, or `bwrap without a network`."""
        return self.kind if self.network == "host" else f"{self.kind} without a network"

    @model_validator(mode="after")
    def _has_kind(self) -> Self:
        if self.kind == "none" and self.model_fields_set - {"kind"}:
            raise ValueError("there is no sandbox to say this of; give kind: bwrap or seatbelt (macOS)")
        return self

    @model_serializer(mode="wrap")
    def _short(self, handler: SerializerFunctionWrapHandler) -> Any:
        """Write the short form where nothing else is said, as the file does."""
        fields = type(self).model_fields
        plain = all(getattr(self, name) == field.default for name, field in fields.items() if name != "kind")
        return self.kind if plain else handler(self)


def _read(value: object) -> object:
    """Read the short form.

    Raises:
        ValueError: it is neither a kind nor a block.
    """
    if isinstance(value, dict | Sandbox):
        return value
    if isinstance(value, str) and value in KINDS:
        return {"kind": value}
    near = did_you_mean(value, KINDS) if isinstance(value, str) else ""
    raise ValueError(f"expected {listed(KINDS)}, or a block with kind{near}")


SandboxChoice = Annotated[Sandbox, BeforeValidator(_read, json_schema_input_type=SandboxKind | Sandbox)]
"""How an agent says in what it is kept: a word, or a block."""
