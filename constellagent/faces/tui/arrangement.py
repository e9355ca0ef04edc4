"""Where everything is: the list, the tiles, the status line and the lines between, in any size of window.

Pure: sizes in, places out. Tiles share their borders, so a line of the grid belongs to both sides of it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from constellagent.faces.tui.deck import Arrangement

Direction = Literal["left", "right", "up", "down"]

LEAST_COLUMNS = 24
LEAST_ROWS = 4
"""A tile smaller than this shows nothing that could be read."""
ROOMY = 100
"""From so many columns on there is room for borders at the outer edges, too."""
LEAST_WITH_LIST = 60
"""With fewer columns the list of agents is not shown beside the tiles."""
_SHAPE = 80 / 24
"""Width by height that programs are drawn for."""


class Area(NamedTuple):
    """A rectangle of cells; `x` and `y` count from 0."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The column behind the last one."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The row below the last one."""
        return self.y + self.height

    def holds(self, x: int, y: int) -> bool:
        """Tell whether a cell is inside."""
        return self.x <= x < self.right and self.y <= y < self.bottom


@dataclass(frozen=True, slots=True)
class Places:
    """One arrangement of a whole window.

    Attributes:
        listed: where the list of agents is; None where there is no room for it.
        body: what tiles share, or a view has for itself.
        status: the status line.
        tiles: inside the body, one for each tile that fits.
        left_out: how many tiles do not fit.
    """

    listed: Area | None
    body: Area
    status: Area
    tiles: tuple[Area, ...]
    left_out: int


def places(columns: int, rows: int, *, list_width: int, tiles: int) -> Places:
    """Arrange a window of that size; `list_width` 0 hides the list, `tiles` is how many are wanted."""
    edge = 1 if columns >= ROOMY else 0
    top = 1 if rows >= 3 else 0
    bottom = 1 if rows >= 12 else 0
    height = max(1, rows - top - bottom - 1)
    status = Area(0, max(0, rows - 1), columns, 1)
    listed = None
    x = edge
    if list_width and columns >= LEAST_WITH_LIST:
        listed = Area(x, top, min(list_width, columns // 2), height)
        x = listed.right + 1
    body = Area(x, top, max(1, columns - edge - x), height)
    grid = split(body, tiles)
    return Places(listed, body, status, grid, tiles - len(grid))


def wanted(arrangement: Arrangement, agents: int) -> int:
    """Return how many tiles an arrangement has where there are so many agents."""
    return {"one": 1, "two": 2, "four": 4, "all": max(1, agents)}[arrangement]


def split(body: Area, count: int) -> tuple[Area, ...]:
    """Cut `body` into at most `count` tiles with one shared line between neighbours.

    Of all grids whose tiles are large enough, the one whose tiles come nearest to a terminal's usual shape.
    """
    for number in range(count, 1, -1):
        fitting = [grid for across in range(1, number + 1) if (grid := _grid(body, number, across))]
        if fitting:
            return min(fitting, key=_oddness)
    return (body,) if count else ()


def neighbour(tiles: Sequence[Area], focused: int, direction: Direction) -> int | None:
    """Return the tile that touches the focused one on that side, with the longest common border."""
    here = tiles[focused]
    best, longest = None, 0
    for number, there in enumerate(tiles):
        if direction in {"left", "right"}:
            touches = there.right + 1 == here.x if direction == "left" else here.right + 1 == there.x
            common = min(here.bottom, there.bottom) - max(here.y, there.y)
        else:
            touches = there.bottom + 1 == here.y if direction == "up" else here.bottom + 1 == there.y
            common = min(here.right, there.right) - max(here.x, there.x)
        if touches and common > longest:
            best, longest = number, common
    return best


def _grid(body: Area, count: int, across: int) -> tuple[Area, ...]:
    """Return `count` tiles, `across` in a row, the last row's wider; nothing where they are too small."""
    down = math.ceil(count / across)
    tiles = []
    for row, (y, height) in enumerate(_cuts(body.y, body.height, down)):
        here = min(across, count - row * across)
        tiles += [Area(x, y, width, height) for x, width in _cuts(body.x, body.width, here)]
    small = any(tile.width < LEAST_COLUMNS or tile.height < LEAST_ROWS for tile in tiles)
    return () if small or len(tiles) != count else tuple(tiles)


def _cuts(start: int, length: int, parts: int) -> list[tuple[int, int]]:
    """Return start and length of equal parts with one line between them; the first ones take the rest."""
    size, rest = divmod(max(0, length - (parts - 1)), parts)
    found = []
    for number in range(parts):
        own = size + (number < rest)
        found.append((start, own))
        start += own + 1
    return found


def _oddness(tiles: tuple[Area, ...]) -> float:
    return max(abs(math.log((tile.width / tile.height) / _SHAPE)) for tile in tiles)
