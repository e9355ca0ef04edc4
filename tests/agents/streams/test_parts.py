"""What is looked up in lines of which nothing is certain."""

import json
from typing import Any

from hypothesis import given

from constellagent.agents.streams.parts import event_of, number_of, part_of, text_of
from tests.agents.test_values import ANYTHING


@given(ANYTHING)
def test_whatever_is_there_has_the_right_kind(value: Any) -> None:
    """What is of another kind counts as nothing."""
    of = {"it": value}
    assert text_of(of, "it") == (value if isinstance(value, str) else "")
    assert part_of(of, "it") == (value if isinstance(value, dict) else {})
    assert number_of(of, "it") == (value if type(value) is int and 0 < value <= 10**12 else 0)
    assert (text_of({}, "it"), part_of({}, "it"), number_of({}, "it")) == ("", {}, 0)


def test_a_line_is_an_event_only_with_its_type() -> None:
    """Anything else is a line of some other origin."""
    assert event_of('{"type": "text", "x": 1}') == {"type": "text", "x": 1}
    others = ["", "x", "[]", '"type"', json.dumps({"type": 3}), "{}", "[" * 100_000]
    assert [event_of(line) for line in others] == [None] * len(others)
