"""The terminal engine's C library, with all that we use of it bound once, at import.

The binding looks a function up at its first use, under a lock that is not reentrant: a garbage collection
inside it whose finalizer looks up another function would hang the process for ever. So nothing is looked up
later: functions, numbers and types are names of this module, and finalizers use functions from here.
"""

from typing import Any

from pyghostty import __version__
from pyghostty._ffi import ffi, lib

from constellagent.errors import WorldError

SUCCESS = 0
OUT_OF_SPACE = lib.GHOSTTY_OUT_OF_SPACE

NULL = ffi.NULL
new = ffi.new
buffer = ffi.buffer
addressof = ffi.addressof
sizeof = ffi.sizeof
new_handle = ffi.new_handle
from_handle = ffi.from_handle
callback = ffi.callback
unpack = ffi.unpack

_FIELDS = """
    GhosttyTerminal *terminal; GhosttyRenderState *render_state; GhosttyRenderStateRowIterator *row_iterator;
    GhosttyRenderStateRowCells *row_cells; GhosttyCellsView *cells_view; GhosttyCell *cell; GhosttyRow *row;
    GhosttyStyle *style; GhosttyRenderStateOverscan *overscan; GhosttyRenderStateCursor *cursor;
    GhosttyTerminalModeConfig *mode; GhosttyColorRgb *color; GhosttyString *string; GhosttyPointS *point;
    GhosttyGridRef *grid_ref; GhosttySelection *selection; GhosttyFormatterTerminalOptions *format_options;
    GhosttyFormatter *formatter; GhosttySnapshotDecoder *decoder; ConstellagentScroll *scroll;
    size_t *size; uint64_t *u64; uint32_t *u32; uint16_t *u16; uint8_t *u8; uint8_t **u8_pointer; bool *flag;
    int *number; GhosttyTerminalCompressionResult *compression;
    GhosttyTerminalWritePtyFn on_reply; GhosttyTerminalXtversionFn on_version;
    GhosttyTerminalSizeFn on_size; GhosttyTerminalColorSchemeFn on_scheme;
    GhosttyTerminalDeviceAttributesFn on_attributes; GhosttyResult (*grid_ref_function)(
        GhosttyTerminal, GhosttyPointS, GhosttyGridRef*);
    void (*scroll_function)(GhosttyTerminal, ConstellagentScroll);
"""


def _types() -> dict[str, Any]:
    """Return all types by the names above. Each parse of a declaration costs milliseconds, so it is one."""
    # A union cannot be passed by value through this binding; a structure of the same layout can.
    scroll = "typedef struct { int tag; uint64_t value; uint64_t rest; } ConstellagentScroll;"
    ffi.cdef(f"{scroll} typedef struct {{ {_FIELDS} }} ConstellagentTypes;", override=True)
    return {name: field.type for name, field in ffi.typeof("ConstellagentTypes").fields}


_TYPES = _types()
TERMINAL = _TYPES["terminal"]
RENDER_STATE = _TYPES["render_state"]
ROW_ITERATOR = _TYPES["row_iterator"]
ROW_CELLS = _TYPES["row_cells"]
CELLS_VIEW = _TYPES["cells_view"]
CELL = _TYPES["cell"]
ROW = _TYPES["row"]
STYLE = _TYPES["style"]
OVERSCAN = _TYPES["overscan"]
CURSOR = _TYPES["cursor"]
MODE = _TYPES["mode"]
COLOR = _TYPES["color"]
STRING = _TYPES["string"]
POINT = _TYPES["point"]
GRID_REF = _TYPES["grid_ref"]
SELECTION = _TYPES["selection"]
FORMAT_OPTIONS = _TYPES["format_options"]
FORMATTER = _TYPES["formatter"]
DECODER = _TYPES["decoder"]
SCROLL = _TYPES["scroll"]
SIZE = _TYPES["size"]
U64 = _TYPES["u64"]
U32 = _TYPES["u32"]
U16 = _TYPES["u16"]
U8 = _TYPES["u8"]
U8_POINTER = _TYPES["u8_pointer"]
BOOL = _TYPES["flag"]
INT = _TYPES["number"]
COMPRESSION = _TYPES["compression"]
ON_REPLY = _TYPES["on_reply"]
ON_VERSION = _TYPES["on_version"]
ON_SIZE = _TYPES["on_size"]
ON_SCHEME = _TYPES["on_scheme"]
ON_ATTRIBUTES = _TYPES["on_attributes"]
U8_ARRAY = ffi.typeof("uint8_t[]")
U32_ARRAY = ffi.typeof("uint32_t[]")

grid_ref = ffi.cast(_TYPES["grid_ref_function"], addressof(lib, "ghostty_terminal_grid_ref"))
scroll_viewport = ffi.cast(_TYPES["scroll_function"], addressof(lib, "ghostty_terminal_scroll_viewport"))
SCROLL_BOTTOM = lib.GHOSTTY_SCROLL_VIEWPORT_BOTTOM
SCROLL_ROW = lib.GHOSTTY_SCROLL_VIEWPORT_ROW
grid_ref_link = lib.ghostty_grid_ref_hyperlink_uri
POINT_ACTIVE = lib.GHOSTTY_POINT_TAG_ACTIVE
POINT_SCREEN = lib.GHOSTTY_POINT_TAG_SCREEN

terminal_new = lib.ghostty_terminal_new
terminal_free = lib.ghostty_terminal_free
terminal_get = lib.ghostty_terminal_get
terminal_set = lib.ghostty_terminal_set
terminal_resize = lib.ghostty_terminal_resize
terminal_compress = lib.ghostty_terminal_compress
continuation = lib.ghostty_terminal_continuation_alloc
vt_write = lib.ghostty_terminal_vt_write
COMPRESS_FULL = lib.GHOSTTY_TERMINAL_COMPRESSION_MODE_FULL

DATA_COLUMNS = lib.GHOSTTY_TERMINAL_DATA_COLS
DATA_ROWS = lib.GHOSTTY_TERMINAL_DATA_ROWS
DATA_CURSOR_X = lib.GHOSTTY_TERMINAL_DATA_CURSOR_X
DATA_CURSOR_Y = lib.GHOSTTY_TERMINAL_DATA_CURSOR_Y
DATA_PENDING_WRAP = lib.GHOSTTY_TERMINAL_DATA_CURSOR_PENDING_WRAP
DATA_CURSOR_VISIBLE = lib.GHOSTTY_TERMINAL_DATA_CURSOR_VISIBLE
DATA_ACTIVE_SCREEN = lib.GHOSTTY_TERMINAL_DATA_ACTIVE_SCREEN
DATA_KITTY_FLAGS = lib.GHOSTTY_TERMINAL_DATA_KITTY_KEYBOARD_FLAGS
DATA_PEN = lib.GHOSTTY_TERMINAL_DATA_CURSOR_STYLE
DATA_TITLE = lib.GHOSTTY_TERMINAL_DATA_TITLE
DATA_FOLDER = lib.GHOSTTY_TERMINAL_DATA_PWD
DATA_HISTORY_ROWS = lib.GHOSTTY_TERMINAL_DATA_SCROLLBACK_ROWS
DATA_MODE = lib.GHOSTTY_TERMINAL_DATA_MODE
DATA_GROUND = lib.GHOSTTY_TERMINAL_DATA_VT_GROUND

OPT_USERDATA = lib.GHOSTTY_TERMINAL_OPT_USERDATA
OPT_WRITE_PTY = lib.GHOSTTY_TERMINAL_OPT_WRITE_PTY
OPT_XTVERSION = lib.GHOSTTY_TERMINAL_OPT_XTVERSION
OPT_SIZE = lib.GHOSTTY_TERMINAL_OPT_SIZE
OPT_COLOR_SCHEME = lib.GHOSTTY_TERMINAL_OPT_COLOR_SCHEME
OPT_DEVICE_ATTRIBUTES = lib.GHOSTTY_TERMINAL_OPT_DEVICE_ATTRIBUTES
OPT_FOREGROUND = lib.GHOSTTY_TERMINAL_OPT_COLOR_FOREGROUND
OPT_BACKGROUND = lib.GHOSTTY_TERMINAL_OPT_COLOR_BACKGROUND
OPT_CURSOR_COLOR = lib.GHOSTTY_TERMINAL_OPT_COLOR_CURSOR
OPT_IMAGE_LIMIT = lib.GHOSTTY_TERMINAL_OPT_KITTY_IMAGE_STORAGE_LIMIT
OPT_APC_BYTES = lib.GHOSTTY_TERMINAL_OPT_APC_MAX_BYTES
OPT_APC_BYTES_KITTY = lib.GHOSTTY_TERMINAL_OPT_APC_MAX_BYTES_KITTY
OPT_CONTINUATION_BYTES = lib.GHOSTTY_TERMINAL_OPT_CONTINUATION_MAX_BYTES
OPT_HISTORY_BYTES = lib.GHOSTTY_TERMINAL_OPT_SCROLLBACK_MAX_BYTES
OPT_HISTORY_LINES = lib.GHOSTTY_TERMINAL_OPT_SCROLLBACK_MAX_LINES
OPT_MODE = lib.GHOSTTY_TERMINAL_OPT_MODE
OPT_MODE_DEFAULT = lib.GHOSTTY_TERMINAL_OPT_MODE_DEFAULT
SCHEME_DARK = lib.GHOSTTY_COLOR_SCHEME_DARK
SCHEME_LIGHT = lib.GHOSTTY_COLOR_SCHEME_LIGHT

state_new = lib.ghostty_render_state_new
state_free = lib.ghostty_render_state_free
state_update = lib.ghostty_render_state_update
state_clean = lib.ghostty_render_state_clean
state_get = lib.ghostty_render_state_get
state_set = lib.ghostty_render_state_set
iterator_new = lib.ghostty_render_state_row_iterator_new
iterator_free = lib.ghostty_render_state_row_iterator_free
iterator_next = lib.ghostty_render_state_row_iterator_next
iterator_next_dirty = lib.ghostty_render_state_row_iterator_next_dirty
row_get = lib.ghostty_render_state_row_get
cells_new = lib.ghostty_render_state_row_cells_new
cells_free = lib.ghostty_render_state_row_cells_free
cells_select = lib.ghostty_render_state_row_cells_select
cells_get = lib.ghostty_render_state_row_cells_get
cell_get = lib.ghostty_cell_get
flag_get = lib.ghostty_row_get
STATE_DIRTY = lib.GHOSTTY_RENDER_STATE_DATA_DIRTY
STATE_ROWS = lib.GHOSTTY_RENDER_STATE_DATA_ROW_ITERATOR
STATE_CURSOR = lib.GHOSTTY_RENDER_STATE_DATA_CURSOR
STATE_OVERSCAN = lib.GHOSTTY_RENDER_STATE_OPTION_OVERSCAN
DIRTY_FULL = lib.GHOSTTY_RENDER_STATE_DIRTY_FULL
ROW_RAW = lib.GHOSTTY_RENDER_STATE_ROW_DATA_RAW
ROW_CELLS_RAW = lib.GHOSTTY_RENDER_STATE_ROW_DATA_CELLS_RAW
ROW_CELLS_EACH = lib.GHOSTTY_RENDER_STATE_ROW_DATA_CELLS
ROW_WRAPS = lib.GHOSTTY_ROW_DATA_WRAP
EACH_RAW = lib.GHOSTTY_RENDER_STATE_ROW_CELLS_DATA_RAW
EACH_STYLE = lib.GHOSTTY_RENDER_STATE_ROW_CELLS_DATA_STYLE
EACH_CLUSTER_LENGTH = lib.GHOSTTY_RENDER_STATE_ROW_CELLS_DATA_GRAPHEMES_LEN
EACH_CLUSTER = lib.GHOSTTY_RENDER_STATE_ROW_CELLS_DATA_GRAPHEMES_BUF
CELL_CODEPOINT = lib.GHOSTTY_CELL_DATA_CODEPOINT
CELL_CONTENT_TAG = lib.GHOSTTY_CELL_DATA_CONTENT_TAG
CELL_WIDE = lib.GHOSTTY_CELL_DATA_WIDE
CELL_STYLE_ID = lib.GHOSTTY_CELL_DATA_STYLE_ID
CELL_LINKED = lib.GHOSTTY_CELL_DATA_HAS_HYPERLINK
CELL_PROTECTED = lib.GHOSTTY_CELL_DATA_PROTECTED
CELL_PALETTE = lib.GHOSTTY_CELL_DATA_COLOR_PALETTE
CELL_RGB = lib.GHOSTTY_CELL_DATA_COLOR_RGB
SHAPE_BAR = lib.GHOSTTY_RENDER_STATE_CURSOR_VISUAL_STYLE_BAR
SHAPE_UNDERLINE = lib.GHOSTTY_RENDER_STATE_CURSOR_VISUAL_STYLE_UNDERLINE

formatter_new = lib.ghostty_formatter_terminal_new
formatter_free = lib.ghostty_formatter_free
format_alloc = lib.ghostty_formatter_format_alloc
FORMAT_PLAIN = lib.GHOSTTY_FORMATTER_FORMAT_PLAIN
FORMAT_VT = lib.GHOSTTY_FORMATTER_FORMAT_VT
snapshot_encode = lib.ghostty_snapshot_encode_alloc
decoder_new = lib.ghostty_snapshot_decoder_new_buf
decoder_free = lib.ghostty_snapshot_decoder_free
decoder_set = lib.ghostty_snapshot_decoder_set
decoder_ready = lib.ghostty_snapshot_decoder_ready
decoder_decode = lib.ghostty_snapshot_decoder_decode
DECODER_CONTINUATION_BYTES = lib.GHOSTTY_SNAPSHOT_DECODER_OPT_MAX_CONTINUATION_BYTES
DECODER_RETAIN = lib.GHOSTTY_SNAPSHOT_DECODER_OPT_RETAIN_CONTINUATION
free = lib.ghostty_free
codepoint_width = lib.ghostty_unicode_codepoint_width
TYPE_MANIFEST: str = ffi.string(lib.ghostty_type_json()).decode()


def sized(ctype: Any) -> Any:
    """Return a zeroed structure of `ctype`, a pointer, that begins with its own size, inner ones included."""
    made = new(ctype)
    _set_sizes(made)
    return made


def _set_sizes(structure: Any) -> None:
    ctype = ffi.typeof(structure).item
    for name, field in ctype.fields:
        if name == "size":
            structure.size = sizeof(ctype)
        elif field.type.kind == "struct":
            _set_sizes(addressof(structure[0], name))


def must(result: int, what: str) -> None:
    """Raise for a result that is not a success.

    Raises:
        WorldError: `what` failed, which means that memory ran out or the library does not know the call.
    """
    if result != SUCCESS:
        raise WorldError(
            f"the terminal engine could not {what} (result {result})",
            hint="look for too little memory, or another release of the engine in PYGHOSTTY_LIB",
        )


def _release() -> str:
    text = new(STRING)
    lib.ghostty_build_info(lib.GHOSTTY_BUILD_INFO_VERSION_STRING, text)
    return f"pyghostty {__version__} ({bytes(buffer(text.ptr, text.len)).decode('utf-8', 'replace')})"


RELEASE = _release()
"""Of the binding and of the library in it."""
