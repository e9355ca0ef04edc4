"""A session's screen on disk, so that the next daemon goes on from it instead of from the log's beginning.

The log is bounded, so of a long session it alone does not give the screen. The file is replaced whole; one
that a crash of the machine left damaged is found out by its checksum, and counts as none.
"""

import json
import os
import stat
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

_NAME = "screen"
_FORMAT = 1
_FAST = 1
_LARGEST = 1 << 28
"""Bytes that a screen unpacks to at most; more than this is not ours."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A screen as it was after the output up to `offset` of the log.

    Attributes:
        offset: of the log.
        rows: of the screen.
        columns: of the screen.
        form: see `screen_views.ScreenForm`.
        engine: release of the terminal engine that wrote it.
        data: the screen in that form.
        memory: what was known of the session beside its screen, as JSON values.
    """

    offset: int
    rows: int
    columns: int
    form: Literal["ansi", "engine"]
    engine: str
    data: bytes
    memory: Mapping[str, Any] = field(default_factory=dict)


_WIDEST = 65535
_HEADER = {name.name for name in fields(Checkpoint)} - {"data"}


def write(folder: Path, checkpoint: Checkpoint) -> None:
    """Replace the checkpoint of the session in `folder`; readable for this user only.

    Raises:
        OSError: it cannot be written; the one before stays.
    """
    header = {name: value for name, value in asdict(checkpoint).items() if name in _HEADER}
    line = json.dumps({"format": _FORMAT, **header}).encode()
    content = zlib.compress(line + b"\n" + checkpoint.data, _FAST)
    fresh = folder / f"{_NAME}.new"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(fresh, flags, 0o600), "wb") as file:
            file.write(content)
        fresh.replace(folder / _NAME)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise


def read(folder: Path) -> Checkpoint | None:
    """Return the checkpoint of the session in `folder`, None where there is none that makes sense.

    Raises:
        OSError: there is one and it cannot be read.
    """
    try:
        fd = os.open(folder / _NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with os.fdopen(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            return None
        packed = file.read()
    try:
        unpacker = zlib.decompressobj()
        content = unpacker.decompress(packed, _LARGEST)
        if not unpacker.eof:
            return None
        line, _, data = content.partition(b"\n")
        header = json.loads(line)
        if header.pop("format") != _FORMAT or set(header) != _HEADER:
            return None
        return Checkpoint(data=data, **header) if _makes_sense(header) else None
    except (zlib.error, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _makes_sense(header: Mapping[str, Any]) -> bool:
    """Whether the values are such as `write` writes; somebody else may have written them."""
    offset, rows, columns = header["offset"], header["rows"], header["columns"]
    return (
        all(type(number) is int for number in (offset, rows, columns))
        and offset >= 0
        and 1 <= min(rows, columns) <= max(rows, columns) <= _WIDEST
        and header["form"] in {"ansi", "engine"}
        and isinstance(header["engine"], str)
        and isinstance(header["memory"], dict)
    )
