"""The sessions of one constellation, as the planner and the reconciler see them."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from constellagent.plan.observed import Look, SessionFacts, There, Unknown
from constellagent.runtime.ports import Launch
from constellagent.runtime.sessions import SessionRegistry
from constellagent.runtime.store.sessions import SessionRow

Turns = Callable[[Collection[str]], Awaitable[Mapping[str, str]]]

_LOOKS = 3
"""Looks at sessions of which some are just starting or ending."""


class ConstellationSessions:
    """The sessions of one constellation: the `Sessions` port."""

    def __init__(self, registry: SessionRegistry, constellation: str, turns: Turns | None = None) -> None:
        """Narrow the registry to one constellation; `turns` knows how the newest turns of sessions stand."""
        self._turns = turns
        self._registry = registry
        self._constellation = constellation

    async def look(self) -> Mapping[tuple[str, str], Look[SessionFacts]]:
        """Return the newest session by (role, subject), for the roles agent and service."""
        for _ in range(_LOOKS):
            rows = [row for row in await self._registry.newest(self._constellation) if row.role != "run"]
            turns = await self._turns([row.id for row in rows]) if self._turns is not None else {}
            if not await self._registry.settled(rows):
                break
        return {(row.role, row.subject): self._look(row, turns.get(row.id, "")) for row in rows}

    async def runs(self) -> Mapping[str, Sequence[str]]:
        """Return the ids of the live sessions of runs, by agent; a schedule's run is called `agent/name`."""
        found: dict[str, list[str]] = {}
        for row in await self._registry.live():
            if (row.constellation, row.role) == (self._constellation, "run"):
                found.setdefault(row.subject.partition("/")[0], []).append(row.id)
        return found

    async def start(self, launch: Launch) -> SessionFacts:
        """Start a session."""
        return facts(await self._registry.start(self._constellation, launch))

    async def stop(self, session: str) -> None:
        """Stop a session and its whole process tree."""
        await self._registry.stop(session)

    def _look(self, row: SessionRow, turn: str) -> Look[SessionFacts]:
        trouble = self._registry.trouble(row.id) if row.live else ""
        return Unknown(trouble) if trouble else There(facts(row, turn))

    async def outdate(self, agent: str) -> None:
        """Note that a live session of the agent runs in a folder that is about to be made anew."""
        await self._registry.outdate(self._constellation, agent)


def facts(row: SessionRow, turn: str = "") -> SessionFacts:
    """Return what the planner wants to know of a session, whose newest turn stands so."""
    by_itself = row.ended_by == "itself"
    done = row.exit_status == 0 if by_itself else turn == "done"
    return SessionFacts(row.id, row.live, row.fingerprint, row.ended_by, row.outcome, done)
