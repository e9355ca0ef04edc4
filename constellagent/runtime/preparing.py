"""What is done before a session's program starts: its conversation is written down, its files are there."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path, PurePath

from constellagent.failpoints import around
from constellagent.ravi.private_files import read_private, write_private
from constellagent.runtime import session_notes
from constellagent.runtime.paths import Paths, private_folder
from constellagent.runtime.points import Point
from constellagent.runtime.ports import Launch
from constellagent.runtime.store.conversations import ConversationRows
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.sessions import SessionRow, SessionRows
from constellagent.runtime.survivors import Strangers


class Preparing:
    """Prepares sessions."""

    def __init__(self, database: Database, paths: Paths) -> None:
        """Use an open database."""
        self._conversations = ConversationRows(database)
        self._rows = SessionRows(database)
        self._strangers = Strangers(paths)

    async def begin(self, row: SessionRow, launch: Launch) -> None:
        """Make sure that nobody unknown runs in its place, and write down its conversation.

        Raises:
            ConflictError: somebody does, or another live session is in the conversation.
            WorldError: that cannot be looked at.
        """
        await self._strangers.refuse(row, self._rows.live)
        talk = session_notes.conversation(row, launch)
        if talk is not None:
            await self._conversations.begin(talk)

    @around(Point.SESSION_PREPARE)
    async def write(self, folder: Path, row: SessionRow, launch: Launch) -> None:
        """Write the session's note and its own files into its folder, and what must be in the profile's.

        Raises:
            ConstellagentError: the disk refuses, or a folder is not ours alone.
        """
        await asyncio.to_thread(session_notes.write, folder, row, launch)
        await asyncio.to_thread(_write, folder, launch.files, launch.seeds)


def _write(folder: Path, files: Mapping[str, str], seeds: Mapping[Path, Callable[[str | None], str]]) -> None:
    for name, text in files.items():
        place = folder / PurePath(name)
        private_folder(place.parent)
        write_private(place.parent, place.name, text.encode())
    for place, seed in seeds.items():
        private_folder(place.parent)
        found = read_private(place.parent, place.name)
        # What is no text is left to its program: it is there, and not ours to mend.
        try:
            text = seed(None if found is None else found.decode(errors="surrogateescape"))
        except RecursionError:
            continue  # nor is what is nested deeper than anything that a program of its kind has written
        write_private(place.parent, place.name, text.encode(errors="surrogateescape"))
