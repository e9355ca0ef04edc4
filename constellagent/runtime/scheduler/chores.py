"""The scheduler's background tasks, so that none of them outlives it."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from constellagent.runtime.tasks import spawn


class Chores:
    """Tasks that are kept until they end, or until everything ends."""

    def __init__(self) -> None:
        """Begin with none."""
        self.running: set[asyncio.Task[None]] = set()

    def add(self, work: Coroutine[Any, Any, None], *, name: str) -> None:
        """Start one; its failure is logged."""
        task = spawn(work, name=name)
        self.running.add(task)
        task.add_done_callback(self.running.discard)

    async def close(self) -> None:
        """Cut all of them short, and wait for that."""
        while self.running:
            tasks = list(self.running)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
