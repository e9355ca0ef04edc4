"""A mail server elsewhere, with TLS and a password, for tests that are no coroutines."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

from tests.ravi.local.mail.world import World, certified, world


@contextlib.contextmanager
def elsewhere(folder: Path) -> Iterator[tuple[World, Path]]:
    """Run it in a thread of its own; yields it and the certificate by which it is trusted."""
    context, trusted = certified(folder)
    found: list[World] = []
    ready, over = threading.Event(), threading.Event()

    async def serve() -> None:
        async with world(tls=context, from_the_start=True) as there:
            found.append(there)
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),), name="elsewhere")
    thread.start()
    try:
        assert ready.wait(10)
        yield found[0], trusted
    finally:
        over.set()
        thread.join()
