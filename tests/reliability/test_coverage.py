"""Every promise has its tests, and the page that lists them is up to date."""

import ast
import re
from itertools import chain

from tests.checkout import ROOT
from tests.reliability import proven
from tests.reliability.promises import PROMISES, TABLES, Promise

ROWS = {"A": 10, "B": 12, "C": 16, "D": 10, "E": 13, "F": 7, "G": 9}
"""How many promises each table has."""


def test_each_promise_is_there_once_and_in_order() -> None:
    """A promise cannot be dropped in silence."""
    assert list(PROMISES) == [f"{letter}{number + 1}" for letter in ROWS for number in range(ROWS[letter])]
    assert list(TABLES) == list(ROWS)
    assert all(promise.text.endswith(".") for promise in PROMISES.values())


def test_each_promise_has_a_test_in_every_run() -> None:
    """Its id is in the name of a test that is left out of no ordinary run, or it says that it has none."""
    assert proven.without(proven.proofs(), PROMISES) == [], "no test has the id of these in its name"


def test_a_promise_cannot_lose_its_tests() -> None:
    """Whatever of it is unproven, without its tests it is named; with none but long or needy ones as well."""
    unproven = [row for row, promise in PROMISES.items() if promise.unproven and not promise.untested]
    assert unproven, "else this shows nothing"
    left = {row: tests for row, tests in proven.proofs().items() if row not in unproven}
    assert proven.without(left, PROMISES) == unproven
    for long, needs in ((True, False), (False, True)):
        less = {"B1": [proven.Proof("B1", "f", "test_b1_x", long, needs)]}
        assert proven.without(less, {"B1": Promise("It is.", unproven="most of it")}) == ["B1"]


def test_only_what_has_no_test_is_said_to_have_none() -> None:
    """A promise without any test says why, and one that got a test no longer says so."""
    untested = [row for row, promise in PROMISES.items() if promise.untested]
    assert all(PROMISES[row].unproven for row in untested)
    assert not proven.proofs().keys() & {*untested}


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


def test_what_a_test_needs_is_known() -> None:
    """By a mark of its own, of its file or by name, by a skip in it or in what it uses; not by the system."""
    text = """
root = pytest.mark.skipif(os.getuid() != 0, reason="root")
def small(): pytest.skip("no disk")
@pytest.fixture
def disk(): yield small()
@root
def test_a1_by_name(): ...
def test_a1_by_fixture(disk): ...
def test_a1_by_itself(): pytest.skip("no")
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a1_by_no_more(lab): ...
"""
    assert [one.needs for one in proven._of(ast.parse(text), "f")] == [True, True, True, False]
    whole = f"{text}\npytestmark = [pytest.mark.timeout(1), root]"
    assert all(one.needs for one in proven._of(ast.parse(whole), "f"))


def test_the_page_names_no_test_that_is_not_there() -> None:
    """The names in its cells, with the id before them, are functions of those files."""
    for row, cell in re.findall(
        r"^\| ([A-G][0-9]+) \|[^|]*\|([^|]*)\|", proven.PAGE.read_text(), re.MULTILINE
    ):
        for file, names in re.findall(r"`([^`]+)`: ([^<]+)", cell):
            text = (ROOT / "tests" / file).read_text()
            for name in re.sub(r" \*\([a-z, ]+\)\*", "", names).split(","):
                assert f"def test_{row.lower()}_{name.strip()}(" in text
