"""Styles as the escape sequences that switch them on."""

from functools import lru_cache

from constellagent.term.cells import TRUECOLOR, Style

_CODES = (1, 2, 3, 5, 7, 8, 9, 53)
"""SGR parameters of the attributes, in the order of their bits."""
_UNDERLINE_COLOR = 58
_MOST = 16
"""Parameters, parts of them included, that every terminal takes; some drop a sequence that has more."""


@lru_cache(maxsize=16_384)
def sgr(style: Style) -> str:
    """Return the sequence that gives exactly this look, whatever was on before; links are no part of it."""
    parameters = ["0", *(str(code) for bit, code in enumerate(_CODES) if style.attributes >> bit & 1)]
    if style.underline:
        parameters.append("4" if style.underline == 1 else f"4:{style.underline}")
    colors = _color(30, style.foreground) + _color(40, style.background)
    if style.underline_color is not None:
        colors.append(_underline_color(style.underline_color))
    whole = ";".join(parameters + colors)
    if whole.count(";") + whole.count(":") < _MOST:
        return f"\x1b[{whole}m"
    return f"\x1b[{';'.join(parameters)}m\x1b[{';'.join(colors)}m"


def _color(first: int, color: int | None) -> list[str]:
    """Return the parameters of a colour; `first` is the code of the palette's first: 30 or 40."""
    if color is None:
        return []
    if color & TRUECOLOR:
        return [f"{first + 8};2;{_rgb(color, ';')}"]
    if color < 8:
        return [str(first + color)]
    if color < 16:
        return [str(first + 60 + color - 8)]
    return [f"{first + 8};5;{color}"]


def _underline_color(color: int) -> str:
    # Colons, because a terminal that does not know this parameter would take what follows a semicolon for
    # parameters of their own.
    if color & TRUECOLOR:
        return f"{_UNDERLINE_COLOR}:2::{_rgb(color, ':')}"
    return f"{_UNDERLINE_COLOR}:5:{color}"


def _rgb(color: int, separator: str) -> str:
    return separator.join(str(color >> shift & 255) for shift in (16, 8, 0))
