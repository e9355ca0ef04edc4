"""Files as rows: folding, finding the way, and keeping a place while rows come and go."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.faces.tui.views.diff_document import Document, Heading, Note, One, Rule, Two
from constellagent.faces.tui.views.diff_patch import parse
from tests.faces.tui.views.changes import FILES, PATCHES, change
from tests.growth import assert_linear


@pytest.fixture
def document() -> Document:
    """All four files, open."""
    document = Document()
    document.fill(FILES)
    for entry in document.entries:
        entry.open, entry.patch = True, parse(PATCHES[entry.change["path"]])
    document.changed()
    return document


def kinds(document: Document) -> list[str]:
    """Return what each row is."""
    return [type(document.at(row)[1]).__name__ for row in range(document.total)]


def test_rows(document: Document) -> None:
    """Each file has a heading, then notes, then hunks with their lines."""
    assert kinds(document)[:9] == ["Heading", "Rule", *["One"] * 3, "Heading", *["Note"] * 3]
    assert document.start(1) == 5
    assert [document.number(row) for row in (0, 4, 5, 8, 9)] == [0, 0, 1, 1, 2]


def test_folded_files_are_their_heading(document: Document) -> None:
    """Of a file that is not open there is one row."""
    for entry in document.entries:
        entry.open = False
    document.changed()

    assert kinds(document) == ["Heading"] * 4
    assert [document.start(number) for number in (-1, 0, 3, 9)] == [0, 0, 3, 3]


def test_side_by_side(document: Document) -> None:
    """Then a pair of lines is one row."""
    document.split = True
    document.changed()

    assert kinds(document)[:5] == ["Heading", "Rule", "Two", "Two", "Heading"]


def test_a_file_without_lines_says_why(document: Document) -> None:
    """What is fetched, went wrong, was cut off, or has nothing to show is said in a note."""
    entry = document.entries[2]

    def notes() -> list[str]:
        document.changed()
        rows = (document.at(row) for row in range(document.total))
        return [row.text for of, row in rows if of is entry and isinstance(row, Note)]

    assert notes() == ["new file mode 100644"]
    entry.cut = True
    assert notes()[-1] == "the rest is too long to be shown"
    entry.cut, entry.patch = False, parse("")
    assert notes() == ["no lines to show"]
    entry.patch = None
    assert notes() == ["is being fetched ..."]
    entry.problem = "git is away"
    assert notes() == ["git is away"]


def test_hunks_around(document: Document) -> None:
    """The next and the last hunk are found from anywhere, around the ends."""
    rules = [row for row in range(document.total) if isinstance(document.at(row)[1], Rule)]

    assert len(rules) == 4
    assert [document.hunk(row, 1) for row in (0, rules[0], rules[3])] == [rules[0], rules[1], rules[0]]
    assert [document.hunk(row, -1) for row in (0, rules[1])] == [rules[3], rules[0]]
    assert Document().hunk(0, 1) is None


def test_searching(document: Document) -> None:
    """Words are found in names, notes, lines and heads of hunks; small letters stand for both kinds."""
    for words, kind in (("signup.py", Heading), ("mode 1007", Note), ("ADDRESS", One), ("class", Rule)):
        at = document.find(words.lower(), 0, 1)
        assert at is not None
        assert isinstance(document.at(at)[1], kind)
    assert document.find("ADDRESS", 0, 1) is None
    assert document.find("Signup", 0, 1) == document.find("class signup", 0, 1)
    document.split = True
    document.changed()
    found = document.find("an address", 0, 1)
    assert found is not None
    assert isinstance(document.at(found)[1], Two)


def test_a_new_list_keeps_what_is_known(document: Document) -> None:
    """Files that are still there stay open, with their old lines until they were fetched anew."""
    for entry in document.entries:
        entry.stale = False
    document.fill([change("a-first.txt"), *FILES[1:]])

    assert [entry.open for entry in document.entries] == [False, True, True, True]
    assert document.entries[1].patch is not None
    assert all(entry.stale for entry in document.entries)


def test_places(document: Document) -> None:
    """A place is found again after rows came before it, and near by where it is gone."""
    place = document.place(11)
    assert place == ("notes.txt", 2)
    document.entries[0].open = False
    document.changed()
    assert document.row(place) == 11 - 4

    document.fill([FILES[0], FILES[3]])
    assert document.row(place) == document.start(1)
    assert document.row(("zzz", 0)) == document.total - 1
    assert document.row(("docs/new.md", 99)) == 0
    assert (Document().place(0), Document().row(("x", 1))) == (("", 0), 0)


@given(st.lists(st.booleans(), min_size=1, max_size=4), st.data())
def test_every_row_is_its_own_place(opened: list[bool], data: st.DataObject) -> None:
    """Whatever is folded, a row's place leads back to that row."""
    document = Document()
    document.fill(FILES[: len(opened)])
    for entry, is_open in zip(document.entries, opened, strict=True):
        entry.open, entry.patch = is_open, parse(PATCHES[entry.change["path"]])
    document.changed()
    row = data.draw(st.integers(0, document.total - 1))

    assert document.row(document.place(row)) == row


def test_ten_thousand_files_are_quick() -> None:
    """A list of any length that is sent is counted and walked in a time that grows with its length."""

    def filled(size: int) -> Document:
        document = Document()
        document.fill([change(f"{number:05}.py") for number in range(size)])
        return document

    def walked(document: Document) -> None:
        for number in range(20):
            document.entries[number].open = True
            document.changed()
            assert document.at(document.start(len(document.entries) - 1))[0] is document.entries[-1]

    assert_linear(filled, walked, 10_000)
