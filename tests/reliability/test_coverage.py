"""Every promise has its tests, and the page that lists them is up to date."""

import ast
import re
from itertools import chain

from tests.checkout import ROOT
from tests.reliability import proven
from tests.reliability.promises import PROMISES, TABLES

ROWS = {"A": 10, "B": 12, "C": 16, "D": 10, "E": 13, "F": 7, "G": 9}
"""How many promises each table has."""


def test_each_promise_is_there_once_and_in_order() -> None:
    """A promise cannot be dropped in silence."""
    assert list(PROMISES) == [f"{letter}{number + 1}" for letter in ROWS for number in range(ROWS[letter])]
    assert list(TABLES) == list(ROWS)
    assert all(promise.text.endswith(".") for promise in PROMISES.values())


def test_each_promise_has_a_test_in_every_run() -> None:
    """Its id is in the name of a test that is not left out of an ordinary run, or it says why not."""
    found = proven.proofs()
    without = [
        row
        for row, promise in PROMISES.items()
        if all(test.long for test in found.get(row, [])) and not promise.unproven
    ]
    assert without == [], "no test has the id of these in its name (test_a1_...)"


def test_no_test_has_an_id_that_promises_nothing() -> None:
    """An id in a name is one of the page's; where two tests of a file share a name one would be lost."""
    found = proven.proofs()
    assert found.keys() <= PROMISES.keys()
    names = [(test.file, test.name) for test in chain.from_iterable(found.values())]
    assert len(names) == len(set(names))


def test_the_page_is_fresh() -> None:
    """What it says is what the tests are."""
    assert proven.PAGE.read_text() == proven.page(), "python -m tests.reliability.proven --write"


def test_a_long_test_is_known_by_its_mark() -> None:
    """By its own, or by that of its file; a word of its name or of its reasons is none."""
    own = (
        "@pytest.mark.long\ndef test_a1_x(): ...\n"
        "@pytest.mark.skipif(a, reason='belongs')\ndef test_a2_long(): ..."
    )
    whole = f"pytestmark = [pytest.mark.long]\n{own}"
    assert [one.long for one in proven._of(ast.parse(own), "f")] == [True, False]
    assert [one.long for one in proven._of(ast.parse(whole), "f")] == [True, True]


def test_the_page_names_no_test_that_is_not_there() -> None:
    """The names in its cells, with the id before them, are functions of those files."""
    for row, cell in re.findall(
        r"^\| ([A-G][0-9]+) \|[^|]*\|([^|]*)\|", proven.PAGE.read_text(), re.MULTILINE
    ):
        for file, names in re.findall(r"`([^`]+)`: ([^<]+)", cell):
            text = (ROOT / "tests" / file).read_text()
            for name in names.replace("*(long)*", "").split(","):
                assert f"def test_{row.lower()}_{name.strip()}(" in text
