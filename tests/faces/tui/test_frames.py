"""What the terminal around shows after frames of both kinds, read back through a screen of our own."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prompt_toolkit.data_structures import Point
from prompt_toolkit.layout import Float, FormattedTextControl, Window
from prompt_toolkit.output import ColorDepth

from constellagent.faces.tui.arrangement import Area
from constellagent.faces.tui.frames import Hole
from constellagent.term.cells import DEFAULT, Cell, Cursor
from tests.faces.tui.fake_picture import LivePicture, Stand

LEFT, RIGHT = Area(1, 2, 17, 6), Area(19, 2, 20, 6)
PIECES = st.sampled_from(
    [
        b"word",
        b"\r\n",
        b"\x1b[31m",
        b"\x1b[1;4:3;38;2;1;2;3;48;5;200m",
        b"\x1b[m",
        b"\x1b[7m inverse \x1b[27m",
        "中文字".encode(),
        "e\u0301".encode(),
        "👩‍👩‍👧".encode(),
        b"\x1b[44m\x1b[K\x1b[m",
        b"\x1b[2J",
        b"\x1b[H",
        b"\x1b[3;9H",
        b"\x1b[2K",
        b"\x1b[5P",
        b"\x1b]8;;https://example.com\x1b\\link\x1b]8;;\x1b\\",
        "é─│".encode(),
        b"\t",
    ]
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("feed"), st.integers(0, 1), PIECES),
        st.tuples(st.sampled_from(["fill", "whole", "float", "words"]), st.just(0), st.just(b"")),
    ),
    max_size=40,
)


def shown(cells: list[list[Cell]]) -> list[list[tuple[str, object]]]:
    """Return what is seen of cells: a blank that was written is one that was not."""
    return [
        [
            (cell.text or ("" if cell.width == 0 else " "), cell.style._replace(protected=False))
            for cell in row
        ]
        for row in cells
    ]


def anew(stand: Stand) -> list[list[tuple[str, object]]]:
    """Return what the same window shows that is drawn from nothing."""
    stand.renderer.erase(leave_alternate_screen=False)
    stand.seen.feed(b"\x1bc\x1b[?2027h\x1b[?1049h")
    stand.whole()
    return shown(stand.seen.cells())


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_frames_of_both_kinds_show_what_one_drawn_from_nothing_shows(
    steps: list[tuple[str, int, bytes]],
) -> None:
    """Whatever programs write between frames of either kind, the cells are those of a fresh drawing."""
    stand = Stand(40, 9, LEFT, RIGHT)
    over = Float(Window(FormattedTextControl("over"), width=9, height=2), left=14, top=3)
    try:
        stand.whole()
        for step, which, data in steps:
            if step == "feed":
                stand.pictures[which].screen.feed(data)
            elif step == "fill":
                stand.fill()
            elif step == "whole":
                stand.whole()
            elif step == "words":
                stand.container.text += "!"
                stand.whole()
            else:
                stand.floats[:] = [] if stand.floats else [over]
                stand.container.covered = bool(stand.floats)
                stand.whole()
        stand.fill()
        after = shown(stand.seen.cells())
        assert after == anew(stand)
    finally:
        stand.close()


@settings(deadline=None, max_examples=40)
@given(st.lists(PIECES, max_size=30))
def test_a_terminal_looks_in_its_tile_as_it_does_alone(pieces: list[bytes]) -> None:
    """Each cell in a hole is that of the program's own screen: text and all attributes."""
    stand = Stand(40, 9, LEFT)
    try:
        stand.whole()
        screen = stand.pictures[0].screen
        for piece in pieces:
            screen.feed(piece)
            stand.fill()
        drawn = [row[LEFT.x : LEFT.right] for row in shown(stand.seen.cells())[LEFT.y : LEFT.bottom]]
        assert drawn == shown(screen.cells())
    finally:
        stand.close()


@pytest.fixture
def stand() -> Stand:
    """A window with one terminal."""
    return Stand(40, 9, LEFT)


def test_an_echo_draws_one_row_and_no_frame(stand: Stand) -> None:
    """What one key changes costs less than a hundred bytes."""
    stand.whole()
    stand.pictures[0].screen.feed(b"$ ls")
    stand.fill()
    stand.pictures[0].screen.feed(b"x")
    stand.renderer.fill()
    assert 0 < len(stand.kept.taken()) < 100
    stand.close()


def test_nothing_is_drawn_between_a_resize_and_its_frame(stand: Stand) -> None:
    """After `forget` the next whole frame begins from nothing, and no row is drawn before it."""
    stand.whole()
    stand.renderer.forget()
    stand.pictures[0].screen.feed(b"late")
    stand.renderer.fill()
    assert stand.kept.taken() == b""
    stand.seen.feed(b"\x1b[2Jleft over from another size")
    stand.whole()
    assert "left over" not in "".join(stand.seen.text())
    assert "late" in "".join(stand.seen.text())
    stand.close()


def test_a_tile_that_goes_leaves_nothing_behind(stand: Stand) -> None:
    """What prompt_toolkit did not draw is gone when a view takes the place of the tiles."""
    stand.whole()
    stand.pictures[0].screen.feed(b"secret")
    stand.fill()
    stand.container.holes = []
    stand.container.words_cursor = Point(7, 5)
    stand.whole()
    assert [line for line in stand.seen.text() if line] == ["chrome"]
    assert stand.seen.text()[0] == "chrome"
    stand.close()


def test_the_cursor_is_the_programs(stand: Stand) -> None:
    """Place, visibility and shape of the focused program's cursor go to the terminal around."""
    stand.whole()
    stand.container.cursor_at = (5, 3, Cursor(shape="bar", blinking=False))
    stand.fill()
    cursor = stand.seen.cursor()
    assert (cursor.column, cursor.row, cursor.visible, cursor.shape) == (5, 3, True, "bar")
    stand.container.cursor_at = (5, 3, Cursor(visible=False))
    stand.fill()
    assert not stand.seen.cursor().visible
    stand.container.cursor_at = None
    stand.whole()
    assert (stand.seen.cursor().column, stand.seen.cursor().row) == (3, 0)
    stand.close()


def test_colours_are_those_that_the_terminal_around_has() -> None:
    """With 16 colours or none, no sequence for richer ones is written."""
    for depth, rich in ((ColorDepth.DEPTH_4_BIT, b"38;"), (ColorDepth.DEPTH_1_BIT, b"[0;3")):
        stand = Stand(40, 9, LEFT, depth=depth)
        stand.renderer.render(stand.application, stand.application.layout)
        stand.pictures[0].screen.feed(b"\x1b[38;2;200;10;10mred \x1b[38;5;34mgreen \x1b[33myellow")
        stand.renderer.fill()
        written = stand.kept.taken()
        assert b"red" in written
        assert rich not in written
        stand.close()


def test_terminal_modes_are_switched_on_inside_and_off_before_the_end() -> None:
    """What asks the terminal around for better keys is taken back before its alternate screen is left."""
    stand = Stand(40, 9, LEFT, modes=("<on>", "<off>"))
    stand.renderer.render(stand.application, stand.application.layout)
    begun = stand.kept.taken()
    assert begun.index(b"?1049h") < begun.index(b"<on>")
    stand.renderer.reset()
    ended = stand.kept.taken()
    assert ended.index(b"<off>") < ended.index(b"?1049l")
    stand.close()


def test_a_hole_draws_blank_rows_where_the_picture_has_none() -> None:
    """A terminal that is smaller than its tile leaves no rubbish beside it."""
    stand = Stand(40, 9, LEFT)
    small = LivePicture(2, 5)
    small.screen.feed(b"small")
    stand.container.holes = [Hole(LEFT, small)]
    stand.seen.feed(b"\x1b[3;3Hrubbish")
    stand.whole()
    assert stand.seen.text()[LEFT.y].strip() == "small"
    assert stand.seen.cells()[LEFT.y][LEFT.right - 1].style == DEFAULT
    small.screen.close()
    stand.close()


def test_only_what_differs_in_a_row_is_drawn_and_all_of_it(stand: Stand) -> None:
    """Runs at both ends that stay are not written again, and what is between them is right."""
    stand.whole()
    screen = stand.pictures[0].screen
    screen.feed(b"\x1b[41mL\x1b[m" + b" " * 15 + b"\x1b[42mR\x1b[m")
    stand.fill()
    screen.feed(b"\x1b[1;2Habc\x1b[1;15Hyz")
    stand.renderer.fill()
    written = stand.kept.taken()
    assert b"L" not in written
    assert b"R" not in written
    stand.seen.feed(written)
    assert stand.seen.text()[LEFT.y].strip() == "Labc          yzR"
    stand.close()
