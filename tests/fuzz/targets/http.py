"""Requests at the page's server: any bytes, at the port of browsers and at the socket of programs.

No bytes make the server fail, let anybody in who shows nothing, or have it answer what is no HTTP.
"""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from constellagent.errors import ConstellagentError
from constellagent.faces.server import _METHODS
from constellagent.runtime.settings import Settings
from tests.faces.fake_control import FakeControl
from tests.faces.web.house import ID, House, housing, views
from tests.fuzz.rig import Rig, converse
from tests.fuzz.target import Target

_STATUS = re.compile(rb"HTTP/(?:0\.9|1\.[01]) (\d{3}) ")
_PORT = b"127.0.0.1:8080"
"""What stands in an input for the port's own address."""


@asynccontextmanager
async def _opened(folder: Path) -> AsyncIterator[House]:
    settings = Settings(home=folder)
    settings.paths.create()
    control = FakeControl()
    control.views = views()
    refused = ConstellagentError("it is not here")
    control.fails = {name: refused for name in _METHODS if name not in {"status", "watch"}}
    async with housing(settings, control=control) as house:
        yield house


_RIG = Rig(_opened)


def run(data: bytes) -> None:
    """Send the input behind its first byte, at the entrance that this one names."""
    _RIG.run(lambda house: _send(house, data[1:], unix=bool(data[:1]) and data[0] % 2 == 1))


async def _send(house: House, data: bytes, *, unix: bool) -> None:
    house.control.asked.clear()
    opening = house.unix() if unix else house.tcp()
    said = await converse(opening, data.replace(_PORT, house.host.encode()))
    assert not said or _STATUS.match(said), said[:80]
    for status in _STATUS.findall(said):
        assert not status.startswith(b"5") or status in {b"501", b"502", b"503", b"505"}, said[:500]
    assert b"Traceback" not in said
    assert b"aiohttp" not in said.partition(b"\r\n\r\n")[0].lower()
    if not unix:
        assert not [name for name, _ in house.control.asked if name not in {"status", "watch"}]


def seeds() -> list[bytes]:
    """Return requests for the page, for the API, for its streams, and some that are wrong in known ways."""
    found = []
    one = f"/constellations/{ID}"
    places = ("/agents", "/constellations", one, f"{one}/plan", f"{one}/agents/docs/diff", "/web", "/tokens")
    for place in places:
        head = f"GET /api/v1{place} HTTP/1.1\r\nHost: ".encode()
        found += [
            b"\1" + head + b"localhost\r\n\r\n",
            b"\0" + head + _PORT + b"\r\nAuthorization: Bearer x\r\n\r\n",
        ]
    body = json.dumps({"code": "a", "text": "b", "enter": True}).encode()
    for place in ("/login", "/tokens", f"{one}/agents/docs/send", f"{one}/apply", f"{one}/schedules"):
        head = f"POST /api/v1{place} HTTP/1.1\r\nHost: ".encode()
        rest = b"\r\nContent-Type: application/json\r\nContent-Length: %d\r\n" % len(body)
        page = b"Origin: http://" + _PORT + b"\r\nX-Constellagent: 1\r\n\r\n"
        found += [
            b"\1" + head + b"localhost" + rest + b"\r\n" + body,
            b"\0" + head + _PORT + rest + page + body,
        ]
    upgrade = (
        b"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    found += [
        b"\1GET /api/v1/live HTTP/1.1\r\nHost: localhost" + upgrade + b"\x81\x82abcd{}",
        b"\0GET / HTTP/1.1\r\nHost: " + _PORT + b"\r\n\r\n",
        b"\0GET http://evil.test/ HTTP/1.1\r\nHost: " + _PORT + b"\r\n\r\n",
        b"\0GET /api/v1/agents HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"\0POST /api/v1/login HTTP/1.1\r\nHost: "
        + _PORT
        + b"\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    ]
    return found


TARGET = Target(
    "http",
    run,
    seeds,
    words=(
        *(b"GET /api/v1/", b"POST /api/v1/", b"DELETE /", b" HTTP/1.1\r\n", b"Host: ", _PORT, b"\r\n\r\n"),
        *(
            b"Origin: http://",
            b"Authorization: Bearer ",
            b"Cookie: ",
            b"Content-Length: ",
            b"Expect: 100-continue",
        ),
        *(
            b"Transfer-Encoding: chunked",
            b"Upgrade: websocket",
            b"Range: bytes=",
            b"%2e%2e/",
            b"?cursor=",
            b"&",
        ),
        *(
            b"Sec-Fetch-Site: ",
            b"X-Constellagent: ",
            b"Content-Encoding: gzip",
            b"If-None-Match: ",
            b"\\ud800",
        ),
    ),
    guides=("constellagent.faces.web",),
    close=_RIG.close,
    examples=25,
)
