"""A constellation whose limits a test declares, with sessions and screens that it makes up."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from constellagent.errors import UnavailableError
from constellagent.runtime.limits.effect import InEffect
from constellagent.runtime.screens import Screens
from constellagent.runtime.sessions import SessionRegistry
from constellagent.runtime.store.constellations import Applied, Constellations
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.ledger import Ledger
from constellagent.runtime.store.schedules import ScheduleRows
from constellagent.runtime.store.sessions import SessionRow
from tests.runtime.conftest import StillClock
from tests.runtime.store.ledgers import DECLARED, NOW


@dataclass
class FakeSessions:
    """Sessions that a test begins and ends, and their states."""

    home: Path
    rows: dict[str, SessionRow] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    signals: list[tuple[str, int]] = field(default_factory=list)
    deaf: bool = False

    def begin(self, session: str, subject: str, role: Any = "agent", state: str = "working") -> SessionRow:
        """Let a session be live."""
        row = SessionRow(session, "c", role, subject, "f", 1.0, 1.0, "boot")
        self.rows[session], self.states[session] = row, state
        return row

    async def live(self) -> list[SessionRow]:
        """Return the live rows."""
        return list(self.rows.values())

    async def get(self, session: str) -> SessionRow | None:
        """Return one row."""
        return self.rows.get(session)

    def standing(self, session: str) -> Any:
        """Return what the terminal of a session tells."""
        state = self.states.get(session)
        return None if state is None else SimpleNamespace(activity=SimpleNamespace(state=state))

    async def signal(self, session: str, number: int) -> None:
        """Take a signal."""
        if self.deaf:
            raise UnavailableError("it cannot be reached")
        self.signals.append((session, number))

    def folder(self, session: str) -> Path:
        """Return a session's folder."""
        path = self.home / session
        path.mkdir(exist_ok=True)
        return path

    @property
    def registry(self) -> SessionRegistry:
        """The same, for those who ask a registry."""
        return cast("SessionRegistry", self)

    @property
    def screens(self) -> Screens:
        """The same, for those who ask screens."""
        return cast("Screens", self)


@dataclass
class Ground:
    """What limits stand on."""

    database: Database
    clock: StillClock
    sessions: FakeSessions
    constellations: Constellations
    effect: InEffect
    file: Path

    async def declare(self, limits: str = "{}", **agents: str) -> None:
        """Let limits be in effect: for all, and those of agents."""
        blocks = "".join(f"  {name}: {{command: [x], limits: {its}}}\n" for name, its in agents.items())
        blocks = blocks or "  one: {command: [x]}\n"
        text = f"version: 1\ntimezone: Europe/Berlin\nlimits: {limits}\nagents:\n{blocks}"
        await self.constellations.put(
            Applied("c", "acme", self.file, self.file.parent, text, text), self.clock.now()
        )
        self.effect.forget("c")


@pytest.fixture
async def ground(database: Database, clock: StillClock, tmp_path: Path) -> Ground:
    """Give a constellation without limits."""
    constellations = Constellations(database)
    made = Ground(
        database, clock, FakeSessions(tmp_path), constellations, InEffect(constellations), tmp_path / "f.yaml"
    )
    await made.declare()
    return made


@pytest.fixture
async def ledger(database: Database) -> Ledger:
    """Give a ledger in which two schedules of `docs` are in effect."""
    rows = ScheduleRows(database)
    for name in ("daily", "hourly"):
        await rows.put("c", "docs", name, DECLARED, NOW - timedelta(days=1000))
    return Ledger(database, "2026.1")
