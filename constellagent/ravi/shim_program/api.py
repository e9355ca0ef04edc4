"""Sends one request of the `ravi` command and reads the answer; small enough to start with every call."""

import http.client
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from constellagent.ravi.shim_program.failing import UNAVAILABLE, CallError
from constellagent.ravi.shim_program.login import LOOPBACK, Login

TIMEOUT = 30.0
"""Seconds until an answer must be there, as for the real clients."""

_LARGEST = 32 << 20
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def call(
    login: Login,
    method: str,
    path: str,
    body: Mapping[str, object] | None = None,
    *,
    query: Mapping[str, str] | None = None,
    timeout: float = TIMEOUT,
) -> Any:
    """Send one request below `/api` as the login's identity and return the answer, None where it is empty.

    Raises:
        CallError: nobody is logged in, the API refuses, or it cannot be reached (exit code 69, status 0).
    """
    if not login.key:
        raise CallError("not authenticated: this folder belongs to no agent with an identity")
    values = {**(query or {}), **({"identity": login.uuid} if login.uuid else {})}
    headers = {"Authorization": f"Bearer {login.key}", "Accept": "application/json"}
    data = None
    if body is not None:
        headers["Content-Type"] = "application/json"
        data = json.dumps(body).encode()
    tail = f"?{urlencode(values)}" if values else ""
    status, content, again = _exchange(login.url, method, f"/api{path}{tail}", data, headers, timeout)
    return _parse(status, content, again)


def put(url: str, data: bytes, content_type: str) -> None:
    """Hand a file in at the address that the API gave for it; that address is the permission.

    Raises:
        CallError: it is refused, or cannot be reached.
    """
    parts = urlsplit(url)
    target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    origin = f"{parts.scheme}://{parts.netloc}"
    status, _, _ = _exchange(origin, "PUT", target, data, {"Content-Type": content_type}, TIMEOUT)
    if status >= 300:
        raise CallError(f"the file was not taken in: HTTP {status}", status=status)


def rows(answer: Any) -> list[dict[str, Any]]:
    """Return the rows of a list: a bare array or `{"results": [...]}`.

    Raises:
        CallError: it is neither.
    """
    found = answer.get("results") if isinstance(answer, dict) else answer
    return [row(each) for each in (found if isinstance(found, list) else [found])]


def row(answer: Any) -> dict[str, Any]:
    """Return one object.

    Raises:
        CallError: it is none.
    """
    if not isinstance(answer, dict):
        raise CallError("API error: the answer has an unexpected shape")
    return answer


def segment(text: str) -> str:
    """Return `text` as one part of a path."""
    return quote(text, safe="")


def is_uuid(text: str) -> bool:
    """Whether this is a uuid, which nothing that people name is."""
    return bool(_UUID.fullmatch(text))


def _exchange(
    url: str, method: str, target: str, data: bytes | None, headers: Mapping[str, str], timeout: float
) -> tuple[int, bytes, str]:
    """Return status, content and `Retry-After`."""
    connection, prefix = _connect(url, timeout)
    try:
        connection.request(method, f"{prefix}{target}", body=data, headers=dict(headers))
        response = connection.getresponse()
        return response.status, response.read(_LARGEST), response.getheader("Retry-After", "")
    except ValueError:
        raise CallError("the key or the address holds characters that neither can have") from None
    except (OSError, http.client.HTTPException) as error:
        raise CallError(_unreachable(url, error), UNAVAILABLE, status=0) from None
    finally:
        connection.close()


def _connect(url: str, timeout: float) -> tuple[http.client.HTTPConnection, str]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if parts.scheme == "http" and host in LOOPBACK:
        return http.client.HTTPConnection(host, port, timeout=timeout), parts.path
    if parts.scheme == "https" and host:
        return http.client.HTTPSConnection(host, port, timeout=timeout), parts.path
    raise CallError(
        "RAVI_API_URL must be https://..., or http:// on this machine; the key is not sent elsewhere"
    )


def _unreachable(url: str, error: Exception) -> str:
    parts = urlsplit(url)
    why = (error.strerror if isinstance(error, OSError) else "") or str(error) or type(error).__name__
    here = parts.hostname in LOOPBACK
    hint = "; the constellagent daemon does not run: start it with `constellagent status`" if here else ""
    return f"cannot reach {parts.netloc}: {why}{hint}"


def _parse(status: int, content: bytes, again: str) -> Any:
    try:
        answer = json.loads(content) if content else None
    except (ValueError, RecursionError):
        raise CallError(f"API error: HTTP {status}, and the answer is not JSON", status=status) from None
    if status < 300:
        return answer
    detail = answer.get("detail") if isinstance(answer, dict) else None
    said = detail if isinstance(detail, str) else f"HTTP {status}"
    later = f" Try again in {again} s." if status == 429 and again.isdigit() else ""
    raise CallError(f"API error: {said}{later}", status=status)
