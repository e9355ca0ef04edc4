"""Colours of programs on terminals with fewer of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.output import ColorDepth

from constellagent.faces.tui.colours import fitted
from constellagent.term.cells import BOLD, TRUECOLOR, Style

COLOURS = st.one_of(st.none(), st.integers(0, 255), st.integers(0, 0xFFFFFF).map(lambda rgb: TRUECOLOR | rgb))


@given(COLOURS, COLOURS, COLOURS)
def test_no_colour_is_left_that_the_terminal_has_not(
    foreground: int | None, background: int | None, underline: int | None
) -> None:
    """What is default stays default, and attributes are kept."""
    style = Style(foreground, background, underline, BOLD)
    assert fitted(style, ColorDepth.DEPTH_24_BIT) is style
    for depth, colours in ((ColorDepth.DEPTH_8_BIT, 256), (ColorDepth.DEPTH_4_BIT, 16)):
        found = fitted(style, depth)
        for before, after in zip(style[:2], found[:2], strict=True):
            assert (before is None) == (after is None)
            assert after is None or 0 <= after < colours
        assert found.attributes == BOLD
    assert fitted(style, ColorDepth.DEPTH_1_BIT) == Style(attributes=BOLD)


@pytest.mark.parametrize(
    ("rgb", "palette", "sixteen"),
    [(0xFF0000, 196, 9), (0x000000, 16, 0), (0xFFFFFF, 231, 15), (0x808080, 244, 8), (0x00D700, 40, 2)],
)
def test_the_nearest_colour_is_taken(rgb: int, palette: int, sixteen: int) -> None:
    """Of the cube, the greys and the first sixteen."""
    style = Style(TRUECOLOR | rgb)
    assert fitted(style, ColorDepth.DEPTH_8_BIT).foreground == palette
    assert fitted(style, ColorDepth.DEPTH_4_BIT).foreground == sixteen


def test_text_stays_readable_where_two_colours_become_one() -> None:
    """Dark red on a darker red is not red on red."""
    dark = fitted(Style(TRUECOLOR | 0x300000, TRUECOLOR | 0x100000), ColorDepth.DEPTH_4_BIT)
    light = fitted(Style(TRUECOLOR | 0xF8F8F8, TRUECOLOR | 0xFFFFFF), ColorDepth.DEPTH_4_BIT)
    assert (dark.foreground, dark.background) == (15, 0)
    assert (light.foreground, light.background) == (0, 15)
    same = fitted(Style(232, 232), ColorDepth.DEPTH_4_BIT)
    assert same.foreground == same.background
