"""A scheduler on a virtual clock with a real ledger, asked as a person asks it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from constellagent.errors import UsageError
from constellagent.runtime.paths import constellation_id
from constellagent.runtime.schedule_views import HookView, RunView, ScheduleView
from constellagent.runtime.store.database import Database
from constellagent.runtime.timekeeping import AgentRuns, Timekeeping
from tests.runtime.scheduler.lab import Lab
from tests.runtime.scheduler.virtual import quiet
from tests.runtime.sessions_rig import Rig


class Hooks:
    """Webhooks without a server; `asked` holds what was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, bool]] = []

    async def hook(self, constellation: str, name: str, *, renew: bool = False) -> HookView:
        """Answer with an address."""
        self.asked.append((constellation, name, renew))
        return HookView(name=name, url="http://127.0.0.1:1/hooks", secret="s" if renew else "", schedules=[])


class Asking:
    """A person, and a scheduler to ask.

    Attributes:
        lab: the scheduler, its clock and its ledger.
        rig: real sessions; those of the lab's runs are not among them.
        file: the constellation's file.
        constellation: its id.
        hooks: the webhooks.
        runs: what is known of runs beside other sessions.
    """

    def __init__(self, lab: Lab, rig: Rig, folder: Path) -> None:
        self.lab = lab
        self.rig = rig
        self.file = folder / "constellation.yaml"
        self.constellation = constellation_id(self.file.resolve())
        self.hooks = Hooks()
        parts = (lab.scheduler, lab.rows, lab.ledger, rig.registry)
        self.desk = Timekeeping(*parts, self.hooks, lab.clock)
        self.runs = AgentRuns(*parts)

    async def ask(self, action: str, **more: Any) -> Any:
        """Ask the desk."""
        request: dict[str, Any] = {"file": str(self.file), "action": action, **more}
        answer = await self.desk.answer(request)  # type: ignore[arg-type] # a test names real keys
        await quiet(self.lab.scheduler)
        return answer

    async def refused(self, action: str, **more: Any) -> UsageError:
        """Ask what cannot be answered; returns the error."""
        with pytest.raises(UsageError) as caught:
            await self.ask(action, **more)
        return caught.value

    async def show(self, *names: str) -> list[ScheduleView]:
        """Return schedules."""
        views: list[ScheduleView] = await self.ask("list", schedules=list(names))
        return views

    async def history(self, **more: Any) -> list[RunView]:
        """Return rows of the ledger."""
        views: list[RunView] = await self.ask("history", **more)
        return views

    async def declare(self, key: str, **spec: Any) -> None:
        """Let a schedule be in effect."""
        await self.lab.declare(key, self.constellation, **spec)


@pytest.fixture
async def asking(database: Database, rig: Rig, tmp_path: Path) -> AsyncIterator[Asking]:
    """Give a scheduler that runs, on 22 November 2026 half a minute past noon UTC, without schedules."""
    lab = Lab(database)
    asking = Asking(lab, rig, tmp_path)
    await lab.start()
    yield asking
    await lab.scheduler.close()
