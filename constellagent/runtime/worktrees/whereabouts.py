"""Records that say where worktrees stand: what is seen at the declared place wins over what is remembered.

A worktree that lies elsewhere is remembered there (see `adopt.repair`). A person may move it home again and
tell git so; then nothing is left to repair, and all who ask the records would go to where it was.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from constellagent.errors import ConstellagentError
from constellagent.runtime.ports import Record, Records
from constellagent.runtime.worktrees import marker, registry
from constellagent.runtime.worktrees.site import lock_reason, resolved


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The records of one constellation; see `ports.Records`.

    Attributes:
        stored: what is remembered.
        constellation: its id.
        common_dir: git's folder of the repository.
        declared: the places where the agents are declared to have their worktrees.
    """

    stored: Records
    constellation: str
    common_dir: Path
    declared: Mapping[str, Path]

    async def all(self) -> Mapping[str, Record]:
        """Return the records by agent name; one that was found wrong is written anew."""
        found = dict(await self.stored.all())
        for name, record in found.items():
            place = self.declared.get(name)
            if place is None or place == record.path:
                continue
            if await asyncio.to_thread(self._stands, name, place):
                found[name] = replace(record, path=place)
                with contextlib.suppress(ConstellagentError):  # the next one who asks finds the same
                    await self.stored.put(found[name])
        return found

    async def put(self, record: Record) -> None:
        """Remember, replacing what was known of this agent."""
        await self.stored.put(record)

    async def drop(self, agent: str) -> None:
        """Forget; harmless where nothing is known."""
        await self.stored.drop(agent)

    def _stands(self, agent: str, place: Path) -> bool:
        """Say whether the agent's worktree is there for git too; not where that cannot be looked at."""
        try:
            admin = registry.linked_admin(place)
            if admin is None or registry.admin_folders(self.common_dir).get(admin) != resolved(place):
                return False
            with contextlib.suppress(FileNotFoundError):
                return (admin / "locked").read_text().strip() == lock_reason(self.constellation, agent)
            known = marker.read(admin)
        except (ConstellagentError, OSError, ValueError):
            return False
        return known is not None and (known.constellation, known.agent) == (self.constellation, agent)
