"""Everything that wakes agents, put together for the daemon: ledger, scheduler, runs, triggers and desk."""

import importlib.metadata
import zoneinfo
from pathlib import Path

from constellagent.ravi.client.audit import AuditLines
from constellagent.ravi.vault import RootKey
from constellagent.runtime.clock import Clock
from constellagent.runtime.contexts import Contexts
from constellagent.runtime.delivery import Courier
from constellagent.runtime.runs import Runs
from constellagent.runtime.scheduler import Alarm, Permits, Runner, Scheduler
from constellagent.runtime.sessions import SessionRegistry
from constellagent.runtime.settings import Settings
from constellagent.runtime.store.constellations import Constellations
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.ledger import Ledger
from constellagent.runtime.store.schedules import ScheduleRows
from constellagent.runtime.tasks import spawn
from constellagent.runtime.timekeeping import AgentRuns, Timekeeping
from constellagent.runtime.triggers import Triggers


class Roster:
    """Who wakes when, and what comes of it, for all constellations.

    Attributes:
        scheduler: decides and starts.
        runs: makes workspaces, and looks after what ended.
        triggers: mail, texts, other agents and posts.
        desk: answers people about schedules.
        of_agents: the same for commands that are about agents.
    """

    def __init__(
        self,
        *,
        contexts: Contexts,
        constellations: Constellations,
        registry: SessionRegistry,
        database: Database,
        key: RootKey,
        audit: AuditLines,
        settings: Settings,
        clock: Clock,
        courier: Courier,
        permits: Permits,
        alarm: Alarm | None = None,
        runner: Runner | None = None,
    ) -> None:
        """Nothing happens before `start`. `permits` says which runs may start.

        `alarm` and `runner` stand in for the real ones where given.
        """
        ledger, rows = Ledger(database, tzdata_version()), ScheduleRows(database)
        self.runs = Runs(contexts, constellations, registry, ledger, clock, settings, audit, courier)
        self.scheduler = Scheduler(
            ledger,
            rows,
            registry,
            runner or self.runs,
            clock,
            parallel=settings.run_parallel,
            wake_grace=settings.wake_grace,
            alarm=alarm,
            permits=permits,
        )
        self.triggers = Triggers(
            scheduling=self.scheduler,
            ledger=ledger,
            contexts=contexts,
            constellations=constellations,
            registry=registry,
            database=database,
            key=key,
            audit=audit,
            settings=settings,
            clock=clock,
        )
        self.desk = Timekeeping(self.scheduler, rows, ledger, registry, self.triggers, clock)
        self.of_agents = AgentRuns(self.scheduler, rows, ledger, registry)

    async def start(self) -> None:
        """Find out about the runs of earlier daemons, and begin; sessions must have been adopted before.

        Raises:
            WorldError: the schedules or the ledger cannot be read.
        """
        await self.scheduler.start()
        await self.triggers.start()
        spawn(self.runs.tidy(), name="look after ended runs")

    async def close(self) -> None:
        """Wake nobody any more; runs that go on are found by the next daemon."""
        await self.triggers.close()
        await self.scheduler.close()

    async def refresh(self, constellation: str) -> None:
        """Follow what is in effect now, as after an apply.

        Raises:
            WorldError: it cannot be read.
        """
        await self.scheduler.refresh(constellation)
        await self.triggers.refresh(constellation)


def tzdata_version() -> str:
    """Return the version of the time zones in use, such as `2026b`, empty where nobody says.

    Python takes those of the system before those of the package, and the system's say it in `tzdata.zi`.
    """
    for folder in zoneinfo.TZPATH:
        try:
            with (Path(folder) / "tzdata.zi").open(encoding="utf-8", errors="replace") as file:
                return file.readline(100).removeprefix("# version ").strip()
        except OSError:
            continue
    if any(Path(folder).is_dir() for folder in zoneinfo.TZPATH):
        return ""
    return importlib.metadata.version("tzdata")
