"""The daemon's HTTP API for programs of this user: blocking calls over its unix socket.

For what only the web face knows: logins and tokens. Everything else is asked of the daemon's own socket.
Standard library only.
"""

import http.client
import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from constellagent.errors import UnavailableError
from constellagent.faces import wire

TIMEOUT = 30.0
"""Seconds for one answer, unless the caller says otherwise."""
PREFIX = "/api/v1"

_LARGEST = 16 << 20
_HINT = "a daemon of an older release has no such socket; `constellagent daemon stop` changes over"


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over the unix socket at `path`; only programs of this user can connect."""

    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """Connect to the unix socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def call(
    path: Path,
    method: str,
    place: str,
    body: Mapping[str, Any] | None = None,
    *,
    token: str = "",
    timeout: float = TIMEOUT,
) -> Any:
    """Return what the API that listens at `path` answers; `place` is below `/api/v1`. None for no content.

    With a `token` it is asked as who has that, and not as the user whose daemon it is.

    Raises:
        UnavailableError: nobody listens there, or what answers is no API of ours.
        ConstellagentError: the error that the API answered, as the class of the error tree that it names.
    """
    connection = _UnixConnection(path, timeout)
    headers = {"Accept": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    content = None
    if body is not None:
        headers["Content-Type"] = "application/json"
        content = json.dumps(body).encode("ascii")
    try:
        connection.request(method, PREFIX + place, content, headers)
        answer = connection.getresponse()
        data = answer.read(_LARGEST)
    except (OSError, http.client.HTTPException) as error:
        reason = (error.strerror if isinstance(error, OSError) else "") or str(error) or type(error).__name__
        raise UnavailableError(f"no API answers at {path}: {reason}", hint=_HINT) from error
    finally:
        connection.close()
    return _read(answer.status, data, path)


def _read(status: int, data: bytes, path: Path) -> Any:
    if status < 300 and not data:
        return None
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UnavailableError(f"what answers at {path} speaks no JSON", hint=_HINT) from error
    if status < 300:
        return value
    problem = value if isinstance(value, dict) else {}
    raise wire.error_from(
        {
            "kind": problem.get("kind"),
            "message": problem.get("detail", f"the API answered with status {status}"),
            "hint": problem.get("hint", ""),
            "details": problem.get("details"),
        }
    )
