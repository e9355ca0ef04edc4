"""What a program that asks its terminal something is told.

The engine calls back for the bytes of an answer and for some facts in it. The callbacks are made once and
know their terminal by a handle, so that a screen holds no cycle through them. None of them may feed the
terminal, and none raises: an exception could not pass through the engine.
"""

from typing import Any, Literal

from constellagent.term.screen import library

Background = Literal["dark", "light"]

NAME = b"constellagent"
_MOST = 64 * 1024
"""Bytes kept for a program that asks more than anybody fetches; more are dropped."""
_CELL_PIXELS = (8, 16)
_COLORS: dict[Background, tuple[tuple[int, int, int], tuple[int, int, int]]] = {
    "dark": ((0xFF, 0xFF, 0xFF), (0x00, 0x00, 0x00)),
    "light": ((0x00, 0x00, 0x00), (0xFF, 0xFF, 0xFF)),
}
_CONFORMANCE = 62
"""A VT220 in DA1, as other terminals of today say."""
_ANSI_COLOR = 22
_VT220 = 1


class Replies:
    """The answers of one terminal, and the facts that they are made of."""

    def __init__(self, rows: int, columns: int, background: Background) -> None:
        self.size = (rows, columns)
        self._background = background
        self._pending = bytearray()

    def add(self, data: bytes) -> None:
        """Keep an answer, unless too many wait already."""
        if len(self._pending) + len(data) <= _MOST:
            self._pending += data

    def take(self) -> bytes:
        """Return the answers since the last call."""
        taken = bytes(self._pending)
        self._pending.clear()
        return taken

    @property
    def scheme(self) -> int:
        """Return the engine's number for a dark or a light terminal."""
        return int(library.SCHEME_DARK if self._background == "dark" else library.SCHEME_LIGHT)

    def attach(self, terminal: Any) -> Any:
        """Let `terminal` answer through this, as long as the caller keeps what is returned."""
        handle = library.new_handle(self)
        for option, value in (
            (library.OPT_USERDATA, handle),
            *_CALLBACKS,
        ):
            library.must(library.terminal_set(terminal, option, value), "answer queries")
        foreground, background = _COLORS[self._background]
        for option, (red, green, blue) in (
            (library.OPT_FOREGROUND, foreground),
            (library.OPT_BACKGROUND, background),
            (library.OPT_CURSOR_COLOR, foreground),
        ):
            color = library.new(library.COLOR, {"r": red, "g": green, "b": blue})
            library.must(library.terminal_set(terminal, option, color), "set its colours")
        return handle


_NAME = library.new(library.U8_ARRAY, NAME)


def _on_reply(_terminal: Any, userdata: Any, data: Any, length: int) -> None:
    library.from_handle(userdata).add(bytes(library.buffer(data, length)))


def _on_version(_terminal: Any, _userdata: Any) -> Any:
    name = library.new(library.STRING)
    name.ptr, name.len = _NAME, len(NAME)
    return name[0]


def _on_size(_terminal: Any, userdata: Any, size: Any) -> bool:
    size.rows, size.columns = library.from_handle(userdata).size
    size.cell_width, size.cell_height = _CELL_PIXELS
    return True


def _on_scheme(_terminal: Any, userdata: Any, scheme: Any) -> bool:
    scheme[0] = library.from_handle(userdata).scheme
    return True


def _on_attributes(_terminal: Any, _userdata: Any, attributes: Any) -> bool:
    attributes.primary.conformance_level = _CONFORMANCE
    attributes.primary.features[0] = _ANSI_COLOR
    attributes.primary.num_features = 1
    attributes.secondary.device_type = _VT220
    attributes.secondary.firmware_version = 10
    attributes.secondary.rom_cartridge = 0
    attributes.tertiary.unit_id = 0
    return True


_CALLBACKS = (
    (library.OPT_WRITE_PTY, library.callback(library.ON_REPLY, _on_reply)),
    (library.OPT_XTVERSION, library.callback(library.ON_VERSION, _on_version)),
    (library.OPT_SIZE, library.callback(library.ON_SIZE, _on_size)),
    (library.OPT_COLOR_SCHEME, library.callback(library.ON_SCHEME, _on_scheme)),
    (library.OPT_DEVICE_ATTRIBUTES, library.callback(library.ON_ATTRIBUTES, _on_attributes)),
)
