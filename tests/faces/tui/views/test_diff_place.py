"""Moving in a diff: the cursor is always in the document, and always in sight."""

from hypothesis import given
from hypothesis import strategies as st

from constellagent.faces.tui.views.diff_document import Document
from constellagent.faces.tui.views.diff_patch import parse
from constellagent.faces.tui.views.diff_place import Place
from tests.faces.tui.views.changes import FILES, PATCHES


def filled(height: int = 5) -> tuple[Document, Place]:
    """Return an open document, and a place in it."""
    document = Document()
    document.fill(FILES)
    for entry in document.entries:
        entry.open, entry.patch = True, parse(PATCHES[entry.change["path"]])
    document.changed()
    place = Place(document)
    place.height = height
    return document, place


def test_files_one_after_another() -> None:
    """Forwards to the next heading; backwards first to the file's own."""
    document, place = filled()
    place.step_file(1)
    assert (place.cursor, place.top) == (5, 5)
    place.to(7)
    place.step_file(-1)
    assert place.cursor == 5
    place.step_file(-1)
    assert place.cursor == 0
    place.step_file(-1)
    assert place.cursor == 0
    for _ in range(9):
        place.step_file(1)
    assert place.number == 3
    assert place.top <= document.total - place.height


def test_jumps_show_what_stands_before() -> None:
    """A jump out of sight leaves some rows above the cursor; one within sight moves nothing else."""
    _, place = filled(height=8)
    place.jump(5)
    assert place.top == 0
    place.jump(15)
    assert (place.cursor, place.top) == (15, 13)


def test_the_wheel_leaves_the_cursor_where_it_can() -> None:
    """The cursor moves only where it would be left behind."""
    _, place = filled()
    place.to(4)
    place.scroll(3)
    assert (place.top, place.cursor) == (3, 4)
    place.scroll(3)
    assert (place.top, place.cursor) == (6, 6)
    place.scroll(-99)
    assert (place.top, place.cursor) == (0, 4)


def test_a_page() -> None:
    """A page moves both, half a page half of it."""
    _, place = filled(height=6)
    place.page(1.0)
    assert (place.top, place.cursor) == (6, 6)
    place.page(-0.5)
    assert (place.top, place.cursor) == (3, 3)


def test_lines_stay_where_they_stand() -> None:
    """When rows before the cursor go, the line with the cursor stays at its height in the window."""
    document, place = filled()
    place.to(12)
    distance, line = place.cursor - place.top, document.at(12)

    with place.kept():
        document.entries[1].open = False
        document.changed()

    assert document.at(place.cursor) == line
    assert place.cursor - place.top == distance


@given(st.integers(1, 40), st.lists(st.tuples(st.sampled_from("tpsfj"), st.integers(-50, 50)), max_size=12))
def test_always_in_sight(height: int, moves: list[tuple[str, int]]) -> None:
    """Whatever was done, the cursor is in the document and in sight, and no room is wasted below."""
    document, place = filled(height)
    for kind, amount in moves:
        match kind:
            case "t":
                place.to(amount)
            case "p":
                place.page(amount / 10)
            case "s":
                place.scroll(amount)
            case "f":
                place.step_file(1 if amount > 0 else -1)
            case _:
                place.jump(abs(amount) % document.total)
        assert place.cursor in place.in_sight
        assert len(place.in_sight) == min(height, document.total)


def test_nothing_to_move_in() -> None:
    """Without files nothing moves."""
    place = Place(Document())
    place.step_file(1)
    place.to_file(3)
    place.to(7)
    place.scroll(3)
    assert (place.cursor, place.top, len(place.in_sight)) == (0, 0, 0)
