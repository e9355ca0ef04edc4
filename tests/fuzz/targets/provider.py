"""Requests at the embedded provider: any bytes; with the management key, to come as far as they can."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from constellagent.ravi.local.provider import all_routes
from constellagent.ravi.vault import RootKey
from tests.fuzz.rig import Rig, converse
from tests.fuzz.target import Target
from tests.ravi.provided import Provided, provided

_STATUS = re.compile(rb"HTTP/(?:0\.9|1\.[01]) (\d{3}) ")
_KEY = b"ravi_mgmt_key"
"""What stands in an input for the management key."""
_UUID = b"00000000-0000-0000-0000-000000000000"
"""What stands in an input for the uuid of an identity that is here."""


@asynccontextmanager
async def _opened(folder: Path) -> AsyncIterator[tuple[Provided, bytes]]:
    async with provided(folder, RootKey(bytes(range(32)), "a test")) as local:
        row = await local.identity(name="docs", email="docs")
        yield local, str(row["uuid"]).encode()


_RIG = Rig(_opened)


def run(data: bytes) -> None:
    """Send the input."""
    _RIG.run(lambda place: _send(*place, data))


async def _send(local: Provided, uuid: bytes, data: bytes) -> None:
    port = int(local.url.rpartition(":")[2])
    sent = data.replace(_KEY, local.key.encode()).replace(_UUID, uuid)
    said = await converse(asyncio.open_connection("127.0.0.1", port), sent)
    assert not said or _STATUS.match(said), said[:80]
    for status in _STATUS.findall(said):
        assert not status.startswith(b"5") or status in {b"501", b"503", b"505"}, said[:500]
    assert b"Traceback" not in said


_BODIES = (
    {"name": "a", "email": "b", "provision_phone": True},
    {"identity_uuid": _UUID.decode(), "label": "l"},
    {"to_email": "a@b.test", "subject": "s", "html_content": "<p>h", "cc": ["c@d.test"]},
    {"to_number": "+12015550100", "body": "hello"},
    {"domain": "a.test", "username": "u", "password": "p", "notes": ""},
    {"key": "A", "value": "v", "email": "a@b.test", "display_name": "d", "is_trusted": True},
    {"url": "http://127.0.0.1:1/", "event_types": ["mail.received"], "constellagent_identity": 1},
)


def seeds() -> list[bytes]:
    """Return a request for every route, with bodies of every shape."""
    found = []
    for number, route in enumerate(sorted({(route.method, route.path) for route in all_routes()})):
        method, path = route[0], re.sub(r"\{[^}]*\}", _UUID.decode(), route[1])
        body = (
            json.dumps(_BODIES[number % len(_BODIES)]).encode() if method in {"POST", "PATCH", "PUT"} else b""
        )
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {_KEY.decode()}\r\n"
        found.append(
            head.encode()
            + b"X-Ravi-Identity: "
            + _UUID
            + b"\r\nContent-Length: %d\r\n\r\n" % len(body)
            + body
        )
    return found


TARGET = Target(
    "provider",
    run,
    seeds,
    words=(
        *(
            b"Host: 127.0.0.1",
            b"Authorization: Bearer ",
            _KEY,
            _UUID,
            b"Content-Length: ",
            b"\r\n\r\n",
            b"/api/",
        ),
        *(
            b"?limit=",
            b"&after=",
            b"&wait=",
            b"\\ud800",
            b'"name": ',
            b"null",
            b"Content-Type: ",
            b"1e400",
            b"-1",
        ),
    ),
    guides=("constellagent.ravi.local", "constellagent.ravi.wires", "constellagent.ravi.wire"),
    close=_RIG.close,
    examples=25,
)
