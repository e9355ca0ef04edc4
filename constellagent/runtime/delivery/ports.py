"""What delivering needs of others: the sessions, and what is known of their screens and states."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

from constellagent.runtime.control import SessionView
from constellagent.runtime.screen_views import ScreenRequest, ScreenView
from constellagent.runtime.store.sessions import SessionRow
from constellagent.term.activity import Activity

KindOf = Callable[[SessionRow], Awaitable[str]]
"""Tells the name of the kind of a session's agent; empty where nobody knows."""


class Stands(Protocol):
    """What a session does; `since` is in epoch seconds."""

    @property
    def activity(self) -> Activity:
        """State, reason and source."""
        ...

    @property
    def since(self) -> float:
        """Since when it is in that state."""
        ...


class Seeing(Protocol):
    """Looks at the screens of live sessions."""

    def standing(self, session: str) -> Stands | None:
        """Return what a session does, None where that is not known (yet)."""
        ...

    async def screen(self, row: SessionRow, request: ScreenRequest) -> ScreenView:
        """Return what its terminal shows."""
        ...

    def typed(self, session: str) -> None:
        """Take note that somebody gave the session input."""
        ...


class Writing(Protocol):
    """Writes to the terminals of live sessions."""

    async def send(self, session: str, data: bytes) -> None:
        """Write to the session's pty."""
        ...

    async def get(self, session: str) -> SessionRow | None:
        """Return the row of a session."""
        ...

    def view(self, row: SessionRow) -> SessionView:
        """Return a session as faces see it."""
        ...

    def log(self, session: str) -> Path:
        """Return the folder of the session's output."""
        ...

    def folder(self, session: str) -> Path:
        """Return the session's folder."""
        ...
