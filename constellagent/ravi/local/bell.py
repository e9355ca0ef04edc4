"""Wakes whoever waits for something new of an identity: long polls, streams, webhooks, the relay of mail.

Ringing inside a transaction is right: who is woken asks the store, whose calls run one after another, so the
question is answered after the commit. A bell that rang for nothing costs one question.
"""

import asyncio
import contextlib


class Bell:
    """Counts what happened, per identity and in all; made on the event loop that waits."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._counts: dict[int | None, int] = {}
        self._waiting: dict[int | None, set[asyncio.Event]] = {}

    def ring(self, identity: int) -> None:
        """Wake who waits for this identity, and who waits for any; from any thread."""
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits any more
            self._loop.call_soon_threadsafe(self._rung, identity)

    def count(self, identity: int | None) -> int:
        """Return how often it rang for an identity, or for any; ask before looking, and wait after."""
        return self._counts.get(identity, 0)

    async def after(self, identity: int | None, count: int, seconds: float) -> bool:
        """Wait until it has rung since `count` was asked for; False where the time is over first."""
        if self.count(identity) != count:
            return True
        event = asyncio.Event()
        waiting = self._waiting.setdefault(identity, set())
        waiting.add(event)
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return False
        finally:
            waiting.discard(event)
            if not waiting:
                self._waiting.pop(identity, None)
        return True

    def _rung(self, identity: int) -> None:
        for key in (identity, None):
            self._counts[key] = self._counts.get(key, 0) + 1
            for event in self._waiting.get(key, ()):
                event.set()
