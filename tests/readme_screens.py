"""The README's screens are true: the multiplexer is run in a real terminal, and must show the very same."""

import re
import time

from tests.checkout import Clone
from tests.e2e.tmux import Tmux

_PATIENCE = 40.0
"""Seconds until a screen is as it is shown; messages that lie over the status line go by meanwhile."""
_VARYING = (
    (re.compile(r"\b\d+[dhms]\b"), "AGE"),
    (re.compile(r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?=\d\d:\d\d)"), ""),
    (re.compile("─+"), "─"),
    (re.compile(r"\s+"), " "),
)
"""What ages change: their own width, and that of blanks and lines beside them."""


def same(shown: str, got: str) -> bool:
    """Tell whether two screens are the same but for the time at which they were taken."""
    return _settled(shown) == _settled(got)


def _settled(text: str) -> str:
    for pattern, word in _VARYING:
        text = pattern.sub(word, text)
    return text.strip()


def taken(clone: Clone, about: str, shown: str) -> str:
    """Open the multiplexer on the clone's file, press keys, and return the screen once it is as `shown`.

    `about` is the size of the terminal and the keys in tmux's names, such as `96x18 C-] Space`. A screen that
    does not become as it is shown is returned as it is in the end.
    """
    size, *keys = about.split()
    columns, rows = (int(number) for number in size.split("x"))
    environment = {**clone.env, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    program = ("constellagent", "attach", "--file", str(clone.repo / "constellation.yaml"))
    with Tmux(clone.repo.parent, environment, *program, columns=columns, rows=rows) as terminal:
        terminal.shows("working")
        terminal.press(*keys)
        deadline = time.monotonic() + _PATIENCE
        while not same(shown, got := terminal.screen()) and time.monotonic() < deadline:
            time.sleep(0.2)
        return got
