"""Background tasks that are named, kept, and never fail in silence."""

import asyncio
import contextlib
import functools
import logging
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_log = logging.getLogger(__name__)
_running: set[asyncio.Task[None]] = set()


def spawn(work: Coroutine[Any, Any, None], *, name: str) -> asyncio.Task[None]:
    """Start `work` as a task that is kept until it ends; an exception is logged with the task's name."""
    task = asyncio.get_running_loop().create_task(work, name=name)
    _running.add(task)
    task.add_done_callback(_ended)
    return task


async def to_its_end(call: Callable[[], T]) -> T:
    """Make a call in a thread, and wait for its end even where we are cancelled: no thread can be cancelled.

    For what writes: whoever cancelled us goes on to remove it, and nothing may appear behind that.
    """
    return await _over(asyncio.get_running_loop().run_in_executor(None, call))


def uncut(call: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Decorate what must not be cut short: it runs to its end even where whoever waits for it is cancelled.

    For what writes something down and then follows it in memory: between the two, both would be apart. Locks
    are taken within, so that nobody else has them before it is over. The cancelled one waits for that.
    """

    @functools.wraps(call)
    async def whole(*args: P.args, **kwargs: P.kwargs) -> T:
        return await _over(asyncio.get_running_loop().create_task(call(*args, **kwargs), name=call.__name__))

    return whole


async def _over(work: asyncio.Future[T]) -> T:
    """Wait for the end of `work`, and only then be cancelled."""
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        while not work.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([work])
        if not work.cancelled():
            work.exception()  # it counts as seen
        raise


def _ended(task: asyncio.Task[None]) -> None:
    _running.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("task failed: %s", task.get_name(), exc_info=error)
