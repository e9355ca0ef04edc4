"""Clicks in a row."""

from constellagent.faces.tui.copying import Clicks


def test_clicks_in_a_row() -> None:
    """At one place and soon after each other; a fourth is a first."""
    clicks = Clicks()
    assert [clicks.count(1, 2, at) for at in (0.0, 0.2, 0.4, 0.6, 0.8)] == [1, 2, 3, 1, 2]


def test_other_places_and_times_begin_anew() -> None:
    """A cell further, or too late."""
    clicks = Clicks()
    assert [clicks.count(1, 2, 0.0), clicks.count(1, 3, 0.1), clicks.count(1, 3, 0.6)] == [1, 1, 1]
