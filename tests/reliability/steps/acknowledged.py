"""What was acknowledged to somebody while a scene went on: it must be there, whatever dies afterwards.

A scene does the same again after a death, and so makes good what was lost. So what the first time was told of
is written down here, and looked at before anybody does anything again.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Look = Callable[[], Any]
"""Returns what something is now, and changes nothing."""

_PATIENCE = 5.0
"""Seconds for what a daemon that has just begun still reads, as who lives."""


class Acknowledged:
    """What each thing may be: one value where its last change was acknowledged, else also what it was."""

    def __init__(self) -> None:
        self._things: dict[str, tuple[Look, list[Any]]] = {}

    def __len__(self) -> int:
        """Return of how many things something is known."""
        return len(self._things)

    def forget(self) -> None:
        """Begin anew."""
        self._things.clear()

    def drop(self, *things: str) -> None:
        """Take note that what was acknowledged of these is over by itself with what comes now."""
        for thing in things:
            self._things.pop(thing, None)

    def seen(self, thing: str, look: Look) -> None:
        """Take note of what something is now: who was shown it counts on it."""
        self.given(thing, look, look())

    def given(self, thing: str, look: Look, value: object) -> None:
        """Take note of what something is, as it was told, or seen."""
        self._things[thing] = (look, [value])

    @contextmanager
    def changing(self, thing: str, look: Look, value: object, *, was: object = None) -> Iterator[None]:
        """Take note of what the body makes of something: until it has ended, it may be that or as before.

        `was` is what it is before the first change.
        """
        known = self._known(thing, was)
        self._things[thing] = (look, [*known, value])
        yield
        self._things[thing] = (look, [value])

    @contextmanager
    def one_more(self, thing: str, look: Look) -> Iterator[None]:
        """The same for something that is counted: the body adds one, which may be there without its word."""
        known = self._known(thing, 0)
        self._things[thing] = (look, sorted({*known, *(count + 1 for count in known)}))
        yield
        self._things[thing] = (look, [count + 1 for count in known])

    def hold(self) -> None:
        """Assert that everything is as it was acknowledged."""
        for thing, (look, values) in self._things.items():
            deadline = time.monotonic() + _PATIENCE
            while (found := look()) not in values:
                if time.monotonic() > deadline:
                    raise AssertionError(f"{thing}: acknowledged as {values}, and is {found!r}")
                time.sleep(0.05)

    def _known(self, thing: str, was: object) -> list[Any]:
        return list(self._things[thing][1]) if thing in self._things else [was]
