"""One terminal of the engine's, and everything that can be asked of it by a single call."""

import weakref
from typing import Any

from constellagent.errors import WorldError
from constellagent.term.cells import Style
from constellagent.term.screen import library
from constellagent.term.screen.reader import style_of

HISTORY_BYTES = 64_000_000
"""Memory that the scrollback of one screen may take; the engine's own default holds 200 rows only."""
CONTINUATION_BYTES = 64 * 1024
"""Of an unfinished sequence that the engine's own form of a screen keeps."""
APC_BYTES = 64 * 1024
GRAPHEMES = 2027
_ANSI_MODE = 1 << 15
CELL_PIXELS = (8, 16)
ALTERNATE = 1


class Terminal:
    """Owns the engine's terminal; `pointer` is what its functions take, until `close`."""

    def __init__(self, pointer: Any, *, scrollback: int) -> None:
        self.pointer = pointer
        self._free = weakref.finalize(self, library.terminal_free, pointer)
        self._free.atexit = False
        for option, ctype, value in (
            (library.OPT_HISTORY_BYTES, library.SIZE, HISTORY_BYTES),
            (library.OPT_HISTORY_LINES, library.SIZE, scrollback),
            (library.OPT_CONTINUATION_BYTES, library.SIZE, CONTINUATION_BYTES),
            (library.OPT_IMAGE_LIMIT, library.U64, 0),
            (library.OPT_APC_BYTES, library.SIZE, APC_BYTES),
            (library.OPT_APC_BYTES_KITTY, library.SIZE, APC_BYTES),
        ):
            library.must(library.terminal_set(pointer, option, library.new(ctype, value)), "set its limits")
        self._u16 = library.new(library.U16)
        self._size = library.new(library.SIZE)
        self._bool = library.new(library.BOOL)
        self._int = library.new(library.INT)
        self._mode = library.new(library.MODE)

    @classmethod
    def make(cls, rows: int, columns: int, *, scrollback: int) -> "Terminal":
        """Return a new one."""
        made = library.new(library.TERMINAL)
        library.must(library.terminal_new(library.NULL, made, columns, rows), "make a terminal")
        return cls(made[0], scrollback=scrollback)

    def close(self) -> None:
        """Free it; nothing else may be called after this."""
        self._free()
        self.pointer = None

    def write(self, data: bytes) -> None:
        """Let the engine read output. It holds no lock of the interpreter meanwhile."""
        library.vt_write(self.pointer, data, len(data))

    def resize(self, rows: int, columns: int) -> None:
        """Give it a size; soft-wrapped lines of the normal screen flow anew."""
        library.must(library.terminal_resize(self.pointer, columns, rows, *CELL_PIXELS), "resize the screen")

    def number(self, key: int) -> int:
        """Return a value of 16 bits."""
        library.terminal_get(self.pointer, key, self._u16)
        return int(self._u16[0])

    def flag(self, key: int) -> bool:
        """Return a boolean value."""
        library.terminal_get(self.pointer, key, self._bool)
        return bool(self._bool[0])

    def string(self, key: int) -> str:
        """Return a value that is text."""
        text = library.new(library.STRING)
        if library.terminal_get(self.pointer, key, text) != library.SUCCESS or not text.len:
            return ""
        return bytes(library.buffer(text.ptr, text.len)).decode("utf-8", "replace")

    @property
    def rows(self) -> int:
        """Height of the screen."""
        return self.number(library.DATA_ROWS)

    @property
    def columns(self) -> int:
        """Width of the screen."""
        return self.number(library.DATA_COLUMNS)

    @property
    def history_rows(self) -> int:
        """How many rows of scrollback the screen has that is shown; the alternate one has none."""
        library.terminal_get(self.pointer, library.DATA_HISTORY_ROWS, self._size)
        return int(self._size[0])

    @property
    def on_alternate(self) -> bool:
        """Whether the alternate screen is shown."""
        library.terminal_get(self.pointer, library.DATA_ACTIVE_SCREEN, self._int)
        return bool(self._int[0] == ALTERNATE)

    def mode(self, number: int, *, ansi: bool = False) -> bool:
        """Return whether a mode is set."""
        self._mode.mode = number | (_ANSI_MODE if ansi else 0)
        library.must(library.terminal_get(self.pointer, library.DATA_MODE, self._mode), "read a mode")
        return bool(self._mode.value)

    def set_mode(self, number: int, *, on: bool) -> None:
        """Set a private mode."""
        self._set_mode(library.OPT_MODE, number, on=on)

    def set_first_mode(self, number: int, *, on: bool) -> None:
        """Say what a private mode is after a reset."""
        self._set_mode(library.OPT_MODE_DEFAULT, number, on=on)

    def _set_mode(self, option: int, number: int, *, on: bool) -> None:
        self._mode.mode, self._mode.value = number, on
        library.must(library.terminal_set(self.pointer, option, self._mode), "set a mode")

    def pen(self) -> Style:
        """Return how text that is written next will look; its link and its protection are not known."""
        style = library.sized(library.STYLE)
        library.must(library.terminal_get(self.pointer, library.DATA_PEN, style), "read the pen")
        return style_of(bytes(library.buffer(style)))

    def compress(self) -> None:
        """Compress the scrollback; it is read and grown as before."""
        result = library.new(library.COMPRESSION)
        library.must(
            library.terminal_compress(self.pointer, library.COMPRESS_FULL, result), "compress the scrollback"
        )

    def format(self, first: int, stop: int, *, vt: bool = False, extras: tuple[str, ...] = ()) -> bytes:
        """Return rows `first` to `stop`, counted from the oldest, as the engine itself writes them.

        Each row is a line; blank rows at the end are left out. `vt` adds colours. `extras` names states to
        add, those of the screen with a `screen.` before them.
        """
        options = library.sized(library.FORMAT_OPTIONS)
        options.emit = library.FORMAT_VT if vt else library.FORMAT_PLAIN
        options.unwrap = options.trim = False
        selection = library.sized(library.SELECTION)
        point = library.new(library.POINT)
        point.tag = library.POINT_SCREEN
        for place, row, column in (
            (selection.start, first, 0),
            (selection.end, stop - 1, self.columns - 1),
        ):
            point.value.x, point.value.y = column, row
            library.must(library.grid_ref(self.pointer, point[0], library.addressof(place)), "find a row")
        options.selection = selection
        for name in extras:
            group, _, extra = name.rpartition(".")
            setattr(options.extra.screen if group else options.extra, extra, True)
        formatter = library.new(library.FORMATTER)
        library.must(library.formatter_new(library.NULL, formatter, self.pointer, options[0]), "format")
        try:
            return _taken(lambda data, size: library.format_alloc(formatter[0], library.NULL, data, size))
        finally:
            library.formatter_free(formatter[0])

    def unfinished(self) -> bytes | None:
        """Return the beginning of a sequence that more bytes would finish, None where it is too long."""
        if self.flag(library.DATA_GROUND):
            return b""
        try:
            return _taken(lambda data, size: library.continuation(self.pointer, library.NULL, data, size))
        except WorldError:
            return None

    def encode(self) -> bytes | None:
        """Return the whole terminal in the engine's own form, None where it refuses."""
        try:
            return _taken(lambda data, size: library.snapshot_encode(self.pointer, library.NULL, data, size))
        except WorldError:
            return None


def _taken(call: Any) -> bytes:
    """Return what a call that allocates its result gives."""
    data, size = library.new(library.U8_POINTER), library.new(library.SIZE)
    library.must(call(data, size), "write the screen")
    try:
        return bytes(library.buffer(data[0], size[0])) if size[0] else b""
    finally:
        library.free(library.NULL, data[0], size[0])


def decoded(data: bytes, *, scrollback: int, whole: bool = True) -> Terminal | None:
    """Return the terminal that `encode` gave `data` of, None for what is none.

    Not `whole`: without its scrollback, which is most of the work.
    """
    decoder, made = library.new(library.DECODER), library.new(library.TERMINAL)
    library.must(library.decoder_new(library.NULL, decoder, data, len(data)), "make a decoder")
    try:
        library.decoder_set(
            decoder[0], library.DECODER_CONTINUATION_BYTES, library.new(library.SIZE, CONTINUATION_BYTES)
        )
        library.decoder_set(decoder[0], library.DECODER_RETAIN, library.new(library.BOOL, True))
        read = library.decoder_decode if whole else library.decoder_ready
        if read(decoder[0], made) != library.SUCCESS:
            return None
    finally:
        library.decoder_free(decoder[0])
    return Terminal(made[0], scrollback=scrollback)
