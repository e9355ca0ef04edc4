"""A world in memory that a test can look into, break, blind and cut short; `tests/fakes.py` has its ports."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from constellagent.errors import ConstellagentError
from constellagent.plan.observed import SessionFacts
from constellagent.runtime.ports import Record, Step


class Died(BaseException):
    """The process died here. Nothing of ours may catch it."""


@dataclass
class Tree:
    """A worktree: where git has it registered, and where its folder lies (None where it is gone).

    `identity` is the uuid that its `.ravi/config.json` names; `unsaved` is what removing it would lose.
    """

    registered: Path
    folder: Path | None
    branch: str
    owner: str | None
    complete: bool = True
    identity: str | None = None
    unsaved: tuple[str, ...] = ()


@dataclass
class Person:
    """An identity at the provider."""

    uuid: str
    name: str
    address: str
    phone: str | None
    archived: bool = False


@dataclass
class Session:
    """A session, live or ended."""

    facts: SessionFacts
    role: str
    subject: str
    cwd: Path


@dataclass
class FakeWorld:
    """Everything that there is, and how it fails.

    Attributes:
        broken: (call, subject) pairs, such as ("fill", "docs"), and the error that each raises.
        blind: (what, subject) pairs whose look gives Unknown; what is one of worktree, branch, base, identity
            and session.
        die_at: the point at which the process dies: its name, such as "worktree.add:after", or its number.
        points: the points that were passed, in order.
        writes: how often anything was changed.
    """

    branches: dict[str, str] = field(default_factory=dict)
    bases: dict[str, str] = field(default_factory=lambda: {"auto": "c" * 40})
    trees: list[Tree] = field(default_factory=list)
    occupied: set[Path] = field(default_factory=set)
    people: dict[str, Person] = field(default_factory=dict)
    bindings: dict[str, str] = field(default_factory=dict)
    sessions: list[Session] = field(default_factory=list)
    records: dict[str, Record] = field(default_factory=dict)
    schedules: dict[str, dict[str, str]] = field(default_factory=dict)
    open: list[tuple[Step, str]] = field(default_factory=list)
    rescued: dict[str, tuple[str, ...]] = field(default_factory=dict)
    broken: dict[tuple[str, str], ConstellagentError] = field(default_factory=dict, compare=False)
    blind: set[tuple[str, str]] = field(default_factory=set)
    die_at: str | int | None = None
    dead: bool = False
    points: list[str] = field(default_factory=list)
    writes: int = 0

    async def call(self, name: str, subject: str) -> None:
        """Stand at the door of a port: let others run, then fail if it is asked for."""
        await asyncio.sleep(0)
        self._alive()
        if (name, subject) in self.broken:
            raise self.broken[name, subject]

    def write(self) -> None:
        """Count a change that is about to be made; a dead process makes none."""
        self._alive()
        self.writes += 1

    def reach(self, point: str) -> None:
        """Pass a point at which a process may die."""
        self._alive()
        self.points.append(point)
        if self.die_at in {point, len(self.points) - 1}:
            self.dead = True
            raise Died(point)

    def revive(self) -> None:
        """Start the next process: the same world, nothing in memory."""
        self.dead, self.die_at, self.points, self.writes = False, None, [], 0

    def person_of(self, agent: str) -> Person | None:
        """Return who is bound to an agent and not put away."""
        person = self.people.get(self.bindings.get(agent, ""))
        return None if person is None or person.archived else person

    def live(self, subject: str) -> list[Session]:
        """Return the live sessions of a subject."""
        return [session for session in self.sessions if session.subject == subject and session.facts.live]

    def _alive(self) -> None:
        if self.dead:
            raise Died("dead already")
