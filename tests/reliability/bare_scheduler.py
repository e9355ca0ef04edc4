"""A scheduler alone on the state of a lab, with nothing to keep another one away.

`python -m tests.reliability.bare_scheduler FILE`: each run is a line in FILE, its attempt is this process.
"""

import asyncio
import logging
import os
import signal
import sys
from pathlib import Path

from constellagent.plan.fires import Fire, shown
from constellagent.plan.schedules import DesiredSchedule
from constellagent.runtime.scheduler import Scheduler, Started
from constellagent.runtime.settings import Settings
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.ledger import Ledger, LedgerRow
from constellagent.runtime.store.schedules import ScheduleRows
from tests.reliability.fast_clock import FastAlarm, FastClock
from tests.runtime.scheduler.virtual import FakeSessions


class Told(FakeSessions):
    """Sessions that began once their run was told of, as a folder of the session says it elsewhere."""

    def __init__(self, path: Path) -> None:
        """Read this file."""
        super().__init__()
        self._path = path

    async def begun(self, session: str) -> bool:
        """Say whether it was told of, by whichever of both."""
        return session in self._path.read_text(encoding="utf-8").split()


class Teller:
    """Runs that are over as soon as they have told of themselves."""

    def __init__(self, path: str) -> None:
        """Tell it to the end of this file."""
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    async def start(self, constellation: str, schedule: DesiredSchedule, fire: Fire) -> Started:
        """Write one line."""
        line = f"{shown(fire.fire_at)} {fire.schedule} {os.getpid()} {fire.run}\n"
        os.write(self._file, line.encode())
        return Started("succeeded")

    async def stop(self, run: str) -> None:
        """Do nothing: it has ended."""

    async def conclude(self, row: LedgerRow, schedule: DesiredSchedule | None) -> None:
        """Do nothing."""


async def main(path: str) -> None:
    """Go on until SIGTERM."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    database = Database(Settings().paths.database)
    await database.open()
    clock = FastClock.of(os.environ)
    ledger, rows = Ledger(database, ""), ScheduleRows(database)
    teller, told = Teller(path), Told(Path(path))
    scheduler = Scheduler(ledger, rows, told, teller, clock, parallel=8, alarm=FastAlarm(clock))
    # What one has in hand must not look to the other like the rest of a crash: both begin together.
    ready = Path(path).with_name("ready")
    with ready.open("a", encoding="ascii") as file:
        file.write(".")
    while ready.stat().st_size < 2:
        await asyncio.sleep(0.001)
    await scheduler.start()
    await ended.wait()
    await scheduler.close()
    await database.close()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(main(sys.argv[1]))
