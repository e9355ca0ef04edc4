"""Runs of schedules in words."""

import pytest

from constellagent.faces.run_words import did, moment, took, why
from tests.faces.cli.scheduled import missed_view, run_view


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        ("2026-11-22T09:00:00Z", "2026-11-22 09:00"),
        ("2026-11-22T09:00:07Z", "2026-11-22 09:00:07"),
        ("2026-11-22T09:00:00.500000Z", "2026-11-22 09:00"),
        ("", "-"),
        ("soon", "soon"),
    ],
)
def test_moments(at: str, shown: str) -> None:
    """A fire is shown to the minute, what a person or an event caused to the second."""
    assert moment(at) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(None, ""), (-1, "0s"), (59.9, "59s"), (61, "1m01s"), (3725, "1h02m"), (90061, "1d1h")],
)
def test_spans(seconds: float | None, shown: str) -> None:
    """How long it took is shown in its two largest units."""
    assert took(seconds) == shown


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ({}, ""),
        ({"mails_read": 0}, "nothing"),
        ({"mails_read": 2, "mails_sent": 1, "secrets": 3}, "mail 2/1 secrets 3"),
    ],
)
def test_what_was_done(counts: dict[str, int], shown: str) -> None:
    """Mail and texts are counted as read/sent; not counted is not nothing."""
    assert did(counts) == shown


def test_reasons() -> None:
    """A missed row says since when, a retry which attempt it is, a catch-up what it makes up for."""
    assert why(missed_view(count=1, why="")) == "missed 1 fire"
    assert why(missed_view(count=3, why="asleep")).startswith("missed 3 fires since ")
    assert why(run_view(why="", attempt=2, missed=1)) == "attempt 2, after 1 missed fire"
