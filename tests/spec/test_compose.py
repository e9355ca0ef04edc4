"""Text -> tree: limits, aliases, merges, duplicate keys, places."""

import re

import pytest

from constellagent.errors import Problem
from constellagent.spec.compose import compose
from constellagent.spec.events import FatalError
from constellagent.spec.tree import Mapping, Place, Scalar, Sequence, plain


def values(text: str) -> object:
    """Return the values of a text without problems."""
    found: list[Problem] = []
    node = compose(text, found)
    assert found == []
    return None if node is None else plain(node)


def noted(text: str) -> list[str]:
    """Return the problems that a text can be read in spite of."""
    found: list[Problem] = []
    compose(text, found)
    return [problem.render("f") for problem in found]


def fatal(text: str) -> str:
    """Return the problem that ends the reading of a text."""
    with pytest.raises(FatalError) as caught:
        compose(text, [])
    return caught.value.problem.render("f")


def test_reads_values_by_the_core_schema() -> None:
    """Keys are always texts; quotes make texts."""
    assert values("a: [1, '1', yes, ~]\n2: {b: true}\nc:\n- x\n-\nd:\n") == {
        "a": [1, "1", "yes", None],
        "2": {"b": True},
        "c": ["x", None],
        "d": None,
    }
    assert values("# nothing\n") is None
    assert values("") is None
    assert values("x") == "x"


def test_aliases_and_merges_are_written_out() -> None:
    """`<<` puts keys under the mapping's own; the first of several wins; in quotes it is a key."""
    text = (
        "x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz: {<<: [*x, *y], a: 0}\nw: *x\nk: &k n\n*k : 1\n'<<': 5\n"
    )
    assert values(text) == {
        "x": {"a": 1, "b": 2},
        "y": {"b": 3, "c": 4},
        "z": {"a": 0, "b": 2, "c": 4},
        "w": {"a": 1, "b": 2},
        "k": "n",
        "n": 1,
        "<<": 5,
    }


def test_what_can_be_read_past_is_noted_with_its_place_and_path() -> None:
    """Tags, odd keys, directives and unfit characters do not hide other problems."""
    assert noted("a: [!x 1, !y [ls]]") == [
        "f:1:5: a.0: the tag '!x' is not read; write the value without it",
        "f:1:11: a.1: the tag '!y' is not read; write the value without it",
    ]
    assert noted("? [a]\n: 1\n") == ["f:1:3: a key must be a plain text, not a list or a mapping"]
    assert noted("%YAML 1.2\n---\na: 1\n") == [
        "f:2:1: directives (lines with % at the top) are not read; remove them"
    ]
    assert noted('a: "\\0"\n') == ["f:1:4: a: a NUL character cannot be part of a value"]
    assert noted("a: {<<: 5}\n") == ["f:1:5: a: << takes a mapping or a list of mappings, such as *name"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\n\tb: 2\n", "f:2:1: not valid YAML: a tab cannot indent; use spaces"),
        ("a: [1", "f:1:6: not valid YAML: expected ',' or ']'"),
        ("a: 1\n---\nb: 2\n", "f:2:1: a second document starts here"),
        ("a: *b\n", "f:1:4: the alias 'b' names nothing that stands before it"),
        ("a: \x07\n", "f:1:4: the character U+0007 may not stand in a file"),
        ('a: 1\nb: "\\UFFFFFFFF"\n', "f:2:2: not valid YAML: what follows cannot be read"),
        ("%YAML 9.0\n---\n", "f:1:1: not valid YAML: found incompatible YAML document"),
        ("[" * 2000, "f:1:33: nested deeper than 32 levels"),
        ("{" * 2000, "f:1:33: nested deeper than 32 levels"),
        ("- " * 2000, "f:1:65: nested deeper than 32 levels"),
    ],
)
def test_what_ends_the_reading_has_its_place(text: str, problem: str) -> None:
    """Broken YAML and texts beyond the limits end with one problem."""
    assert problem in fatal(text)


def test_a_text_has_only_so_many_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parser's events are counted; the limit is lowered here, as reaching the real one takes seconds."""
    monkeypatch.setattr("constellagent.spec.compose.MOST_EVENTS", 1000)
    assert fatal("- x\n" * 2000) == "f:998:3: the file has more than 1,000 parts"


def test_d1_aliases_cannot_multiply() -> None:
    """A text that is small but would be huge or deep when written out is refused while it is built."""
    laughs = "a0: &a0 [x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 6)}]\n" for n in range(1, 10)
    )
    assert "more than 50,000 parts with its aliases written out" in fatal(laughs)
    nine = "a0: &a0 [lol]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)
    )
    assert "more than 64 aliases" in fatal(nine) or "50,000 parts" in fatal(nine)
    tower = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 40))
    assert "nested deeper than 32 levels with its aliases written out" in fatal(tower)
    assert "more than 64 aliases (*name)" in fatal("a: &a 1\nb: [" + "*a," * 65 + "]")


def test_d3_merge_keys_cannot_multiply() -> None:
    """Twenty levels of a mapping that is merged twice would be a million, and are refused."""
    merges = "a0: &a0 {k: 1}\n" + "".join(
        f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 21)
    )
    assert "with its aliases written out" in fatal(merges)


def test_d4_a_key_that_is_given_twice_is_told_with_both_places() -> None:
    """In a block, in braces, and where quotes or another way of writing hide that it is the same."""
    assert noted("a: {b: 1, b: 2}\na: 3\n") == [
        "f:1:11: a.b: the key 'b' is given twice, first at line 1, column 5",
        "f:2:1: a: the key 'a' is given twice, first at line 1, column 1",
    ]
    for text in ("a: 1\n'a': 2\n", 'a: 1\n"\\x61": 2\n', "a: 1\n? a\n: 2\n"):
        (told,) = noted(text)
        assert "the key 'a' is given twice, first at line 1, column 1" in told


@pytest.mark.parametrize(
    "tag", ["!!python/object/apply:os.system", "!!python/name:os.system", "!x", "!!str", "!<tag:a,1:b>", "!"]
)
def test_d6_no_tag_is_read(tag: str) -> None:
    """A tag is a problem before a value, a key, a list and a mapping; nothing is made of it."""
    for text in (f"a: {tag} [ls]\n", f"a: {tag} ls\n", f"a: {tag} {{b: ls}}\n", f"a:\n- {tag} x\n"):
        (told,) = noted(text)
        assert "is not read; write the value without it" in told


@pytest.mark.parametrize(
    "text", ["a: &a [*a]\n", "a: &a {b: *a}\n", "a: &a [[[*a]]]\n", "&a {<<: *a}\n", "a: &a\n  b: [*a]\n"]
)
def test_d7_an_alias_inside_what_it_names_is_refused(text: str) -> None:
    """What would hold itself ends the reading, in its place."""
    assert "the alias 'a' stands inside what it names" in fatal(text)


def test_nodes_know_their_places_and_offsets() -> None:
    """What is cut out of the text by offsets is what was written, without comments behind it."""
    text = "a: |\n  x\n\n# c\nb:\n  - k: 'v'  # d\nc: {x: 1}\nd:\ne: &e w\nf: *e\n"
    root = compose(text, [])
    assert isinstance(root, Mapping)
    cut = {key: text[entry.value_start : entry.end] for key, entry in root.entries.items()}
    assert cut == {"a": "|\n  x", "b": "- k: 'v'", "c": "{x: 1}", "d": "", "e": "&e w", "f": "*e"}
    assert [text[entry.start : entry.key_end] for entry in root.entries.values()] == list("abcdef")
    below = root.entries["b"].node
    assert isinstance(below, Sequence)
    assert below.place == Place(6, 3)
    alias = root.entries["f"].node
    assert isinstance(alias, Scalar)
    assert (alias.place, re.sub("[^w]", "", alias.text)) == (Place(9, 4), "w")
