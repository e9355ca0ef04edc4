"""Which lines of a transcript are looked at, and what counts as a number in them."""

import pytest

from constellagent.agents.meters.lines import dollars, event, tokens


def test_only_lines_with_the_mark_are_parsed() -> None:
    """A line that lacks it, or is no object, says nothing."""
    assert event('{"mark": 1}', '"mark"') == {"mark": 1}
    for line in ('{"other": 1}', '["mark"]', '{"mark": 1', "mark", "[" * 100_000 + '"mark"'):
        assert event(line, '"mark"') == {}


def test_numbers_are_added_up() -> None:
    """What is no count of tokens is none."""
    told = {"a": 1, "b": 2, "c": -3, "d": 10**13, "e": True, "f": "4", "g": 1.5}

    assert tokens(told, "a", "b", "c", "d", "e", "f", "g", "h") == 3


@pytest.mark.parametrize("value", [None, True, "1", -1, float("nan"), float("inf"), 10**400])
def test_what_is_no_sum_of_money_is_none(value: object) -> None:
    """Nothing else is made of it."""
    assert dollars({"cost": value}, "cost") is None


def test_a_sum_of_money_is_kept() -> None:
    """Whole dollars too."""
    assert (dollars({"a": 1}, "a"), dollars({"a": 0.25}, "a"), dollars({"a": 0}, "a")) == (1.0, 0.25, 0.0)
