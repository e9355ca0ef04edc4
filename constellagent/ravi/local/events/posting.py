"""Posts events to webhooks, at least once each, for as long as the provider runs.

Each webhook is served by itself, one post at a time and the oldest event first, so a slow or dead one delays
nobody else. Where a try fails the webhook is left alone until that event's next try, for a minute at most:
short outages keep the order, and an event that is never accepted does not hold the others back for long.
What was due when the provider ended is posted when it runs again, perhaps a second time.
No redirect is followed, no proxy used, and no password sent that lies in a `.netrc`.
"""

import asyncio
import contextlib
import json
import logging
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from constellagent import __version__
from constellagent.errors import ConstellagentError
from constellagent.failpoints import around
from constellagent.ravi.local.background import beside
from constellagent.ravi.local.events.deliveries import Job, Outcome, next_for, settle, waiting
from constellagent.ravi.local.events.signing import signed
from constellagent.ravi.local.office import Office
from constellagent.ravi.points import ProviderPoint

TIMEOUT = 10.0
"""Seconds in which a receiver must answer; it should do the work afterwards."""

_PAUSE = 60.0
"""Seconds for which a webhook is left alone at most where a try failed."""

_TICK = 30.0
"""Seconds after which the clock is looked at again: it may have been set, and the machine may have slept."""

_PREVIEW = 500
_PREVIEW_SECONDS = 1.0
_HEADERS = {
    "Content-Type": "application/json",
    "User-Agent": f"constellagent/{__version__}",
    "Accept-Encoding": "identity",
}
_log = logging.getLogger(__name__)


@asynccontextmanager
async def delivering(office: Office) -> AsyncIterator[None]:
    """Post events to webhooks beside the body."""
    http = aiohttp.ClientSession(
        headers=_HEADERS,
        # A connection that is kept open can end just when the next post goes out.
        connector=aiohttp.TCPConnector(limit=0, force_close=True),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=TIMEOUT),
        auto_decompress=False,
        trust_env=False,
    )
    async with http, beside(_Posting(office, http).run(), "posting to webhooks"):
        yield


class _Posting:
    """Which webhooks are served now, and with what."""

    def __init__(self, office: Office, http: aiohttp.ClientSession) -> None:
        self._office = office
        self._http = http
        self._served: set[int] = set()
        self._certificates: ssl.SSLContext | None = None

    async def run(self) -> None:
        """Serve every webhook to which something is to be posted."""
        async with asyncio.TaskGroup() as group:
            while True:
                count = self._office.bell.count(None)
                try:
                    found = await self._office.store.run(waiting)
                except ConstellagentError as error:
                    _log.error("cannot look what to post to webhooks: %s", error)
                    found = []
                for endpoint in set(found) - self._served:
                    self._served.add(endpoint)
                    group.create_task(self._serve(endpoint), name=f"webhook {endpoint}")
                await self._office.bell.after(None, count, _TICK)

    async def _serve(self, endpoint: int) -> None:
        """Post until nothing is left for this webhook."""
        try:
            while await self._step(endpoint):
                pass
        except ConstellagentError as error:
            _log.error("webhook %d is left alone for a while: %s", endpoint, error)
            await asyncio.sleep(_TICK)
        except Exception:  # noqa: BLE001 - whatever failed, one webhook must not end the others
            _log.exception("webhook %d is left alone for a while", endpoint)
            await asyncio.sleep(_TICK)
        finally:
            # Nothing is awaited between the last look and this: what comes later finds it not served.
            self._served.discard(endpoint)

    async def _step(self, endpoint: int) -> bool:
        """Post one event, or wait for the next; False where nothing is left."""
        office = self._office
        count = office.bell.count(None)
        found = await office.store.run(lambda db: next_for(office, db, endpoint))
        if found is None:
            return False
        if isinstance(found, float):
            await office.bell.after(None, count, min(max(found - office.now(), 0.0), _TICK))
            return True
        outcome = await self._post(found)
        await self._rest(await office.store.run(lambda db: settle(office, db, found, outcome)))
        return True

    async def _rest(self, seconds: float) -> None:
        """Wait by the provider's clock."""
        office = self._office
        until = office.now() + min(seconds, _PAUSE)
        # More than there was at first means that the clock was set back.
        while 0 < (left := until - office.now()) <= seconds:
            await office.bell.after(None, office.bell.count(None), min(left, _TICK))

    @around(ProviderPoint.DELIVERY_POST)
    async def _post(self, job: Job) -> Outcome:
        body = json.dumps(job.event, ensure_ascii=False, separators=(",", ":")).encode()
        headers = signed(job.target.secret, int(self._office.now()), body, job.event["id"])
        try:
            async with self._http.post(
                job.target.url,
                data=body,
                headers=headers,
                allow_redirects=False,
                ssl=await self._trusted(job.target.url),
            ) as answer:
                return _judged(answer.status, await _preview(answer))
        except TimeoutError:
            return Outcome(None, problem=f"it did not answer within {TIMEOUT:g} seconds")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Outcome(None, problem=_reason(error))

    async def _trusted(self, url: str) -> ssl.SSLContext | bool:
        """Return the system's certificates, read when they are needed first."""
        if not url.lower().startswith("https:"):
            return True
        if self._certificates is None:
            self._certificates = await asyncio.to_thread(ssl.create_default_context)
        return self._certificates


def _judged(status: int, preview: str) -> Outcome:
    if 200 <= status < 300:
        return Outcome(status, preview)
    if 300 <= status < 400:
        return Outcome(status, preview, f"it answered {status}, and redirects are not followed")
    return Outcome(status, preview, f"it answered {status}")


async def _preview(answer: aiohttp.ClientResponse) -> str:
    """Return the first of the body; that it breaks off or comes slowly changes nothing about the answer."""
    taken = bytearray()
    with contextlib.suppress(TimeoutError, aiohttp.ClientError):
        async with asyncio.timeout(_PREVIEW_SECONDS):
            while len(taken) < _PREVIEW and (piece := await answer.content.read(_PREVIEW - len(taken))):
                taken += piece
    return taken.decode(errors="replace")


def _reason(error: Exception) -> str:
    """Say what went wrong without the address, which may hold a secret of its own."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        cause = (
            error.certificate_error if isinstance(error, aiohttp.ClientConnectorCertificateError) else error
        )
        reason = getattr(cause, "verify_message", "") or type(cause).__name__
        return f"its certificate is not accepted: {reason}"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "cannot connect: its name cannot be looked up"
    if isinstance(error, aiohttp.ClientConnectorError):
        number = error.os_error.errno
        return f"cannot connect: {os.strerror(number)}" if number else "cannot connect"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "it closed the connection without an answer"
    return f"the post failed: {type(error).__name__}"
