"""Parts of lists."""

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from constellagent.errors import UsageError
from constellagent.faces.web.routes.paging import cursor, limit_of, page, parts

ROWS = st.lists(st.tuples(st.text(max_size=3), st.text(max_size=3)), unique=True, max_size=30)


@given(rows=ROWS, limit=st.integers(1, 7))
def test_parts_together_are_the_list(rows: list[tuple[str, str]], limit: int) -> None:
    """Whatever the keys hold, the parts are the whole list in its order, each row once."""
    ordered = sorted(rows, reverse=True)
    seen: list[tuple[str, str]] = []
    after = ""
    for _ in range(len(rows) + 1):
        part = page(ordered, lambda row: row, 2, limit, after)
        seen += part.data
        after = part.next
        if not after:
            break
    assert seen == ordered


@given(st.lists(st.text(max_size=20), min_size=1, max_size=4))
def test_a_cursor_brings_its_texts_back(texts: list[str]) -> None:
    """Also such as are no Unicode."""
    assert parts(cursor(texts), len(texts)) == texts


@given(st.text(max_size=50))
def test_what_is_no_cursor_is_refused(text: str) -> None:
    """Any text is either a cursor with that many parts, or an error of the asker's."""
    with contextlib.suppress(UsageError):
        assert len(parts(text, 2)) == 2


def test_limits() -> None:
    """A part has a hundred rows where nothing is said."""
    assert (limit_of(None), limit_of(1), limit_of(1000)) == (100, 1, 1000)
