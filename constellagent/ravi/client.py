"""The one client of Ravi's API, for the hosted provider and for the embedded one alike.

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
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

from constellagent import __version__
from constellagent.errors import ConstellagentError, UsageError
from constellagent.ravi.failures import (
    InDoubtError,
    MissingError,
    TakenError,
    refusal,
    unreachable,
    unreadable,
)
from constellagent.ravi.wire import (
    Domain,
    EmailAddress,
    Identity,
    IdentityKey,
    Owner,
    PhoneNumber,
    read_failure,
)

__all__ = ["InDoubtError", "MissingError", "RaviClient", "TakenError"]

Model = TypeVar("Model", bound=BaseModel)

_TRIES = 4
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 60.0
_LARGEST_ANSWER = 32 << 20
_CONNECT_TIMEOUT = 5.0


class RaviClient:
    """Speaks Ravi's API with one key. All methods raise the errors that `failures` documents."""

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        timeout: float = 30.0,
        ca_bundle: Path | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Name the provider (without `/api`) and the key.

        Args:
            base_url: `https://...`; `http://` only on the loopback interface.
            key: a management key, or an identity's.
            timeout: seconds for one request, all in all.
            ca_bundle: file with the certificates to trust instead of the system's.
            sleep: how to wait between tries.

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
        self._http = httpx.AsyncClient(
            base_url=f"{self.base_url}/api",
            headers={
                "Authorization": f"Bearer {key}",
                "Accept": "application/json",
                "User-Agent": f"constellagent/{__version__}",
            },
            timeout=httpx.Timeout(timeout, connect=min(timeout, _CONNECT_TIMEOUT)),
            follow_redirects=False,
            # A proxy of the environment must not see what is meant for this machine.
            trust_env=not local,
            verify=_certificates(ca_bundle, encrypted=base_url.startswith("https:")),
        )

    def __repr__(self) -> str:
        return f"<RaviClient of {self.base_url}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def list_identities(self, *, archived: bool = False) -> list[Identity]:
        """Return all identities that the key opens; with `archived` also those that were put away."""
        return await self._rows(Identity, "/identities/", params={"archived": "true"} if archived else {})

    async def get_identity(self, uuid: str) -> Identity:
        """Return one identity."""
        return await self._one(Identity, "GET", f"/identities/{_segment(uuid)}/")

    async def create_identity(
        self, *, name: str, email: str | None = None, domain: str | None = None
    ) -> Identity:
        """Ask once for a new identity. `email` is the local part of its address.

        Raises:
            InDoubtError: nobody knows whether it exists now; list before asking again.
            TakenError: the address is taken.
        """
        body = {"name": name, "email_identifier": email, "domain": domain}
        return await self._one(
            Identity,
            "POST",
            "/identities/",
            body={key: value for key, value in body.items() if value is not None},
        )

    async def rename_identity(self, uuid: str, name: str) -> Identity:
        """Give an identity another name; its address stays."""
        return await self._one(Identity, "PATCH", f"/identities/{_segment(uuid)}/", body={"name": name})

    async def provision_phone(self, uuid: str) -> Identity:
        """Give an identity a number.

        Raises:
            TakenError: it has one.
            InDoubtError: nobody knows whether it has one now.
        """
        return await self._one(Identity, "POST", f"/identities/{_segment(uuid)}/provision-phone/")

    async def archive_identity(self, uuid: str) -> bool:
        """Put an identity away, keeping all it has; False where the provider cannot."""
        return await self._extension(uuid, "archive")

    async def restore_identity(self, uuid: str) -> bool:
        """Bring back an identity that was put away; False where the provider cannot."""
        return await self._extension(uuid, "restore")

    async def list_identity_keys(self) -> list[IdentityKey]:
        """Return the keys of all identities, without their secret part."""
        return await self._rows(IdentityKey, "/auth/keys/identity/")

    async def create_identity_key(self, identity_uuid: str, label: str) -> IdentityKey:
        """Mint a key for one identity; its `key` is in this answer and never again.

        Raises:
            InDoubtError: a key may exist that nobody knows; revoke by label before asking again.
        """
        body = {"label": label, "identity_uuid": identity_uuid}
        return await self._one(IdentityKey, "POST", "/auth/keys/identity/", body=body)

    async def delete_identity_key(self, key_uuid: str) -> bool:
        """Revoke a key; False where there is none."""
        try:
            await self._call("DELETE", f"/auth/keys/identity/{_segment(key_uuid)}/")
        except MissingError:
            return False
        return True

    async def get_email(self, identity: str | None = None) -> EmailAddress | None:
        """Return the mailbox of the identity (default: the key's own)."""
        rows = await self._rows(EmailAddress, "/email/", params=_scope(identity))
        return rows[0] if rows else None

    async def get_phone(self, identity: str | None = None) -> PhoneNumber | None:
        """Return the number of the identity (default: the key's own), None where it has none."""
        rows = await self._rows(PhoneNumber, "/phone/", params=_scope(identity))
        return rows[0] if rows else None

    async def get_owner(self) -> Owner:
        """Return the human who owns the account."""
        return await self._one(Owner, "GET", "/master/")

    async def list_domains(self) -> list[Domain]:
        """Return the mail domains of the account."""
        return await self._rows(Domain, "/domains/")

    async def _extension(self, uuid: str, verb: str) -> bool:
        try:
            await self._call("POST", f"/identities/{_segment(uuid)}/{verb}/")
        except MissingError:
            return False
        return True

    async def _rows(
        self, model: type[Model], path: str, *, params: Mapping[str, str] | None = None
    ) -> list[Model]:
        """Accept a bare array or `{"results": [...]}`."""
        answer = await self._call("GET", path, params=params)
        rows = answer.get("results") if isinstance(answer, dict) else answer
        if not isinstance(rows, list):
            raise unreadable(f"GET {path}", self.base_url, "a list was expected", reads=True)
        return [self._parse(model, row, f"GET {path}", reads=True) for row in rows]

    async def _one(
        self,
        model: type[Model],
        method: str,
        path: str,
        *,
        body: Mapping[str, str] | None = None,
    ) -> Model:
        answer = await self._call(method, path, body=body)
        return self._parse(model, answer, f"{method} {path}", reads=method == "GET")

    def _parse(self, model: type[Model], row: object, call: str, *, reads: bool) -> Model:
        try:
            return model.model_validate(row)
        except ValidationError as error:
            # The values stay out of the message: one of them may be a key.
            where = ", ".join(".".join(map(str, found["loc"])) for found in error.errors(include_input=False))
            raise unreadable(call, self.base_url, f"unexpected {where or 'shape'}", reads=reads) from None

    async def _call(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Any:
        request = self._http.build_request(method, path, json=body, params=params)
        call, reads = f"{method} {path}", method == "GET"
        for attempt in range(_TRIES):
            answer = await self._once(request, call, reads=reads)
            pause = _pause(answer, attempt, reads=reads)
            if pause is None:
                break
            await self._sleep(pause)
        if isinstance(answer, ConstellagentError):
            raise answer
        response, content = answer
        if response.status_code >= 300:
            clean = content.replace(self._key.encode(), b"[key]")
            raise refusal(call, response.status_code, clean, reads=reads, retry_after=_retry_after(response))
        if not content:
            return None
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            raise unreadable(call, self.base_url, "the answer is not JSON", reads=reads) from None

    async def _once(
        self, request: httpx.Request, call: str, *, reads: bool
    ) -> tuple[httpx.Response, bytes] | ConstellagentError:
        """Send the request once and read the whole answer; a failure on the way is returned, not raised."""
        try:
            async with asyncio.timeout(self._timeout):
                response = await self._http.send(request, stream=True)
                try:
                    content = bytearray()
                    async for piece in response.aiter_bytes():
                        content += piece
                        if len(content) > _LARGEST_ANSWER:
                            return unreadable(call, self.base_url, "the answer is too large", reads=reads)
                finally:
                    await response.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            return _lost(call, self.base_url, error, surely_not_done=True, reads=reads)
        except (httpx.RequestError, TimeoutError) as error:
            return _lost(call, self.base_url, error, surely_not_done=False, reads=reads)
        return response, bytes(content)


def _lost(call: str, url: str, error: Exception, *, surely_not_done: bool, reads: bool) -> ConstellagentError:
    timed_out = isinstance(error, httpx.TimeoutException | TimeoutError)
    why = "it took too long" if timed_out else str(error) or type(error).__name__
    lost = unreachable(call, url, why, surely_not_done=surely_not_done, reads=reads)
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
    return _jittered(usual) if reads and response.status_code >= 500 else None


def _jittered(seconds: float) -> float:
    """Spread waiters by up to a tenth, so that they do not all come back at once."""
    return min(seconds, _LONGEST_PAUSE) * (1 + random.random() / 10)  # noqa: S311 - spreads load, protects nothing


def _retry_after(response: httpx.Response) -> float | None:
    """Read the header's seconds; the form with a date is not used by this API."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdecimal() and len(value) < 10 else None


def _segment(identifier: str) -> str:
    """Return an id that a server gave as one segment of a path, whatever it holds."""
    return quote(identifier, safe="")


def _scope(identity: str | None) -> dict[str, str]:
    return {"identity": identity} if identity else {}


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
