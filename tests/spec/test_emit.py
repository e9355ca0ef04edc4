"""Values -> YAML text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.errors import Problem
from constellagent.spec import emit
from constellagent.spec.compose import compose
from constellagent.spec.tree import plain

_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | _TEXT,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(_TEXT.filter(lambda key: key != "<<"), inner, max_size=3)
    ),
    max_leaves=8,
)


def read(text: str) -> object:
    """Return what a text says."""
    found: list[Problem] = []
    node = compose(text, found)
    assert node is not None
    assert found == []
    return plain(node)


@given(_VALUES)
def test_what_is_written_on_one_line_reads_back(value: object) -> None:
    """Every value survives, in brackets and as a line of a block."""
    assert read(f"a: {emit.flow(value)}") == {"a": value}
    assert read("\n".join(emit.block({"k": value, "l": {"m": value}}, "  ", "    "))) == {
        "k": value,
        "l": {"m": value},
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Read AUTH.md first.", "Read AUTH.md first."),
        ("7d", "7d"),
        ("no: way", '"no: way"'),
        ("1", '"1"'),
        ("true", '"true"'),
        ("", '""'),
        ("a---b", '"a---b"'),
        ("\x7f", '"\\U0000007f"'),
        (None, "null"),
        (True, "true"),
        (("a", "b c"), "[a, b c]"),
        ({"a": {"b": 1}}, "{a: {b: 1}}"),
    ],
)
def test_quotes_stand_only_where_they_are_needed(value: object, text: str) -> None:
    """Plain words stay plain."""
    assert emit.flow(value) == text
