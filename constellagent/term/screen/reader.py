"""Reads rows out of the engine, by its bulk access or, where that is not to be trusted, cell by cell."""

import weakref
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from constellagent.term.cells import (
    BLINK,
    BOLD,
    DIM,
    HIDDEN,
    INVERSE,
    ITALIC,
    OVERLINE,
    STRIKE,
    TRUECOLOR,
    Style,
)
from constellagent.term.screen import layout, library

_FAULT = layout.difference(library.TYPE_MANIFEST)
_ATTRIBUTES = (
    ("bold", BOLD),
    ("faint", DIM),
    ("italic", ITALIC),
    ("blink", BLINK),
    ("inverse", INVERSE),
    ("invisible", HIDDEN),
    ("strikethrough", STRIKE),
    ("overline", OVERLINE),
)
_PALETTE, _RGB = 1, 2
"""Tags of a colour in a style."""
_LINK_BYTES = 4096
"""Room for a URI; the engine keeps none of more than 2048 bytes."""


def fault() -> str:
    """Return why cells are read one by one instead of in bulk, empty where they are not."""
    return _FAULT


class Reader:
    """The engine's picture of one screen, and a place in it: the row that was last stepped to.

    Attributes:
        first: number of the picture's first row, counted from the oldest row of scrollback.
    """

    def __init__(self, terminal: Any) -> None:
        self.first = 0
        self._terminal = terminal
        self._state = library.new(library.RENDER_STATE)
        self._iterator = library.new(library.ROW_ITERATOR)
        self._cells = library.new(library.ROW_CELLS)
        library.must(library.state_new(library.NULL, self._state), "make a render state")
        library.must(library.iterator_new(library.NULL, self._iterator), "make an iterator of rows")
        library.must(library.cells_new(library.NULL, self._cells), "make an iterator of cells")
        self._free = weakref.finalize(self, _free, self._state[0], self._iterator[0], self._cells[0])
        self._free.atexit = False
        self._bulk = not fault()
        self._armed = False
        self._row = 0
        self._dirty = library.new(library.INT)
        self._view = library.new(library.CELLS_VIEW)
        self._style = library.sized(library.STYLE)
        self._style_bytes = library.buffer(self._style)
        self._length = library.new(library.U32)
        self._y = library.new(library.U16)
        self._raw_row = library.new(library.ROW)
        self._flag = library.new(library.BOOL)

    def close(self) -> None:
        """Free it."""
        self._free()
        self._terminal = None

    def update(self) -> bool:
        """Take over what the terminal shows now; return whether anything changed since `clean`."""
        library.must(library.state_update(self._state[0], self._terminal), "read the screen")
        library.state_get(self._state[0], library.STATE_DIRTY, self._dirty)
        return bool(self._dirty[0])

    @property
    def wholly_changed(self) -> bool:
        """Whether every row changed, as of the last update."""
        return bool(self._dirty[0] == library.DIRTY_FULL)

    def clean(self) -> None:
        """Forget which rows changed."""
        library.state_clean(self._state[0])

    def look_below(self, rows: int) -> None:
        """Take `rows` more below the viewport into the picture from the next update on."""
        overscan = library.new(library.OVERSCAN)
        overscan.below = rows
        library.must(
            library.state_set(self._state[0], library.STATE_OVERSCAN, overscan), "read more than the screen"
        )

    def rows(self) -> Iterator[int]:
        """Step through all rows, from 0."""
        self._rewind()
        iterator = self._iterator[0]
        row = 0
        while library.iterator_next(iterator):
            self._row, self._armed = row, False
            yield row
            row += 1

    def changed_rows(self) -> Iterator[int]:
        """Step through the rows that changed since `clean`."""
        self._rewind()
        iterator = self._iterator[0]
        while library.iterator_next_dirty(iterator, self._y):
            self._row, self._armed = self._y[0], False
            yield self._row

    def _rewind(self) -> None:
        library.must(
            library.state_get(self._state[0], library.STATE_ROWS, self._iterator), "step through the rows"
        )

    def raw(self) -> bytes:
        """Return the cells of the row."""
        if not self._bulk:
            return self._raw_one_by_one()
        view = self._view
        library.must(library.row_get(self._iterator[0], library.ROW_CELLS_RAW, view), "read a row")
        return bytes(library.buffer(view.ptr, view.len * layout.CELL_BYTES))

    def _raw_one_by_one(self) -> bytes:
        """Return the cells of the row in our layout, each asked for what it holds."""
        self._arm()
        cells = self._cells[0]
        raw = bytearray()
        cell = library.new(library.CELL)
        column = 0
        while library.cells_select(cells, column) == library.SUCCESS:
            library.must(library.cells_get(cells, library.EACH_RAW, cell), "read a cell")
            raw += _in_our_layout(cell[0]).to_bytes(layout.CELL_BYTES, "little")
            column += 1
        return bytes(raw)

    def wraps(self) -> bool:
        """Return whether the row goes on in the next one because it was too long."""
        library.row_get(self._iterator[0], library.ROW_RAW, self._raw_row)
        library.flag_get(self._raw_row[0], library.ROW_WRAPS, self._flag)
        return bool(self._flag[0])

    def _arm(self) -> None:
        if not self._armed:
            library.must(
                library.row_get(self._iterator[0], library.ROW_CELLS_EACH, self._cells), "read a row's cells"
            )
            self._armed = True

    def style(self, column: int) -> Style:
        """Return the look of a cell of the row."""
        self._arm()
        library.cells_select(self._cells[0], column)
        library.must(library.cells_get(self._cells[0], library.EACH_STYLE, self._style), "read a style")
        return style_of(bytes(self._style_bytes))

    def cluster(self, column: int) -> str:
        """Return all code points of a cell of the row."""
        self._arm()
        cells = self._cells[0]
        library.cells_select(cells, column)
        library.must(library.cells_get(cells, library.EACH_CLUSTER_LENGTH, self._length), "read a cluster")
        points = library.new(library.U32_ARRAY, self._length[0])
        library.must(library.cells_get(cells, library.EACH_CLUSTER, points), "read a cluster")
        return "".join(map(chr, library.unpack(points, self._length[0])))

    def link(self, column: int) -> str:
        """Return the URI of a cell of the row that has one."""
        point = library.new(library.POINT)
        point.tag = library.POINT_SCREEN
        point.value.x, point.value.y = column, self.first + self._row
        place = library.sized(library.GRID_REF)
        library.must(library.grid_ref(self._terminal, point[0], place), "find a cell")
        length = library.new(library.SIZE)
        uri = library.new(library.U8_ARRAY, _LINK_BYTES)
        library.must(library.grid_ref_link(place, uri, _LINK_BYTES, length), "read a link")
        return bytes(library.buffer(uri, length[0])).decode("utf-8", "surrogateescape")

    def cursor(self) -> Any:
        """Return the engine's own description of the cursor, as of the last update."""
        cursor = library.sized(library.CURSOR)
        library.must(library.state_get(self._state[0], library.STATE_CURSOR, cursor), "read the cursor")
        return cursor


def _free(state: Any, iterator: Any, cells: Any) -> None:
    library.cells_free(cells)
    library.iterator_free(iterator)
    library.state_free(state)


@lru_cache(maxsize=16_384)
def style_of(structure: bytes) -> Style:
    """Return the style that the bytes of the engine's own structure hold."""
    style = library.new(library.STYLE)
    library.buffer(style)[:] = structure
    return Style(
        _color(style.fg_color),
        _color(style.bg_color),
        _color(style.underline_color),
        sum(bit for name, bit in _ATTRIBUTES if getattr(style, name)),
        style.underline,
    )


def _color(color: Any) -> int | None:
    if color.tag == _PALETTE:
        return int(color.value.palette)
    if color.tag == _RGB:
        rgb = color.value.rgb
        return TRUECOLOR | int(rgb.r) << 16 | int(rgb.g) << 8 | int(rgb.b)
    return None


def _in_our_layout(cell: int) -> int:
    """Return a cell of an unknown layout in the one that rows are decoded from."""
    tag = _part(cell, library.CELL_CONTENT_TAG, library.INT)
    if tag == layout.TAG_PALETTE:
        content = _part(cell, library.CELL_PALETTE, library.U8)
    elif tag == layout.TAG_RGB:
        color = library.new(library.COLOR)
        library.must(library.cell_get(cell, library.CELL_RGB, color), "read a cell's colour")
        content = color.r | color.g << 8 | color.b << 16
    else:
        content = _part(cell, library.CELL_CODEPOINT, library.U32)
    return (
        tag
        | content << layout.CONTENT_SHIFT
        | _part(cell, library.CELL_STYLE_ID, library.U16) << layout.STYLE_SHIFT
        | _part(cell, library.CELL_WIDE, library.INT) << layout.WIDE_SHIFT
        | (layout.PROTECTED if _part(cell, library.CELL_PROTECTED, library.BOOL) else 0)
        | (layout.LINKED if _part(cell, library.CELL_LINKED, library.BOOL) else 0)
    )


def _part(cell: int, which: int, ctype: Any) -> int:
    value = library.new(ctype)
    library.must(library.cell_get(cell, which, value), "read a part of a cell")
    return int(value[0])
