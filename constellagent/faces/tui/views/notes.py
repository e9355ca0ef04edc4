"""Lines above what a view shows: what is wrong with it, whose it is. They take the room of what they say."""

from collections.abc import Callable, Sequence

from prompt_toolkit.layout import HSplit, Window
from prompt_toolkit.layout.containers import AnyContainer
from prompt_toolkit.layout.controls import GetLinePrefixCallable

from constellagent.faces.tui.rows import Rows
from constellagent.faces.tui.views.wrapping import wrapped
from constellagent.faces.tui.words import Fragments

_MOST = 6
"""Rows at most, so that there is always room for what they are about."""


class _Notes(Rows):
    def __init__(self, lines: Callable[[], Sequence[Fragments]]) -> None:
        self._lines = lines

    def rows(self, width: int, height: int, /) -> Sequence[Fragments]:
        """Return the lines, wrapped."""
        parts = [part for line in self._lines() for part in wrapped(line, max(1, width - 2))]
        return [[("", " "), *part] for part in parts[: min(height, _MOST)]]

    def preferred_height(
        self,
        width: int,
        max_available_height: int,
        wrap_lines: bool,  # noqa: ARG002 - prompt_toolkit's signature
        get_line_prefix: GetLinePrefixCallable | None,  # noqa: ARG002 - prompt_toolkit's signature
    ) -> int:
        """Take as many rows as the lines need."""
        return len(self.rows(width, max_available_height))


def noted(lines: Callable[[], Sequence[Fragments]], body: AnyContainer) -> HSplit:
    """Return `body` below the lines, which are asked for anew for each frame; there may be none."""
    return HSplit([Window(_Notes(lines), dont_extend_height=True), body])
