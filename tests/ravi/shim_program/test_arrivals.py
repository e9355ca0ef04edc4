"""Lists of messages from a service that gives them a part at a time."""

from collections.abc import Mapping
from typing import Any

import pytest

from constellagent.ravi.shim_program import api, arrivals
from constellagent.ravi.shim_program.login import Login

HOSTED = Login("https://ravi.invalid", "k")


def rows(*numbers: int) -> list[dict[str, Any]]:
    """Return received, unread messages."""
    return [{"id": number, "direction": "incoming", "is_read": False} for number in numbers]


@pytest.mark.parametrize(
    ("held", "knows_parts", "asked"),
    [(0, True, 1), (5, True, 1), (200, True, 2), (450, True, 3), (200, False, 2), (5000, True, 10)],
)
def test_part_after_part_is_read(
    monkeypatch: pytest.MonkeyPatch, held: int, knows_parts: bool, asked: int
) -> None:
    """All parts are joined up to a limit; a server that repeats its answer is noticed."""
    queries: list[Mapping[str, str]] = []

    # In place of the network, because no address of this machine counts as hosted.
    def call(_login: Login, _method: str, _path: str, *, query: Mapping[str, str]) -> object:
        queries.append(query)
        offset = int(query["offset"]) if knows_parts else 0
        return rows(*range(held))[offset : offset + int(query["limit"])]

    monkeypatch.setattr(api, "call", call)
    found = arrivals.unread(HOSTED, arrivals.SMS)
    assert [row["id"] for row in found] == list(range(min(held, 2000)))
    assert len(queries) == asked
    assert all(query["is_read"] == "false" for query in queries)


def test_only_what_came_in_and_was_not_read_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that ignores what is asked for is corrected."""
    mixed = [
        *rows(1),
        {"id": 2, "direction": "outgoing"},
        {"id": 3, "direction": "incoming", "is_read": True},
    ]
    # In place of the network, for the same reason.
    monkeypatch.setattr(api, "call", lambda *_, **__: mixed)
    assert arrivals.unread(HOSTED, arrivals.EMAIL) == rows(1)
