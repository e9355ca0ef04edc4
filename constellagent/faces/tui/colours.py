"""Fits the colours of a program to what the terminal around the multiplexer can show.

A program inside believes in a terminal with all colours, whatever is outside.
"""

from functools import lru_cache

from prompt_toolkit.output import ColorDepth

from constellagent.term.cells import TRUECOLOR, Style

_LEVELS = (0, 95, 135, 175, 215, 255)
"""Of the colour cube in the palette of 256."""
_SIXTEEN = (
    (0, 0, 0),
    (205, 0, 0),
    (0, 205, 0),
    (205, 205, 0),
    (0, 0, 238),
    (205, 0, 205),
    (0, 205, 205),
    (229, 229, 229),
    (127, 127, 127),
    (255, 0, 0),
    (0, 255, 0),
    (255, 255, 0),
    (92, 92, 255),
    (255, 0, 255),
    (0, 255, 255),
    (255, 255, 255),
)
"""What the first colours of the palette look like on most terminals (xterm's defaults)."""


@lru_cache(maxsize=1 << 14)
def fitted(style: Style, depth: ColorDepth) -> Style:
    """Return the style with colours that a terminal of that depth has; links only where colours are rich."""
    if depth is ColorDepth.DEPTH_24_BIT:
        return style
    if depth is ColorDepth.DEPTH_1_BIT:
        return style._replace(foreground=None, background=None, underline_color=None, link=None)
    reduce = _to_256 if depth is ColorDepth.DEPTH_8_BIT else _to_16
    foreground, background = reduce(style.foreground), reduce(style.background)
    if foreground is not None and foreground == background and style.foreground != style.background:
        foreground = 0 if _bright(style.background) else 15  # two colours must not become one
    if depth is ColorDepth.DEPTH_8_BIT:
        return style._replace(
            foreground=foreground, background=background, underline_color=reduce(style.underline_color)
        )
    return style._replace(foreground=foreground, background=background, underline_color=None)


def _to_256(color: int | None) -> int | None:
    if color is None or not color & TRUECOLOR:
        return color
    rgb = _rgb(color)
    cube = [min(range(6), key=lambda level: abs(_LEVELS[level] - part)) for part in rgb]
    grey = min(23, max(0, round((sum(rgb) / 3 - 8) / 10)))
    in_cube = (_LEVELS[cube[0]], _LEVELS[cube[1]], _LEVELS[cube[2]])
    if _distance((8 + 10 * grey,) * 3, rgb) < _distance(in_cube, rgb):
        return 232 + grey
    return 16 + 36 * cube[0] + 6 * cube[1] + cube[2]


def _to_16(color: int | None) -> int | None:
    if color is None or color < 16:
        return color
    rgb = _rgb(color)
    return min(range(16), key=lambda number: _distance(_SIXTEEN[number], rgb))


def _rgb(color: int) -> tuple[int, int, int]:
    if color & TRUECOLOR:
        return color >> 16 & 255, color >> 8 & 255, color & 255
    if color < 16:
        return _SIXTEEN[color]
    if color >= 232:
        return (8 + 10 * (color - 232),) * 3
    return _LEVELS[(color - 16) // 36], _LEVELS[(color - 16) // 6 % 6], _LEVELS[(color - 16) % 6]


def _bright(color: int | None) -> bool:
    return color is not None and sum(_rgb(color)) > 384


def _distance(one: tuple[int, int, int], other: tuple[int, int, int]) -> int:
    """Return how different two colours look; the eye sees green best."""
    red, green, blue = (a - b for a, b in zip(one, other, strict=True))
    return 2 * red * red + 4 * green * green + 3 * blue * blue
