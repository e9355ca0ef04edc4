"""Where the parts of a cell are in its 64 bits, and whether the library that is loaded agrees.

Cells are read in bulk, as the engine keeps them. Its layout is no promise of its interface, but the library
describes it in a manifest, which is compared with what this package was written for. Where they differ, cells
are read one by one through the official getters and put together in this layout, so that everybody reads the
same, only slower.
"""

import json
from typing import Any

TAG_MASK = 3
TAG_CODEPOINT, TAG_CLUSTER, TAG_PALETTE, TAG_RGB = range(4)
"""What the content is: one code point, the first of several, or the background of a blank cell."""
CONTENT_SHIFT = 2
CONTENT_MASK = (1 << 24) - 1
CODEPOINT_MASK = (1 << 21) - 1
STYLE_SHIFT = 26
STYLE_MASK = (1 << 16) - 1
WIDE_SHIFT = 42
WIDE_MASK = 3
NARROW, WIDE, TAIL, HEAD = range(4)
"""A normal cell, the first and the second of a wide character, the unused last of a row before one."""
PROTECTED = 1 << 44
LINKED = 1 << 45
CELL_BYTES = 8

_FIELDS = {
    "content_tag": (0, 2),
    "content": (2, 24),
    "style_id": (STYLE_SHIFT, 16),
    "wide": (WIDE_SHIFT, 2),
    "protected": (44, 1),
    "hyperlink": (45, 1),
}
_ARMS = {
    "CODEPOINT": {"codepoint": (0, 21)},
    "CODEPOINT_GRAPHEME": {"codepoint": (0, 21)},
    "BG_COLOR_PALETTE": {"index": (0, 8)},
    "BG_COLOR_RGB": {"r": (0, 8), "g": (8, 8), "b": (16, 8)},
}


def difference(manifest: str) -> str:
    """Return how the layout that a library's manifest describes differs from ours, empty if it does not."""
    try:
        cell = json.loads(manifest)["types"]["GhosttyCell"]
        size, bits = cell["size"], cell["bits"]
        found = {name: _place(bits[name]) for name in _FIELDS}
        arms = bits["content"]["arms"]
        inner = {
            arm: {name: _place(arms[arm]["bits"][name]) for name in parts} for arm, parts in _ARMS.items()
        }
    except (ValueError, KeyError, TypeError) as error:
        return f"the terminal library does not describe its cells ({type(error).__name__}: {error})"
    if size != CELL_BYTES:
        return f"a cell of the terminal library has {size} bytes, not {CELL_BYTES}"
    for name, place in _FIELDS.items():
        if found[name] != place:
            return f"{name} of a cell is at bits {found[name]}, not {place}"
    for arm, parts in _ARMS.items():
        if inner[arm] != parts:
            return f"the {arm} of a cell is at bits {inner[arm]}, not {parts}"
    return ""


def _place(field: dict[str, Any]) -> tuple[int, int]:
    """Return the lowest bit and how many there are."""
    return int(field["lsb"]), int(field["width"])
