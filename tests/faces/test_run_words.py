"""Runs of schedules in words."""

import pytest

from constellagent.faces.run_words import did, moment, took, used, why
from constellagent.runtime.schedule_views import UsageView
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


@pytest.mark.parametrize(
    ("usage", "words"),
    [
        (None, ""),
        (UsageView(input=0, output=0, cost=0.0), "$0.00"),
        (UsageView(input=999, output=1000, cost=None), "999/1.0k"),
        (UsageView(input=12_345, output=3_450, cost=0.071), "12k/3.5k $0.07"),
        (UsageView(input=1_500_000, output=99_999_999, cost=12.3), "1.5M/99M $12.30"),
        (UsageView(input=1, output=2, cost=0.00123), "1/2 $0.0012"),
    ],
)
def test_used(usage: UsageView | None, words: str) -> None:
    """Tokens are shortened, and a price below a cent is not rounded to nothing."""
    assert used(usage) == words
