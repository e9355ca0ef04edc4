"""How JSON of other programs is looked into."""

import json
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.agents.values import inside, literal, number, part, plain, text, written

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(ANYTHING)
def test_a_look_never_fails(value: object) -> None:
    """Whatever stands at a key, a look returns the wanted type, and the value itself where it is one."""
    of = {"key": value}

    assert text(of, "key") == (value if isinstance(value, str) else "")
    assert part(of, "key") == (value if isinstance(value, dict) else {})
    assert number(of, "key") == (value if type(value) is int else 0)


@given(ANYTHING)
def test_a_part_is_made_where_there_is_none(value: object) -> None:
    """An object is kept with what is in it, and anything else makes room for one."""
    outer = {"key": value}

    inside(outer, "key")["new"] = 1

    assert outer["key"] == ({**value, "new": 1} if isinstance(value, dict) else {"new": 1})


@given(st.dictionaries(st.text(), ANYTHING))
def test_what_is_written_can_be_read(value: object) -> None:
    """A file holds the value, as text that ends a line."""
    assert json.loads(written(value)) == value
    assert written(value).endswith("\n")


@pytest.mark.parametrize("prompt", ["-p", "!touch x", "/run x", "--help"])
def test_a_mark_is_made_harmless(prompt: str) -> None:
    """A text that a program would take for an option or a command gets a blank in front."""
    assert plain(prompt) == f" {prompt}"


@pytest.mark.parametrize("prompt", ["", "Fix it.", " !x", "\n/x"])
def test_a_plain_prompt_stays_as_it_is(prompt: str) -> None:
    """Nothing is added to any other text."""
    assert plain(prompt) == prompt


@given(st.text(st.characters(exclude_characters="\0/\n", exclude_categories=["Cs"]), min_size=1))
def test_a_literal_means_itself_alone(name: str) -> None:
    """Whatever marks are in a path, its pattern finds this path."""
    assert fnmatchcase(name, literal(name))
    assert not fnmatchcase(f"{name}x", literal(name))
