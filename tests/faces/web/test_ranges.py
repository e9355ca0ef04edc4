"""The ranges of numbers, as requests are checked by them and as the description says them."""

from collections.abc import Iterator
from typing import Any

import pytest

from constellagent.faces.web.problems import HttpError
from constellagent.faces.web.ranges import LARGEST_SIDE, MOST_ROWS
from constellagent.faces.web.routes.sessions import RunBody, ScreenQuery
from constellagent.faces.web.serving import description
from constellagent.faces.web.shapes import body_check, query_check

RANGES = {
    "limit": (1, MOST_ROWS),
    "history": (0, 10_000),
    "rows": (1, LARGEST_SIDE),
    "columns": (1, LARGEST_SIDE),
}


def numbers() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield name and schema of each parameter of a query that is a whole number."""
    for ways in description()["paths"].values():
        for operation in ways.values():
            for one in operation["parameters"]:
                if one["schema"].get("type") == "integer":
                    yield one["name"], one["schema"]


def test_the_description_says_each_range() -> None:
    """Each parameter of these names, wherever it is, and the size of a run."""
    found = [(name, one["minimum"], one["maximum"]) for name, one in numbers() if name in RANGES]
    assert {name for name, _, _ in found} == RANGES.keys()
    assert all(RANGES[name] == (least, most) for name, least, most in found)
    keys = description()["components"]["schemas"]["RunBody"]["properties"]
    assert [(keys[name]["minimum"], keys[name]["maximum"]) for name in ("rows", "columns")] == [(1, 1000)] * 2


@pytest.mark.parametrize("number", [0, -1, LARGEST_SIDE + 1])
def test_a_number_outside_of_its_range_is_refused(number: int) -> None:
    """In a body as in a query; its ends are inside."""
    with pytest.raises(HttpError, match="rows"):
        body_check(RunBody)({"prompt": "x", "rows": number})
    with pytest.raises(HttpError, match="history"):
        query_check(ScreenQuery)({"history": str(number - 1 if number < 1 else 10_001)})
    for end in (1, LARGEST_SIDE):
        assert body_check(RunBody)({"rows": end}) == {"rows": end}
    assert query_check(ScreenQuery)({"history": "0"}) == {"history": 0}
