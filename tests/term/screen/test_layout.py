"""The layout of cells, compared with the library's own description."""

import copy
import json
from typing import Any

import pytest

from constellagent.term.screen import layout, library

MANIFEST = json.loads(library.TYPE_MANIFEST)


def changed(*path: str, value: Any) -> str:
    """Return the manifest with another value at a place inside the description of a cell."""
    manifest = copy.deepcopy(MANIFEST)
    inner = manifest["types"]["GhosttyCell"]
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return json.dumps(manifest)


def test_the_library_has_the_layout_that_rows_are_decoded_from() -> None:
    """The release that is pinned matches."""
    assert layout.difference(library.TYPE_MANIFEST) == ""


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        ("", "does not describe"),
        ("[]", "does not describe"),
        ('{"types": {}}', "GhosttyCell"),
        (changed("size", value=16), "16 bytes"),
        (changed("bits", "wide", "lsb", value=43), "wide"),
        (changed("bits", "style_id", "width", value=17), "style_id"),
        (changed("bits", "content", "arms", "BG_COLOR_RGB", "bits", "r", "lsb", value=16), "BG_COLOR_RGB"),
    ],
)
def test_any_difference_is_told(manifest: str, words: str) -> None:
    """What it is, in words for the reader."""
    assert words in layout.difference(manifest)
