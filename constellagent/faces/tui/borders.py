"""The lines between the panes, joined where they meet, with a title on the line above each.

Pure: places in, cells out. Each cell says whether it belongs to the focused pane, and how it is marked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from constellagent.faces.tui.arrangement import Area
from constellagent.faces.tui.words import Fragments, shorten, width

_UP, _DOWN, _LEFT, _RIGHT = 1, 2, 4, 8
_JOINTS = " ╵╷│╴┘┐┤╶└┌├─┴┬┼"
_ASCII = " |||-+++-+++-+++"

Mark = Literal["border", "border.focused", "border.broadcast"]


class Part(NamedTuple):
    """A piece of a title. Where room is short those of least `weight` are left out, the heaviest is cut."""

    style: str
    text: str
    weight: int


Title = Sequence[Part]


@dataclass(frozen=True, slots=True)
class Pane:
    """Something with a line around it and a title on the line above."""

    area: Area
    title: Title = ()
    mark: Mark = "border"


def lines(
    columns: int, rows: int, panes: Iterable[Pane], *, unicode: bool
) -> dict[tuple[int, int], tuple[str, Mark]]:
    """Return what is drawn at (x, y): a character and how it is marked. Marked panes win shared lines."""
    arms: dict[tuple[int, int], int] = {}
    marks: dict[tuple[int, int], Mark] = {}
    for pane in panes:
        for place, arm in _frame(pane.area):
            x, y = place
            if 0 <= x < columns and 0 <= y < rows:
                arms[place] = arms.get(place, 0) | arm
                if pane.mark != "border":
                    marks[place] = pane.mark
    joints = _JOINTS if unicode else _ASCII
    return {
        (x, y): (joints[_within(arm, x, y, columns, rows)], marks.get((x, y), "border"))
        for (x, y), arm in arms.items()
    }


def title(parts: Title, room: int) -> Fragments:
    """Return what fits of a title in so many columns, with a blank on both sides; nothing fits in a few."""
    kept = [part for part in parts if part.text]
    while len(kept) > 1 and sum(width(part.text) for part in kept) > room - 2:
        kept.remove(min(reversed(kept), key=lambda part: part.weight))
    if not kept or room < 5:
        return []
    shown = [(part.style, shorten(part.text, room - 2)) for part in kept]
    return [("", " "), *shown, ("", " ")]


def _frame(area: Area) -> Iterable[tuple[tuple[int, int], int]]:
    left, right, top, bottom = area.x - 1, area.right, area.y - 1, area.bottom
    for x in range(area.x, right):
        yield (x, top), _LEFT | _RIGHT
        yield (x, bottom), _LEFT | _RIGHT
    for y in range(area.y, bottom):
        yield (left, y), _UP | _DOWN
        yield (right, y), _UP | _DOWN
    yield (left, top), _RIGHT | _DOWN
    yield (right, top), _LEFT | _DOWN
    yield (left, bottom), _RIGHT | _UP
    yield (right, bottom), _LEFT | _UP


def _within(arm: int, x: int, y: int, columns: int, rows: int) -> int:
    """Let nothing lead out of the window, and what only reaches its edge go on to it."""
    outward = (_LEFT if x == 0 else 0) | (_RIGHT if x == columns - 1 else 0)
    outward |= (_UP if y == 0 else 0) | (_DOWN if y == rows - 1 else 0)
    kept = arm & ~outward
    if kept in {_LEFT, _RIGHT}:
        return _LEFT | _RIGHT
    return _UP | _DOWN if kept in {_UP, _DOWN} else kept
