"""Where panes are, for windows of any size."""

from hypothesis import given
from hypothesis import strategies as st

from constellagent.faces.tui.arrangement import (
    LEAST_COLUMNS,
    LEAST_ROWS,
    Area,
    neighbour,
    places,
    split,
    wanted,
)

SIZES = st.tuples(st.integers(1, 500), st.integers(1, 120))


@given(SIZES, st.integers(0, 40), st.integers(1, 30))
def test_nothing_overlaps_and_nothing_leaves_the_window(
    size: tuple[int, int], width: int, tiles: int
) -> None:
    """In any window each cell belongs to one pane at most, and tiles are never too small beside others."""
    columns, rows = size
    found = places(columns, rows, list_width=width, tiles=tiles)
    panes = [*found.tiles, found.status, *([found.listed] if found.listed else [])]
    if rows > 1:
        for number, one in enumerate(panes):
            assert one.x >= 0
            assert one.right <= max(columns, one.x + 1)
            assert one.bottom <= rows
            for other in panes[number + 1 :]:
                apart = one.right <= other.x or other.right <= one.x
                assert apart or one.bottom <= other.y or other.bottom <= one.y
    assert 1 <= len(found.tiles) <= tiles
    assert found.left_out == tiles - len(found.tiles)
    if len(found.tiles) > 1:
        assert min(tile.width for tile in found.tiles) >= LEAST_COLUMNS
        assert min(tile.height for tile in found.tiles) >= LEAST_ROWS


def test_two_tiles_are_beside_each_other_where_the_window_is_wide() -> None:
    """Tiles come as near to a terminal's usual shape as can be."""
    assert [tile.y for tile in split(Area(0, 0, 213, 57), 2)] == [0, 0]
    assert [tile.x for tile in split(Area(0, 0, 55, 21), 2)] == [0, 0]


def test_a_small_window_shows_fewer_tiles() -> None:
    """What has no room is counted, never squeezed."""
    found = places(80, 24, list_width=24, tiles=12)
    assert 1 < len(found.tiles) < 12
    assert len(found.tiles) + found.left_out == 12


def test_the_last_row_of_tiles_is_wider_where_it_has_fewer() -> None:
    """Three tiles fill the whole body."""
    tiles = split(Area(0, 0, 200, 50), 3)
    assert max(tile.right for tile in tiles) == 200
    assert max(tile.bottom for tile in tiles) == 50


def test_a_narrow_window_has_no_list() -> None:
    """Below 60 columns the terminal gets all of them."""
    assert places(59, 24, list_width=24, tiles=1).listed is None
    assert places(60, 24, list_width=24, tiles=1).listed == Area(0, 1, 24, 21)


def test_only_roomy_windows_have_outer_borders() -> None:
    """At 80 columns none is spent on edges."""
    assert places(80, 24, list_width=0, tiles=1).body == Area(0, 1, 80, 21)
    assert places(120, 24, list_width=0, tiles=1).body == Area(1, 1, 118, 21)


def test_neighbours_are_those_that_touch() -> None:
    """Focus moves over the longest common border, and stays at the edges."""
    tiles = split(Area(0, 0, 200, 50), 4)
    assert neighbour(tiles, 0, "right") == 1
    assert neighbour(tiles, 1, "left") == 0
    assert neighbour(tiles, 0, "down") == 2
    assert neighbour(tiles, 3, "up") == 1
    assert neighbour(tiles, 0, "left") is None
    assert neighbour(tiles, 0, "up") is None


def test_how_many_tiles_an_arrangement_wants() -> None:
    """All is as many as there are agents, and at least one place."""
    assert [wanted(how, 7) for how in ("one", "two", "four", "all")] == [1, 2, 4, 7]
    assert wanted("all", 0) == 1
    assert split(Area(0, 0, 80, 24), 0) == ()
