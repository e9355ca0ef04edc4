"""Work on screens beside the event loop: few threads, so that a flood leaves time for everything else."""

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_THREADS = 4

T = TypeVar("T")


class Aside:
    """The threads. Who waits for one gets its turn in the order of asking."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="screens")

    async def run(self, work: Callable[[], T]) -> T:
        """Do the work in a thread. Nothing cuts short what has begun: who is cancelled waits for its end.

        A lock that the caller holds is thus held for as long as a thread uses what it guards.
        """
        job = self._pool.submit(work)
        future = asyncio.wrap_future(job)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            if not job.cancel():
                while not job.done():
                    with contextlib.suppress(asyncio.CancelledError):
                        await asyncio.wait({future})
                job.exception()
            raise

    def close(self) -> None:
        """Let the threads end; nothing may be under way."""
        self._pool.shutdown(wait=True)
