"""The rows of a snapshot, thousands of them where scrollback is wanted.

The engine writes rows with their colours itself, in a small part of the time that this takes in Python, but
loses some things: what was never written, blank cells with a background, links, protection, clusters. So each
row is looked at, and written by the engine only where it has none of these.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from constellagent.term.screen import history
from constellagent.term.screen.layout import (
    CELL_BYTES,
    CODEPOINT_MASK,
    CONTENT_SHIFT,
    HEAD,
    TAG_CLUSTER,
    TAG_MASK,
    TAIL,
    WIDE,
    WIDE_MASK,
    WIDE_SHIFT,
)
from constellagent.term.screen.paint import Painter, Piece, pieces
from constellagent.term.screen.reader import Reader
from constellagent.term.screen.terminal import Terminal

_SIMPLE_TAG = bytes(byte for byte in range(256) if not byte & TAG_MASK)
"""First bytes of cells that hold one code point."""
_NARROW = bytes(range(4))
"""Sixth bytes of narrow cells that are neither protected, linked, nor of a prompt; their style is in them."""
_SIMPLE_KIND = bytes(style | width << 2 for style in _NARROW for width in (0, WIDE, TAIL))
"""The same of cells that may be wide, but not the head of a wrap."""
_WIDE_BLANK = re.compile(rb"\x80\0\0..[\x04-\x07]", re.DOTALL)
"""A wide space, which the engine writes as a narrow one."""
_BLANK = b"\0" * CELL_BYTES
_CERTAIN = re.compile(
    "[\x20-\u02ff\u0370-\u0373\u1e00-\u1fff\u2010-\u2027\u2030-\u205e\u2190-\u23e8\u2500-\u259f"
    "\u3000-\u3029\u3030-\u9fff\uac00-\ud7a3\uff01-\uffe6\x1b]*"
)
"""Characters of which everybody agrees how wide they are, alone and beside others."""
_UNDERLINE_COLOR = re.compile(rb"\x1b\[58;(5;\d+|2;\d+;\d+;\d+)m")


class _Laid(NamedTuple):
    """A row to be written: by what the engine made of it, or in pieces."""

    ready: str | None
    pieces: list[Piece]
    wraps: bool
    first: int
    last: int


def paint_rows(terminal: Terminal, primary: Reader, start: int, stop: int) -> list[str]:
    """Return what writes rows `start` to `stop`, from the beginning of a blank line on."""
    painter = Painter(terminal.columns)
    wrapped = False
    rows = _rows(terminal, primary, start, stop)
    row = next(rows, None)
    while row is not None:
        following = next(rows, None)
        goes_on = following is not None and _goes_on(row, following)
        if row.ready is not None and not (wrapped and row.ready.startswith("\x1b")):
            painter.ready(row.ready)
        else:
            painter.row(row.pieces, wrapped=wrapped, goes_on=goes_on)
        if following is not None and not goes_on:
            painter.newline()
        wrapped, row = goes_on, following
    painter.ready("")
    return painter.written


def _rows(terminal: Terminal, primary: Reader, start: int, stop: int) -> Iterator[_Laid]:
    """Step through the rows. Pieces are only made of those that the engine does not write rightly."""
    lines = _engine_lines(terminal, start, stop)
    was_wrapped = False
    for index, reader in enumerate(history.read(terminal, primary, start, stop)):
        raw = reader.raw()
        wraps = reader.wraps()
        line = lines[index] if index < len(lines) else ""
        ready = line if _is_simple(raw, line) else None
        needed = ready is None or (was_wrapped and ready.startswith("\x1b"))
        yield _Laid(
            ready,
            pieces(raw, reader) if needed else [],
            wraps,
            int.from_bytes(raw[:CELL_BYTES], "little"),
            int.from_bytes(raw[-CELL_BYTES:], "little"),
        )
        was_wrapped = wraps


def _engine_lines(terminal: Terminal, start: int, stop: int) -> list[str]:
    written = terminal.format(start, stop, vt=True)
    if b"\x1b[58;" in written:
        # With semicolons, a terminal that does not know it takes its parameters for others.
        written = _UNDERLINE_COLOR.sub(_with_colons, written)
    return written.decode("utf-8", "replace").split("\r\n")


def _with_colons(match: re.Match[bytes]) -> bytes:
    kind, _, values = match[1].partition(b";")
    return b"\x1b[58:%b:%b%bm" % (kind, b":" if kind == b"2" else b"", values.replace(b";", b":"))


def _is_simple(raw: bytes, line: str) -> bool:
    """Return whether the engine writes this row rightly."""
    if raw[::CELL_BYTES].translate(None, _SIMPLE_TAG):
        return False
    if line.isascii():
        if raw[5::CELL_BYTES].translate(None, _NARROW):
            return False
    elif (
        raw[5::CELL_BYTES].translate(None, _SIMPLE_KIND)
        or not _CERTAIN.fullmatch(line)
        or _WIDE_BLANK.search(raw)
    ):
        return False
    if not line:
        return raw == bytes(len(raw))
    # Zeros that begin inside a cell may look like a blank one; the row then only takes the slower way.
    blank = raw.find(_BLANK)
    return blank < 0 or raw[blank:] == bytes(len(raw) - blank)


def _goes_on(row: _Laid, following: _Laid) -> bool:
    """Return whether writing the two rows one after the other makes the soft wrap between them."""
    if not row.wraps or not _is_text(following.first):
        return False
    width = row.last >> WIDE_SHIFT & WIDE_MASK
    if width == HEAD:
        return following.first >> WIDE_SHIFT & WIDE_MASK == WIDE
    return width == TAIL or _is_text(row.last)


def _is_text(cell: int) -> bool:
    return cell & TAG_MASK <= TAG_CLUSTER and cell >> CONTENT_SHIFT & CODEPOINT_MASK != 0
