"""The parser of tmux's captures: looks, lines, and characters of every width."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.term.cells import BOLD, DEFAULT, OVERLINE, TRUECOLOR, Cell, Style
from constellagent.term.screen import sgr
from tests.term.recorded.captured import dressed, parse

COLORS = st.one_of(st.none(), st.integers(0, 255), st.integers(0, 0xFFFFFF).map(lambda rgb: TRUECOLOR | rgb))
STYLES = st.builds(
    Style,
    foreground=COLORS,
    background=COLORS,
    underline_color=COLORS,
    attributes=st.integers(0, 255),
    underline=st.integers(0, 5),
    link=st.none(),
    protected=st.just(False),
)


@given(style=STYLES, before=STYLES)
def test_every_look_is_read_as_it_is_written(style: Style, before: Style) -> None:
    """What our own sequences mean to this parser is what they are meant to be, whatever was on before."""
    assert parse([f"{sgr(before)}a{sgr(style)}b"]) == [[Cell("a", 1, before), Cell("b", 1, style)]]


@pytest.mark.parametrize(
    ("parameters", "style"),
    [
        ("", DEFAULT),
        ("1;22", DEFAULT),
        ("4;24", DEFAULT),
        ("21", Style(underline=2)),
        ("4:3", Style(underline=3)),
        ("5:3", Style(attributes=OVERLINE)),
        ("31;39", DEFAULT),
        ("38;5;9;1", Style(foreground=9, attributes=BOLD)),
        ("48:2::1:2:3", Style(background=TRUECOLOR | 0x010203)),
        ("58;2;1;2;3;59", DEFAULT),
    ],
)
def test_looks_are_switched_off_and_spelt_in_several_ways(parameters: str, style: Style) -> None:
    """Attributes go off one by one, and colours come with semicolons or colons."""
    assert dressed(DEFAULT, parameters) == style


def test_an_unknown_look_is_an_error() -> None:
    """What the parser does not know is not passed over: a comparison without it would be worth nothing."""
    with pytest.raises(ValueError, match="77"):
        dressed(DEFAULT, "77")


def test_rows_of_wide_and_combined_characters_and_lines() -> None:
    """A wide character takes two cells, a mark none; lines are translated; looks go on in the next row."""
    rows = parse(["字e\u0301\x1b[1m\x0eq\x0f", "q\u0301"])
    bold = Style(attributes=BOLD)
    assert rows == [
        [Cell("字", 2, DEFAULT), Cell("", 0, DEFAULT), Cell("e\u0301", 1, DEFAULT), Cell("─", 1, bold)],
        [Cell("q\u0301", 1, bold)],
    ]
