"""Comparing screens, and programs that draw them."""

import base64

from constellagent.runtime.screen_views import ScreenView
from constellagent.term.screen import Screen

DRAW = (
    "import sys, time, random; r = random.Random(7)\n"
    "for n in range(400):\n"
    "    print(f'\\x1b[{r.randrange(31, 37)}mline {n}\\x1b[m ' + 'ab cd ' * r.randrange(40))\n"
    "print('\\x1b]2;drawn\\x07\\x1b[?2004h\\x1b[?1000h\\x1b[4;9H', end='')\n"
    "print('\\x1b[?25l\\x1b[44mher\\x1b[me', end='', flush=True)\n"
)
"""Scrollback with colours and wrapped lines, a title, modes, and a cursor that is hidden.

Its very last byte makes the word `here` whole: whoever sees that has all of it.
"""

Picture = tuple[object, ...]


def decoded(view: ScreenView) -> Screen:
    """Return the screen that a view carries; the caller closes it."""
    data = base64.b64decode(view["data"])
    if view["form"] == "engine":
        return Screen.decode(data)
    screen = Screen(view["rows"], view["columns"])
    screen.feed(data)
    return screen


def picture(view: ScreenView) -> Picture:
    """Return everything that is seen on a screen, and behind it, for comparing."""
    screen = decoded(view)
    try:
        seen = screen.cells(), screen.cursor(), screen.modes(), screen.title, screen.lines()
        return (screen.rows, screen.columns, *seen)
    finally:
        screen.close()
