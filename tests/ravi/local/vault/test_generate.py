"""Generated passwords: their length, their characters, and what is refused."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.ravi.local.answers import ApiError
from constellagent.ravi.local.vault.generate import CLASSES, LONGEST, SHORTEST, USUAL, Recipe, recipe

FLAGS = st.dictionaries(st.sampled_from(sorted(CLASSES)), st.sampled_from(["true", "false", "1", "0", ""]))


@given(
    FLAGS,
    st.integers(SHORTEST, LONGEST),
    st.text("".join(CLASSES.values()), max_size=60) | st.text(max_size=9),
)
def test_every_asked_class_occurs_and_nothing_else(flags: dict[str, str], length: int, excluded: str) -> None:
    """A password has the asked length, a character of each class that is left, and no excluded one."""
    query = {**flags, "length": str(length), "exclude_chars": excluded}
    asked = [
        set(CLASSES[name]) - set(excluded) for name in CLASSES if flags.get(name, "1") not in {"false", "0"}
    ]
    left = [characters for characters in asked if characters]
    if not left:
        with pytest.raises(ApiError) as raised:
            recipe(query)
        assert raised.value.status == 422
        return
    made = recipe(query).make()
    assert len(made) == length
    assert set(made) <= set().union(*left)
    assert all(characters & set(made) for characters in left)


def test_nothing_said_means_sixteen_characters_of_all_classes() -> None:
    """The usual recipe uses everything, and no two passwords are alike."""
    assert recipe({}) == Recipe()
    made = [Recipe().make() for _ in range(100)]
    assert {len(one) for one in made} == {USUAL}
    assert len(set(made)) == len(made)


def test_characters_are_drawn_alike() -> None:
    """Over many passwords no character of one class is rare or frequent."""
    counts = Counter("".join(Recipe(64, ("ab", "01")).make() for _ in range(500)))
    assert set(counts) == set("ab01")
    # 32,000 draws of four: 8,000 each, with a standard deviation of 77.
    assert all(abs(count - 8000) < 600 for count in counts.values())


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"length": "7"}, "length"),
        ({"length": "129"}, "length"),
        ({"length": "-1"}, "length"),
        ({"length": "x"}, "length"),
        ({"length": "٣٢"}, "length"),
        ({"length": "9" * 5000}, "length"),
        ({"digits": "maybe"}, "digits"),
        ({"exclude_chars": "x" * 257}, "exclude_chars"),
        (dict.fromkeys(CLASSES, "false"), "exclude_chars"),
        ({"exclude_chars": "".join(CLASSES.values())}, "exclude_chars"),
        (
            {**dict.fromkeys(CLASSES, "false"), "digits": "true", "exclude_chars": "0123456789"},
            "exclude_chars",
        ),
    ],
)
def test_what_cannot_be_made_is_refused(query: dict[str, str], field: str) -> None:
    """Each refusal is a 422 that names its flag."""
    with pytest.raises(ApiError) as raised:
        recipe(query)
    assert (raised.value.status, raised.value.details) == (422, {"field": field})
