"""First prompts that can only be typed: kept with their session, and typed once its program takes them.

A prompt is written down before the program starts, and a mark before its first byte is typed. So whatever
becomes of the daemon, it is typed at most once; where one died in between, nobody types it again.
"""

import asyncio
import logging
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from constellagent.errors import ConflictError, ConstellagentError
from constellagent.ravi.private_files import read_private, write_private
from constellagent.runtime import processes
from constellagent.runtime.delivery.courier import Courier
from constellagent.runtime.delivery.ports import Writing
from constellagent.runtime.holder import marker
from constellagent.runtime.store.sessions import SessionRow
from constellagent.runtime.tasks import spawn

FOLDER = "later"
"""Of the session's folder: holds the prompt, the mark, and what became of it."""
PROMPT, OUTCOME = "prompt", "outcome"
PATIENCE = 30.0
"""Seconds after which it is said what a prompt waits for; it goes on waiting."""
DOUBTFUL = "nobody knows whether its first prompt was typed: the daemon ended meanwhile"

Tell = Callable[[SessionRow, str], None]
"""Tells people something of a session. Neither blocks nor raises."""

_log = logging.getLogger(__name__)


class Later:
    """Sees to the first prompts of sessions."""

    def __init__(self, courier: Courier, sessions: Writing, tell: Tell) -> None:
        self._courier = courier
        self._sessions = sessions
        self._tell = tell
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._notes: dict[str, str] = {}

    def resume(self, live: Iterable[SessionRow]) -> None:
        """See to the prompts that an earlier daemon left."""
        for row in live:
            self.take_up(row)

    def take_up(self, row: SessionRow) -> None:
        """See to the prompt of a live session, if it has one."""
        if row.live and row.role == "agent" and row.id not in self._tasks:
            self._tasks[row.id] = spawn(self._see_to(row), name=f"the first prompt of {row.id}")

    def note(self, session: str) -> str:
        """Return what a person should know of the prompt of a session, empty where all is well."""
        return self._notes.get(session, "")

    def forget(self, session: str) -> None:
        """A session has ended."""
        self._courier.forget(session)
        self._notes.pop(session, None)
        task = self._tasks.pop(session, None)
        if task is not None:
            task.cancel()

    async def close(self) -> None:
        """Give up what is still to be typed; the next daemon takes it up."""
        tasks = list(self._tasks.values())
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _see_to(self, row: SessionRow) -> None:
        folder = self._sessions.folder(row.id) / FOLDER
        try:
            prompt, begun, outcome = await asyncio.to_thread(_read, folder)
        except (ConstellagentError, OSError) as error:
            _log.warning("the first prompt of session %s cannot be read: %s", row.id, error)
            return
        if prompt is None or begun:
            if begun and outcome != "":
                self._say(row, outcome or DOUBTFUL)
            return
        await self._until_typed(row, folder, prompt)

    async def _until_typed(self, row: SessionRow, folder: Path, prompt: str) -> None:
        async def before() -> None:
            if not await asyncio.to_thread(_mark, folder):
                raise ConflictError(DOUBTFUL)

        while True:
            try:
                went = await self._courier.deliver(row, prompt, wait=PATIENCE, before=before)
            except ConstellagentError as error:
                known = await self._sessions.get(row.id)
                if known is None or not known.live:
                    return
                self._say(row, f"its first prompt is not typed yet: {error.message}")
                if await asyncio.to_thread(marker.begun, os.fspath(folder)):
                    self._say(row, DOUBTFUL)
                    return
                await asyncio.sleep(1.0)
            else:
                why = "" if went.confirmed else f"it may not have taken its first prompt: {went.why}"
                await asyncio.to_thread(write_private, folder, OUTCOME, why.encode())
                self._notes.pop(row.id, None)
                if why:
                    self._say(row, why)
                return

    def _say(self, row: SessionRow, text: str) -> None:
        if self._notes.get(row.id) != text:
            self._notes[row.id] = text
            self._tell(row, text)


def _read(folder: Path) -> tuple[str | None, bool, str | None]:
    """Return the prompt, whether it was begun, and what became of it; None each where nothing is there."""
    if not folder.is_dir():
        return None, False, None
    prompt, outcome = read_private(folder, PROMPT), read_private(folder, OUTCOME)
    begun = marker.begun(os.fspath(folder))
    return (
        None if prompt is None else prompt.decode(errors="surrogateescape"),
        begun,
        None if outcome is None else outcome.decode(errors="replace"),
    )


def _mark(folder: Path) -> bool:
    return marker.begin(os.fspath(folder), os.getpid(), processes.start_of(os.getpid()) or "")
