"""When a service is ready: asked of the service itself, never guessed from time."""

import asyncio
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path

from constellagent.errors import WorldError
from constellagent.runtime.holder.log import LogReader
from constellagent.spec.models import Ready

_INTERVAL = 0.1
_TRY_TIMEOUT = 2.0
_CHUNK = 1 << 16


async def wait_ready(name: str, ready: Ready, log: Path, is_live: Callable[[], Awaitable[bool]]) -> None:
    """Return once the service answers as declared.

    Raises:
        WorldError: it ended first, or the time limit of `ready.timeout` passed.
    """
    limit = ready.timeout.total_seconds()
    try:
        async with asyncio.timeout(limit):
            while not await _answers(ready, log):
                if not await is_live():
                    raise WorldError(
                        f"service {name} ended before it was ready", hint=f"`constellagent logs {name}` shows why"
                    )
                await asyncio.sleep(_INTERVAL)
    except TimeoutError as error:
        what = ready.http or ready.tcp or f"the log line {ready.log!r}"
        raise WorldError(
            f"service {name} was not ready within {limit:g} s: no answer from {what}",
            hint=f"`constellagent logs {name}` shows what it says; `ready.timeout` gives it more time",
        ) from error
    # The answer may have come from somebody else on that port while ours failed to bind it.
    if not await is_live():
        raise WorldError(
            f"service {name} ended, though something answers in its place",
            hint=f"is its port taken? `constellagent logs {name}` shows what it said",
        )


async def _answers(ready: Ready, log: Path) -> bool:
    if ready.http is not None:
        return await asyncio.to_thread(_http_answers, ready.http)
    if ready.tcp is not None:
        return await _tcp_answers(ready.tcp)
    return await asyncio.to_thread(_log_says, log, (ready.log or "").encode())


def _http_answers(url: str) -> bool:
    """Any status below 400 is an answer; proxies of the environment are not asked about our own services."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=_TRY_TIMEOUT):
            return True
    except (OSError, urllib.error.URLError, ValueError):
        return False


async def _tcp_answers(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        async with asyncio.timeout(_TRY_TIMEOUT):
            _, writer = await asyncio.open_connection(host, int(port))
    except (OSError, TimeoutError, OverflowError):
        return False
    writer.close()
    return True


def _log_says(folder: Path, wanted: bytes) -> bool:
    reader = LogReader(folder)
    offset, carry = reader.begin(), b""
    while True:
        begin, data = reader.read(offset, _CHUNK)
        if not data:
            return False
        if wanted in carry + data:
            return True
        carry = data[-len(wanted) :]
        offset = begin + len(data)
