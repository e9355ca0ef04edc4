"""Ages and times as they are shown, and the one timer that keeps those in sight right.

All ages change together, at whole seconds of the clock, so that a hundred agents cost one frame a second,
and none where every age in sight is counted in minutes.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from constellagent.faces.tui.deck import Deck

_UNITS = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))
_LOOK = 1.0
"""Seconds between two looks whether something has an age now."""
_SETTLE = 0.1
"""Seconds that a frame which was asked for is given to be drawn."""


class Ageing(Protocol):
    """A part that shows ages."""

    @property
    def changes_at(self) -> float | None:
        """When what it last drew will be out of date, epoch seconds; None while nothing in it ages."""
        ...


def age(since: float, now: float) -> str:
    """Return the age of something in its largest whole unit: `42s`, `7m`, `3h`, `12d`."""
    whole = max(0, int(now) - int(since))
    size, unit = _unit(whole)
    return f"{whole // size}{unit}"


def older_at(since: float, now: float) -> float:
    """Return when the `age` of something reads differently, epoch seconds; always after `now`."""
    whole = max(0, int(now) - int(since))
    size, _ = _unit(whole)
    return float(max(int(since), int(now) - whole) + (whole // size + 1) * size)


def _unit(whole: int) -> tuple[int, str]:
    return next((unit for unit in _UNITS if whole >= unit[0]), _UNITS[-1])


def moment(due: float, now: float) -> str:
    """Return a time to come as this place's clocks show it: `09:00`, `Mon 09:00`, `24 Nov`, or `now`."""
    if due <= now:
        return "now"
    then, today = (datetime.fromtimestamp(at, UTC).astimezone() for at in (due, now))
    if then.date() == today.date():
        return f"{then:%H:%M}"
    if then.date() < today.date() + timedelta(days=7):
        return f"{then:%a %H:%M}"
    return f"{then.day} {then:%b}"


async def keep_fresh(deck: Deck, parts: Sequence[Ageing]) -> None:
    """Ask for a frame whenever an age in sight changes, until cancelled."""
    while True:
        due = min((at for part in parts if (at := part.changes_at) is not None), default=None)
        now = deck.now()
        if due is None or due > now + _LOOK:
            await asyncio.sleep(_LOOK)
        elif due > now:
            await asyncio.sleep(due - now)
        else:
            deck.redraw()
            await asyncio.sleep(_SETTLE)
