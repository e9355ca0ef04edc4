"""Styles as sequences."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from constellagent.term.cells import BOLD, STRIKE, TRUECOLOR, Style
from constellagent.term.screen import Screen, sgr

COLOR = st.none() | st.integers(0, 255) | st.integers(0, 0xFFFFFF).map(lambda rgb: TRUECOLOR | rgb)
STYLE = st.builds(
    Style,
    foreground=COLOR,
    background=COLOR,
    underline_color=COLOR,
    attributes=st.integers(0, 255),
    underline=st.integers(0, 5),
    link=st.none(),
    protected=st.just(value=False),
)


@pytest.mark.parametrize(
    ("style", "sequence"),
    [
        (Style(), "\x1b[0m"),
        (Style(foreground=1, background=12, attributes=BOLD | STRIKE), "\x1b[0;1;9;31;104m"),
        (Style(foreground=200, background=TRUECOLOR | 0x010203), "\x1b[0;38;5;200;48;2;1;2;3m"),
        (Style(underline=1, underline_color=3), "\x1b[0;4;58:5:3m"),
        (Style(underline=3, underline_color=TRUECOLOR), "\x1b[0;4:3;58:2::0:0:0m"),
    ],
)
def test_sequences(style: Style, sequence: str) -> None:
    """The shortest usual form of each part."""
    assert sgr(style) == sequence


@example(Style(), Style(16, TRUECOLOR, TRUECOLOR, attributes=255, underline=2))
@given(STYLE, STYLE)
def test_a_terminal_reads_the_style_back(before: Style, style: Style) -> None:
    """Whatever was on before."""
    screen = Screen(1, 4)
    screen.feed(f"{sgr(before)}a{sgr(style)}b".encode())
    assert screen.cells()[0][1].style == style
    screen.close()
