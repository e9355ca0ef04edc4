"""How far each agent's work is from its base: kept for lists, and counted anew only where it may differ.

Counting asks git several times, which is too much for every look at a list. So it is done where a small look
says that something happened: the index or a branch was written, or the agent's terminal was (`poke`). Git
works for one agent at a time, and for each every three seconds at most.
"""

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from constellagent.errors import ConstellagentError
from constellagent.plan.desired import DesiredAgent
from constellagent.plan.observed import Absent, Unknown, WorktreeFacts
from constellagent.runtime.clock import Clock
from constellagent.runtime.diffs import listing, sides
from constellagent.runtime.git import Git
from constellagent.runtime.ports import WorktreeLook, Worktrees
from constellagent.runtime.standing import STANDING

AT_MOST_EVERY = 3.0
"""Seconds between two counts of one agent."""

_log = logging.getLogger(__name__)
_OWN = ("index", "HEAD", "logs/HEAD")
_SHARED = ("packed-refs", "FETCH_HEAD", "reftable/tables.list", "refs/heads", "refs/remotes/origin")
_Marks = tuple[tuple[int, int] | None, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """How an agent's work differs from its base.

    Attributes:
        ahead: commits that its branch has and the base has not; None where that is unknown.
        behind: commits that the base has and its branch has not.
        added: lines added since the branch left the base, committed or not, untracked files included.
        removed: lines removed.
    """

    ahead: int | None
    behind: int | None
    added: int
    removed: int


@dataclass(slots=True)
class _Known:
    """What is remembered of one agent."""

    path: PurePath
    counts: Counts | None = None
    counted_at: float = -AT_MOST_EVERY
    own: _Marks = ()
    shared: _Marks = ()
    commits: tuple[str | None, object] = (None, None)
    poked: bool = True


class Changes:
    """Keeps the counts of every agent of every constellation."""

    def __init__(self, git: Git, clock: Clock) -> None:
        """`git` runs in the worktrees, wherever its own folder is."""
        self._git = git
        self._clock = clock
        self._known: dict[str, dict[str, _Known]] = {}
        self._turn = asyncio.Lock()

    def of(self, constellation: str) -> Mapping[str, Counts]:
        """Return what is known now, by agent; those never counted, or without a worktree, are left out."""
        known = self._known.get(constellation, {})
        return {name: one.counts for name, one in known.items() if one.counts is not None}

    def poke(self, constellation: str, agent: str) -> None:
        """Say that an agent was at work: the next `refresh` counts what it may have changed."""
        if one := self._known.get(constellation, {}).get(agent):
            one.poked = True

    def poke_oldest(self, constellation: str) -> None:
        """Have the agent with the oldest counts counted next: people edit files past every sign of it."""
        known = self._known.get(constellation, {})
        if known:
            min(known.values(), key=lambda one: one.counted_at).poked = True

    async def refresh(
        self, constellation: str, agents: Sequence[DesiredAgent], worktrees: Worktrees
    ) -> Collection[str]:
        """Count what may have changed; returns the agents whose counts are others now.

        `agents` are all of the constellation; what was known of any other is forgotten. Where git fails,
        what was known stays.
        """
        async with self._turn:
            known = self._remembered(constellation, agents)
            due = await self._due(known, agents)
            if not due:
                return ()
            try:
                looks = await worktrees.look([agent for agent, *_ in due])
            except ConstellagentError as error:
                _log.debug("changes cannot be counted: %s", error.message)
                return ()
            changed = []
            for agent, own, shared in due:
                one = known[agent.name]
                before = one.counts
                await self._settle(one, agent, looks[agent.name], own)
                one.shared = shared
                if one.counts != before:
                    changed.append(agent.name)
            return changed

    def _remembered(self, constellation: str, agents: Sequence[DesiredAgent]) -> dict[str, _Known]:
        before = self._known.get(constellation, {})
        known = {agent.name: before.get(agent.name) or _Known(agent.path) for agent in agents}
        self._known[constellation] = known
        return known

    async def _due(
        self, known: Mapping[str, _Known], agents: Sequence[DesiredAgent]
    ) -> list[tuple[DesiredAgent, _Marks, _Marks]]:
        """Return the agents that may differ from what is known, with what was seen of their files."""
        now = self._clock.monotonic()
        asked = [agent for agent in agents if now - known[agent.name].counted_at >= AT_MOST_EVERY]
        marks = await asyncio.to_thread(
            lambda: [_marks(known[agent.name].path, agent.base) for agent in asked]
        )
        return [
            (agent, own, shared)
            for agent, (own, shared) in zip(asked, marks, strict=True)
            if known[agent.name].poked or (own, shared) != (known[agent.name].own, known[agent.name].shared)
        ]

    async def _settle(self, one: _Known, agent: DesiredAgent, look: WorktreeLook, own: _Marks) -> None:
        """Count one agent, unless a closer look shows that nothing of its own changed."""
        one.counted_at = self._clock.monotonic()
        if isinstance(look.worktree, Unknown):
            return
        if isinstance(look.worktree, Absent) or look.worktree.value.state not in STANDING:
            one.counts, one.own, one.path, one.poked = None, own, agent.path, False
            return
        facts = look.worktree.value
        commits = (facts.head, look.base)
        if one.poked or own != one.own or commits != one.commits:
            one.poked = False  # before git looks: what is written meanwhile counts next time
            one.counts = await self._counted(agent, facts, look, one.counts)
            one.path, one.own, one.commits = facts.path, own, commits

    async def _counted(
        self, agent: DesiredAgent, facts: WorktreeFacts, look: WorktreeLook, before: Counts | None
    ) -> Counts | None:
        folder = Path(facts.path)
        try:
            side = await sides.resolve(self._git, folder, look.base, agent.base, sides.BASE)
            found = await listing.changed(self._git, folder, side.commit)
        except ConstellagentError as error:
            _log.debug("changes of %s cannot be counted: %s", agent.name, error.message)
            return before
        return Counts(side.ahead, side.behind, found.added, found.removed)


def _marks(path: PurePath, base: str) -> tuple[_Marks, _Marks]:
    """Look when git last wrote what belongs to a worktree, and the branches that may be its base."""
    pointer = Path(path) / ".git"
    try:
        admin = pointer.parent / pointer.read_text("utf-8", "surrogateescape").removeprefix(
            "gitdir: "
        ).rstrip("\n")
        common = admin / (admin / "commondir").read_text("utf-8", "surrogateescape").rstrip("\n")
    except (OSError, ValueError):
        return (), ()
    own = tuple(_mark(admin / name) for name in _OWN)
    return own, tuple(
        _mark(common / name) for name in (*_SHARED, f"refs/heads/{base}", f"refs/remotes/{base}")
    )


def _mark(file: Path) -> tuple[int, int] | None:
    try:
        facts = file.stat()
    except (OSError, ValueError):
        return None
    return facts.st_mtime_ns, facts.st_size
