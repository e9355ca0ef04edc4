"""When a service is ready: asked of the service itself, never guessed from time."""

import asyncio
import contextlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import IO

from constellagent.errors import ConflictError, WorldError
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
    answers = _question(ready, log)
    try:
        async with asyncio.timeout(limit):
            while not await answers():
                if not await is_live():
                    raise WorldError(
                        f"service {name} ended before it was ready",
                        hint=f"`constellagent logs {name}` shows why",
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


async def refuse_taken(name: str, ready: Ready) -> None:
    """Refuse to start a service whose place somebody else answers from already.

    Raises:
        ConflictError: the check of `ready` is answered before the service runs.
    """
    place = ready.http or ready.tcp
    if place is not None and await _question(ready, Path())():
        raise ConflictError(
            f"something else answers at {place} already, so service {name} is not started",
            hint="end that program, or declare another port",
        )


def _question(ready: Ready, log: Path) -> Callable[[], Awaitable[bool]]:
    url, address = ready.http, ready.tcp
    if url is not None:
        return lambda: asyncio.to_thread(_http_answers, url)
    if address is not None:
        return lambda: _tcp_answers(address)
    search = _Search(log, (ready.log or "").encode())
    return lambda: asyncio.to_thread(search.found)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer of the service; where it leads is another matter."""

    def redirect_request(
        self,
        req: urllib.request.Request,  # noqa: ARG002 - the signature is the standard library's
        fp: IO[bytes],  # noqa: ARG002 - the same
        code: int,  # noqa: ARG002 - the same
        msg: str,  # noqa: ARG002 - the same
        headers: http.client.HTTPMessage,  # noqa: ARG002 - the same
        newurl: str,  # noqa: ARG002 - the same
    ) -> None:
        """Follow nothing."""
        return


def _http_answers(url: str) -> bool:
    """Any status below 400 is an answer; proxies of the environment are not asked about our own services."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())
    try:
        with opener.open(url, timeout=_TRY_TIMEOUT):
            return True
    except urllib.error.HTTPError as error:
        with error:
            return error.code < 400
    except (OSError, ValueError, http.client.HTTPException):
        return False


async def _tcp_answers(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        async with asyncio.timeout(_TRY_TIMEOUT):
            _, writer = await asyncio.open_connection(host, int(port))
    except (OSError, TimeoutError):
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True


class _Search:
    """Looks for a text in output that is still being written; each look goes on where the last one ended."""

    def __init__(self, folder: Path, wanted: bytes) -> None:
        self._reader = LogReader(folder)
        self._wanted = wanted
        self._offset = 0
        self._carry = b""

    def found(self) -> bool:
        """Say whether the text is in the output so far; a gap in the output parts what lies around it."""
        while True:
            begin, data = self._reader.read(self._offset, _CHUNK)
            if not data:
                return False
            text = data if begin > self._offset else self._carry + data
            if self._wanted in text:
                return True
            self._carry = text[-len(self._wanted) :]
            self._offset = begin + len(data)
