"""How small and how large the numbers of requests may be: said once, by the types of their keys."""

from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True, slots=True)
class Between:
    """The smallest and the largest value that a number of a request may have."""

    least: int
    most: int


MOST_ROWS = 1000
"""Rows of the largest part of a list."""

LARGEST_SIDE = 1000
"""Rows, and columns, of the largest terminal that can be asked for."""

Limit = Annotated[int, Between(1, MOST_ROWS)]
"""How many rows of a list are wanted."""

History = Annotated[int, Between(0, 10_000)]
"""Rows of scrollback in one answer."""

Side = Annotated[int, Between(1, LARGEST_SIDE)]
"""Rows, or columns, of a terminal."""

Seconds = Annotated[int, Between(1, 7 * 86_400)]
"""How long a run may take."""
