"""A daemon's triggers in a process of their own, which kills itself when it hears of an event."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any, cast

from constellagent.ravi.client import RaviClient
from constellagent.runtime.settings import Settings
from constellagent.runtime.store.database import Database
from tests.ravi.provided import Provided
from tests.runtime.triggers.station import Station


class _Address:
    """Where the provider of the test's own process listens."""

    url = os.environ.get("T_URL", "")


async def serve(settings: Settings, repo: Path, point: str) -> None:
    """Follow what is in effect until an event comes, and die before or after it is in the ledger."""
    database = Database(settings.paths.database)
    await database.open()
    async with RaviClient(_Address.url, os.environ["T_KEY"], actor="daemon") as client:
        at = Station(settings, database, cast("Provided", _Address()), client, repo)
        commit = at.ledger.commit

        async def dying(*args: Any) -> Any:
            if point == "after the ledger":
                await commit(*args)
            os.kill(os.getpid(), signal.SIGKILL)

        setattr(at.ledger, "commit", dying)  # noqa: B010 - the moment of death
        await at.start()
        await asyncio.Event().wait()
