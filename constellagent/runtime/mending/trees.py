"""The worktrees of agents: moved, deleted, cut short while they were made, or not remembered.

Only what an apply would do is done, and only to worktrees that are ours by lock or marker.
"""

import asyncio
from pathlib import Path

from constellagent.errors import ConstellagentError, WorldError
from constellagent.plan.desired import DesiredAgent
from constellagent.plan.observed import Look, There, WorktreeFacts, WorktreeState
from constellagent.runtime.mending import grounds, judging
from constellagent.runtime.mending.facts import WorktreeTrace
from constellagent.runtime.mending.finding import Errand, Finding
from constellagent.runtime.mending.grounds import Ground
from constellagent.runtime.mending.known import Known
from constellagent.runtime.mending.scene import Scene
from constellagent.runtime.mending.written import Written, read
from constellagent.runtime.ports import Record
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.journal import StoredJournal
from constellagent.runtime.store.records import StoredRecords
from constellagent.runtime.undeclared import undeclared_agents
from constellagent.runtime.worktrees import adopt, interrupted, look
from constellagent.runtime.worktrees.site import Site, resolved


class Trees:
    """The worktrees of all constellations."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._seen: dict[Finding, tuple[Ground, DesiredAgent, WorktreeTrace]] = {}

    async def look(self) -> list[Finding]:
        """Return what is out of order with the worktrees of agents."""
        known = await self._scene.known()
        self._seen = {}
        if not known.fine:
            return []
        found = [
            Finding("worktrees", "unknown repository", str(place), f"{place}: {said}", "", advice)
            for place, said, advice in await self._scene.faults()
        ]
        for ground in await self._scene.grounds():
            found += await self._ground(ground, known)
        return found

    async def mend(self, finding: Finding) -> str:
        """Take back, repair or record."""
        ground, agent, trace = self._seen[finding]
        around = self._scene.around
        database = Database(around.paths.database)
        await database.open()
        try:
            records = StoredRecords(database, ground.id)
            journal = StoredJournal(database, ground.id, around.clock)
            site = grounds.site(around, await self._scene.known(), ground, journal, records)
            if finding.kind == "lost record":
                return await self._record(records, ground, agent, trace)
            if finding.kind == "moved worktree":
                return await _repair(site, agent, trace)
            await interrupted.take_back(site, [agent])
        finally:
            await database.close()
        return f"took {finding.subject} back; the next apply makes the worktree"

    def errand(self, finding: Finding) -> Errand | None:
        """Return which apply finishes a half-made worktree."""
        if finding not in self._seen:
            return None
        ground, agent, _ = self._seen[finding]
        return None if ground.file is None else Errand(ground.file, agent.name, approved=ground.digest)

    async def _ground(self, ground: Ground, known: Known) -> list[Finding]:
        site = grounds.looking_site(self._scene.around, ground, known)
        agents = await _agents(ground, site)
        found = list[Finding]()
        try:
            looks = await look.look(site, agents)
            cut_short = {
                agent.name: tuple(map(str, await interrupted.half_written(site, agent))) for agent in agents
            }
        except (ConstellagentError, OSError) as error:
            why = error.message if isinstance(error, ConstellagentError) else str(error)
            root = ground.repository.root
            said = f"the worktrees of {ground.name} in {root} could not be looked at: {why}"
            return [Finding("worktrees", "unknown worktree", ground.name, said)]
        for agent in agents:
            trace = WorktreeTrace(
                constellation=ground.name,
                agent=agent.name,
                seen=looks[agent.name].worktree,
                cut_short=cut_short[agent.name],
                recorded=_recorded(known.records.get((ground.id, agent.name)), looks[agent.name].worktree),
                approved=ground.known and ground.current,
            )
            for one in judging.worktree(trace):
                self._seen[one] = ground, agent, trace
                found.append(one)
        return found

    async def _record(
        self, records: StoredRecords, ground: Ground, agent: DesiredAgent, trace: WorktreeTrace
    ) -> str:
        one = ground.owned()[agent.name]
        branch = one.branch.removeprefix("refs/heads/") if one.branch else agent.branch
        written = await asyncio.to_thread(_written, one.path)
        place = Path(trace.seen.value.path) if isinstance(trace.seen, There) else one.path
        known = written.uuid or None, written.name or None
        await records.put(Record(agent.name, place, branch, *known))
        return f"recorded the worktree {place} of {agent.name}"


async def _agents(ground: Ground, site: Site) -> list[DesiredAgent]:
    """Return all agents that have, had, or should have a worktree here; runs are no agents."""
    records = dict(await site.records.all())
    for name, one in ground.owned().items():
        if "@" not in name and name not in records:
            branch = one.branch.removeprefix("refs/heads/") if one.branch else name
            records[name] = Record(name, one.path, branch)
    if ground.desired is None:
        return []
    return [*ground.desired.agents.values(), *undeclared_agents(ground.desired, records)]


def _recorded(record: Record | None, seen: Look[WorktreeFacts]) -> bool:
    """Say whether there is a record, and it says where the worktree stands."""
    if record is None or not isinstance(seen, There):
        return record is not None
    return resolved(record.path) == resolved(seen.value.path)


async def _repair(site: Site, agent: DesiredAgent, trace: WorktreeTrace) -> str:
    if not isinstance(trace.seen, There) or trace.seen.value.state is not WorktreeState.MOVED:
        raise WorldError(f"the worktree of {agent.name} is not where it was seen")
    place = Path(trace.seen.value.path)
    await adopt.repair(site, agent, place)
    return f"git knows the worktree of {agent.name} at {place} again"


def _written(folder: Path) -> Written:
    try:
        return read(folder)
    except ConstellagentError:
        return Written()
