"""What is done before a session's program starts: its conversation is written down, its files are there."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path, PurePath

from constellagent.ravi.private_files import read_private, write_private
from constellagent.runtime.paths import private_folder
from constellagent.runtime.ports import Launch
from constellagent.runtime.store.conversations import ConversationRow, ConversationRows
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.sessions import SessionRow


class Preparing:
    """Prepares sessions."""

    def __init__(self, database: Database) -> None:
        """Use an open database."""
        self._conversations = ConversationRows(database)

    async def talk(self, row: SessionRow, launch: Launch) -> None:
        """Write down which conversation the session is in.

        Raises:
            ConflictError: another live session is in it.
        """
        if launch.talk is None:
            return
        talk = launch.talk
        await self._conversations.begin(
            ConversationRow(
                session=row.id,
                constellation=row.constellation,
                agent=talk.agent,
                role=row.role,
                kind=talk.kind,
                id=talk.id,
                worktree=talk.worktree,
                profile=talk.profile,
                prompt=talk.prompt,
                at=row.started_at,
            )
        )

    async def write(self, folder: Path, launch: Launch) -> None:
        """Write the session's own files into its folder, and what must be in the profile's.

        Raises:
            ConstellagentError: the disk refuses, or a folder is not ours alone.
        """
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
        text = seed(None if found is None else found.decode(errors="surrogateescape"))
        write_private(place.parent, place.name, text.encode(errors="surrogateescape"))
