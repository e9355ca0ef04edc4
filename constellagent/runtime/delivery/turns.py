"""With which prompts turns have begun, as the hooks of the programs tell: the best sign that one arrived."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from constellagent.agents.kind import Report
from constellagent.runtime.store.sessions import SessionRow

Hear = Callable[[str], None]


class Told(Protocol):
    """What a hook has told."""

    @property
    def report(self) -> Report:
        """What it says, as its kind reads it."""
        ...


class Turns:
    """Passes on that a turn has begun to those who wait for one."""

    def __init__(self) -> None:
        self._told: dict[str, str] = {}
        self._waiting: dict[str, list[Hear]] = {}

    def began(self, session: str, prompt: str) -> None:
        """A turn of a session has begun with this prompt. Never blocks, never raises."""
        self._told[session] = prompt
        for heard in list(self._waiting.get(session, ())):
            heard(prompt)

    def hear(self, row: SessionRow, heard: Told) -> None:
        """Take what the hooks of a session's program have told, which may be that a turn has begun."""
        if heard.report.prompt is not None:
            self.began(row.id, heard.report.prompt)

    def newest(self, session: str) -> str | None:
        """Return with which prompt the newest turn began; None where nobody has told of any."""
        return self._told.get(session)

    def forget(self, session: str) -> None:
        """A session has ended."""
        self._told.pop(session, None)
        self._waiting.pop(session, None)

    def listen(self, session: str) -> "Listening":
        """Return the prompts of the turns that begin from now on, as long as it is open."""
        return Listening(self._waiting.setdefault(session, []))


class Listening:
    """What one has heard since; `close` ends it."""

    def __init__(self, waiting: list[Hear]) -> None:
        self.prompts: list[str] = []
        self.stirred = asyncio.Event()
        self._waiting = waiting
        waiting.append(self._hear)

    def close(self) -> None:
        """Listen no more."""
        if self._hear in self._waiting:
            self._waiting.remove(self._hear)

    def _hear(self, prompt: str) -> None:
        self.prompts.append(prompt)
        self.stirred.set()
