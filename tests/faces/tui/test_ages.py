"""Ages, times to come, and the timer that keeps them right."""

import asyncio
import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.faces.tui import ages
from constellagent.faces.tui.ages import age, keep_fresh, moment, older_at
from tests.faces.tui.fake_deck import NOW, FakeDeck

# Monday, 12 January 1970, 13:46:40 UTC.
MINUTE, HOUR, DAY = 60, 3600, 86400


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0s"), (59, "59s"), (60, "1m"), (3599, "59m"), (7200, "2h"), (3 * DAY, "3d"), (-5, "0s")],
)
def test_age(seconds: float, shown: str) -> None:
    """An age is a whole number of its largest unit; what is yet to come is new."""
    assert age(NOW - seconds, NOW) == shown


@given(st.floats(0, 1e6), st.floats(-100, 1e6))
def test_older_at_is_exact(since: float, passed: float) -> None:
    """Until that moment the age reads the same, and from then on it does not."""
    now = since + max(passed, -since)
    then = older_at(since, now)
    assert then > now
    assert age(since, then) != age(since, now)
    assert age(since, then - 0.5) == age(since, now) or then - 0.5 < now


@pytest.mark.usefixtures("utc")
@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "now"),
        (-HOUR, "now"),
        (13 * MINUTE + 20, "14:00"),
        (DAY, "Tue 13:46"),
        (6 * DAY, "Sun 13:46"),
        (7 * DAY, "19 Jan"),
        (60 * DAY, "13 Mar"),
    ],
)
def test_moment(seconds: float, shown: str) -> None:
    """A time of today is a time of day; later it has its weekday, then its date."""
    assert moment(NOW + seconds, NOW) == shown


class Part:
    """Something that ages; it counts how often it was looked at."""

    def __init__(self, at: float | None) -> None:
        self._at = at
        self.looks = 0

    @property
    def changes_at(self) -> float | None:
        """When it changes."""
        self.looks += 1
        return self._at


async def kept_fresh(deck: FakeDeck, part: Part, until: Callable[[], bool]) -> None:
    """Keep a part fresh until a condition holds."""
    task = asyncio.ensure_future(keep_fresh(deck, [part]))
    async with asyncio.timeout(30):
        while not until():
            await asyncio.sleep(0.001)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("at", [None, NOW + 3600, NOW + 0.005])
async def test_fresh_enough(monkeypatch: pytest.MonkeyPatch, at: float | None) -> None:
    """No frame is asked for while nothing ages, or nothing is due yet."""
    monkeypatch.setattr(ages, "_LOOK", 0.01)
    deck, part = FakeDeck(), Part(at)
    await kept_fresh(deck, part, lambda: part.looks > 3)
    assert deck.redraws == 0


async def test_due() -> None:
    """A frame is asked for when an age is due."""
    deck, part = FakeDeck(), Part(NOW)
    await kept_fresh(deck, part, lambda: deck.redraws > 0)
    assert deck.redraws == 1
