"""Constellations that git's worktrees tell of and the state does not know: remembered as they were applied.

What is remembered as applied runs without another question, also what no process was ever started from
(setup steps, included files, rights). So a file counts only where its very bytes are those that the newest
session of an agent or service was started from: such a session is started only from a content that was
approved as a whole. Older sessions may come from an older content, so of each the declaration that it follows
has to be the same besides. Runs prove nothing: a person may run an agent from a file that is not approved.
"""

import asyncio
from collections.abc import Iterator, Mapping

from constellagent.errors import WorldError
from constellagent.plan.desired import Desired
from constellagent.runtime.mending import grounds, judging
from constellagent.runtime.mending.facts import ConstellationTrace
from constellagent.runtime.mending.finding import Errand, Finding
from constellagent.runtime.mending.grounds import Ground
from constellagent.runtime.mending.scene import Scene
from constellagent.runtime.session_notes import Note
from constellagent.runtime.store.constellations import Applied, Constellations
from constellagent.runtime.store.database import Database


class LostConstellations:
    """The table of constellations."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._seen: dict[str, Ground] = {}

    async def look(self) -> list[Finding]:
        """Return the constellations that have worktrees and are not known."""
        known = await self._scene.known()
        if not known.fine:
            return []
        self._seen = {ground.id: ground for ground in await self._scene.grounds()}
        notes = await asyncio.to_thread(grounds.notes, self._scene.around.paths)
        found = [judging.constellation(_trace(ground, notes)) for ground in self._seen.values()]
        return [one for one in found if one is not None]

    async def mend(self, finding: Finding) -> str:
        """Remember the file as it reads now."""
        ground = self._seen[finding.subject]
        if ground.file is None or ground.desired is None:
            raise WorldError(f"the file of constellation {finding.subject} cannot be read any more")
        applied = Applied(
            ground.id, ground.desired.name, ground.file, ground.repository.root, ground.digest, ground.text
        )
        database = Database(self._scene.around.paths.database)
        await database.open()
        try:
            now = self._scene.around.clock.now()
            await Constellations(database).put(applied, now, approved=False)
        finally:
            await database.close()
        return f"{ground.file} is known again; the next apply keeps the variables of your shell again"

    def errand(self, finding: Finding) -> Errand | None:  # noqa: ARG002 - nothing of this is for the daemon
        """Return nothing: all is done here."""
        return None


def _trace(ground: Ground, notes: Mapping[str, Note]) -> ConstellationTrace:
    agents = [name for name in ground.owned() if "@" not in name]
    file = str(ground.file) if ground.file is not None and ground.desired is not None else ""
    unproven = tuple(_unproven(ground, ground.desired, notes)) if ground.desired is not None else ()
    return ConstellationTrace(ground.id, ground.name, file, len(agents), ground.known, unproven)


def _unproven(ground: Ground, desired: Desired, notes: Mapping[str, Note]) -> Iterator[str]:
    """Yield what no session shows to have been approved as it is declared now."""
    ours = [note for note in notes.values() if note.row.constellation == ground.id and note.row.role != "run"]
    ours.sort(key=lambda one: (one.row.started_at, one.row.id))
    if not ours or not ground.digest or ours[-1].content != ground.digest:
        yield "this content of the file"
    newest = {(note.row.role, note.row.subject): note.row.fingerprint for note in ours}
    agents = [name for name, one in desired.agents.items() if newest.get(("agent", name)) != one.fingerprint]
    yield from agents
    for name, service in desired.services.items():
        if newest.get(("service", name)) != service.fingerprint:
            yield name
    for name, agent in desired.agents.items():
        if agent.schedules and name not in agents:
            yield f"the schedules of {name}"
