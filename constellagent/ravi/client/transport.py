"""One request and its answer: the home of httpx.

It reads again after a failed read, and repeats a change only where the provider said that it did nothing
(429). Any other doubt about a change is raised as `InDoubtError`: only the caller can look whether it was
made. No redirect is followed, so the key is only ever sent to the host that was configured.
"""

import asyncio
import ipaddress
import json
import random
import ssl
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

from constellagent import __version__
from constellagent.errors import ConstellagentError, UsageError
from constellagent.ravi.failures import BELONGINGS, Advice, heals, refusal, unreachable, unreadable
from constellagent.ravi.wire import read_failure

Model = TypeVar("Model", bound=BaseModel)

ACTOR = "X-Constellagent-Actor"
"""The header in which a management key names who acts, for the audit."""

_TRIES = 4
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 60.0
_LARGEST_ANSWER = 32 << 20
_CONNECT_TIMEOUT = 5.0


class Transport:
    """Sends requests with one key.

    Attributes:
        base_url: the provider, without `/api`.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        actor: str,
        timeout: float,
        ca_bundle: Path | None,
        sleep: Callable[[float], Awaitable[object]],
    ) -> None:
        """Take what `RaviClient` documents.

        Raises:
            UsageError: address, key or certificates cannot be used.
        """
        local = _check_address(base_url)
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            raise UsageError(
                "the provider's key is empty or holds characters that no key has", hint="copy it again"
            )
        self.base_url = base_url.rstrip("/")
        self._key = key
        self._timeout = timeout
        self._sleep = sleep
        headers = {
            "Authorization": f"Bearer {key}",
            "Accept": "application/json",
            "User-Agent": f"constellagent/{__version__}",
        }
        self._http = httpx.AsyncClient(
            base_url=f"{self.base_url}/api",
            headers=headers | ({ACTOR: actor} if actor and local else {}),
            follow_redirects=False,
            # A proxy of the environment must not see what is meant for this machine.
            trust_env=not local,
            verify=_certificates(ca_bundle, encrypted=base_url.startswith("https:")),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def rows(
        self,
        model: type[Model],
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        advice: Advice = BELONGINGS,
    ) -> list[Model]:
        """Return a list, which may come as a bare array or as `{"results": [...]}`."""
        answer = await self.call("GET", path, params=params, advice=advice)
        found = answer.get("results") if isinstance(answer, dict) else answer
        if not isinstance(found, list):
            raise unexpected(f"GET {path}", self.base_url, "a list was expected")
        return [self.parse(model, row, f"GET {path}", reads=True) for row in found]

    async def one(
        self,
        model: type[Model],
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
        advice: Advice = BELONGINGS,
        timeout: float | None = None,
    ) -> Model:
        """Return one object."""
        answer = await self.call(method, path, body=body, params=params, advice=advice, timeout=timeout)
        return self.parse(model, answer, f"{method} {path}", reads=method == "GET", advice=advice)

    def parse(
        self, model: type[Model], row: object, call: str, *, reads: bool, advice: Advice = BELONGINGS
    ) -> Model:
        """Return one object of an answer.

        Raises:
            UnavailableError: it is not what this API sends, and the call was a read.
            InDoubtError: the same, and the call was a change.
        """
        try:
            return model.model_validate(row)
        except ValidationError as error:
            # The values stay out of the message: one of them may be a key.
            where = ", ".join(".".join(map(str, found["loc"])) for found in error.errors(include_input=False))
            why = f"unexpected {where or 'shape'}"
            raise unreadable(call, self.base_url, why, reads=reads, advice=advice) from None

    async def call(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
        advice: Advice = BELONGINGS,
        timeout: float | None = None,
        largest: int | None = None,
    ) -> Any:
        """Send a request below `/api` and return the parsed answer, None where it is empty.

        `advice` is what the errors tell the reader to do. `timeout` (seconds for one try) and `largest`
        (bytes of the answer) are for what may take longer or be larger than usual.

        Raises:
            ConstellagentError: as `failures` documents.
        """
        patience = timeout or self._timeout
        request = self._http.build_request(
            method,
            path,
            json=body,
            params=params,
            timeout=httpx.Timeout(patience, connect=min(patience, _CONNECT_TIMEOUT)),
        )
        call, reads = f"{method} {path}", method == "GET"
        for attempt in range(_TRIES):
            answer = await self._once(
                request,
                call,
                advice,
                timeout=patience,
                largest=largest or _LARGEST_ANSWER,
            )
            pause = _pause(answer, attempt, reads=reads)
            if pause is None:
                break
            await self._sleep(pause)
        if isinstance(answer, ConstellagentError):
            raise answer
        response, content = answer
        if response.status_code >= 300:
            clean = content.replace(self._key.encode(), b"[key]")
            raise refusal(
                call,
                response.status_code,
                clean,
                reads=reads,
                retry_after=_retry_after(response),
                advice=advice,
            )
        if not content:
            return None
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            why = "the answer is not JSON"
            raise unreadable(call, self.base_url, why, reads=reads, advice=advice) from None

    async def put(self, url: str, data: bytes, content_type: str) -> None:
        """Upload bytes to an address that the provider gave; the key is not sent along.

        Raises:
            ConstellagentError: as `failures` documents; the upload can be repeated.
        """
        _check_address(url.partition("?")[0])
        request = httpx.Request("PUT", url, content=data, headers={"Content-Type": content_type})
        answer = await self._once(
            request, "PUT of an attachment", BELONGINGS, timeout=self._timeout, largest=_LARGEST_ANSWER
        )
        if isinstance(answer, ConstellagentError):
            raise answer
        if answer[0].status_code >= 300:
            raise refusal(
                "PUT of an attachment", answer[0].status_code, answer[1], reads=True, advice=BELONGINGS
            )

    async def _once(
        self, request: httpx.Request, call: str, advice: Advice, *, timeout: float, largest: int
    ) -> tuple[httpx.Response, bytes] | ConstellagentError:
        """Send the request once and read the whole answer; a failure on the way is returned, not raised."""
        reads = request.method in {"GET", "PUT"}
        try:
            async with asyncio.timeout(timeout):
                response = await self._http.send(request, stream=True)
                try:
                    content = bytearray()
                    async for piece in response.aiter_bytes():
                        content += piece
                        if len(content) > largest:
                            why = "the answer is too large"
                            return unreadable(call, self.base_url, why, reads=reads, advice=advice)
                finally:
                    await response.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            return _lost(call, self.base_url, error, surely_not_done=True, reads=reads, advice=advice)
        except (httpx.RequestError, TimeoutError) as error:
            return _lost(call, self.base_url, error, surely_not_done=False, reads=reads, advice=advice)
        return response, bytes(content)


def segment(identifier: str) -> str:
    """Return an id that a server gave as one segment of a path, whatever it holds."""
    return quote(identifier, safe="")


def unexpected(call: str, url: str, why: str) -> ConstellagentError:
    """Return the error for a read whose answer has another shape."""
    return unreadable(call, url, why, reads=True, advice=BELONGINGS)


def _lost(
    call: str, url: str, error: Exception, *, surely_not_done: bool, reads: bool, advice: Advice
) -> ConstellagentError:
    timed_out = isinstance(error, httpx.TimeoutException | TimeoutError)
    why = "it took too long" if timed_out else str(error) or type(error).__name__
    lost = unreachable(call, url, why, surely_not_done=surely_not_done, reads=reads, advice=advice)
    lost.__cause__ = error
    return lost


def _pause(
    answer: tuple[httpx.Response, bytes] | ConstellagentError, attempt: int, *, reads: bool
) -> float | None:
    """Return how long to wait before the next try, None where there is none."""
    if attempt == _TRIES - 1:
        return None
    usual = _FIRST_PAUSE * 2**attempt
    if isinstance(answer, ConstellagentError):
        return _jittered(usual) if reads else None
    response, content = answer
    if response.status_code == 429:
        asked = _retry_after(response)
        if asked is None:
            asked = read_failure(429, content).retry_after
        return _jittered(usual if asked is None else asked)
    again = reads and response.status_code >= 500 and heals(response.status_code, content)
    return _jittered(usual) if again else None


def _jittered(seconds: float) -> float:
    """Spread waiters by up to a tenth, so that they do not all come back at once."""
    return min(seconds, _LONGEST_PAUSE) * (1 + random.random() / 10)  # noqa: S311 - spreads load, protects nothing


def _retry_after(response: httpx.Response) -> float | None:
    """Read the header's seconds; the form with a date is not used by this API."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdecimal() and len(value) < 10 else None


def _check_address(base_url: str) -> bool:
    """Refuse what would send the key in clear over a network; return whether it stays on this machine."""
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL as error:
        raise UsageError(f"{base_url!r} is no address: {error}", hint="write https://host") from error
    if url.userinfo or url.query or url.fragment or not url.host or url.scheme not in {"http", "https"}:
        raise UsageError(
            "the provider's address must be https://host[:port] and nothing more", hint="write https://host"
        )
    local = is_loopback(url.host)
    if url.scheme == "http" and not local:
        raise UsageError(f"{base_url} would send the key unencrypted", hint=f"use https://{url.host}")
    return local


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only mean this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _certificates(ca_bundle: Path | None, *, encrypted: bool) -> ssl.SSLContext:
    if not encrypted:
        # Loading the system's certificates would take longer than all calls to the embedded provider.
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        return ssl.create_default_context(cafile=None if ca_bundle is None else str(ca_bundle))
    except (OSError, ssl.SSLError) as error:
        raise UsageError(
            f"cannot read the certificates in {ca_bundle}: {error}", hint="it must be a PEM file"
        ) from error
