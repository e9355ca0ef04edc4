"""The web face with both entrances, a fake `Control` behind it, and clients that send the very bytes."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from constellagent.faces.web.face import TcpFace
from constellagent.faces.web.page import PageFiles
from constellagent.faces.web.routing import Held, Route
from constellagent.faces.web.serving import OPERATIONS, serving
from constellagent.runtime.clock import Clock
from constellagent.runtime.control import ConstellationView
from constellagent.runtime.paths import constellation_id
from constellagent.runtime.settings import Settings
from tests.faces.fake_control import FakeControl, agent_view

FILE = "/repo/constellation.yaml"
ID = constellation_id(Path(FILE))
OTHER_FILE = "/other/constellation.yaml"
OTHER_ID = constellation_id(Path(OTHER_FILE))
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Reply:
    """What came back; headers by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as a value."""
        return json.loads(self.body)


async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> Reply:
    """Send these very bytes and read one answer."""
    writer.write(request)
    await writer.drain()
    return await hear(reader, head_only=request.startswith(b"HEAD"))


async def hear(reader: asyncio.StreamReader, *, head_only: bool = False) -> Reply:
    """Read one answer."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)
    }
    status = int(head[0].split()[1])
    if head_only or status in {101, 204, 304}:
        body = b""
    elif "content-length" in headers:
        body = await reader.readexactly(int(headers["content-length"]))
    else:
        body = await reader.read()
    return Reply(status, headers, body)


def compose(
    method: str,
    target: str,
    headers: Sequence[tuple[str, str]] | Mapping[str, str] = (),
    body: bytes = b"",
) -> bytes:
    """Return a request, byte for byte; a body gets its length."""
    pairs = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
    if body:
        pairs.append(("Content-Length", str(len(body))))
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in pairs), "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


class House:
    """The running face."""

    def __init__(self, settings: Settings, control: FakeControl, face: TcpFace) -> None:
        self.settings = settings
        self.control = control
        self.face = face

    @property
    def port(self) -> int:
        """The TCP entrance's port."""
        return self.face.place[1]

    @property
    def host(self) -> str:
        """What a Host header of a browser says."""
        return f"127.0.0.1:{self.port}"

    @property
    def origin(self) -> str:
        """The page's origin."""
        return f"http://{self.host}"

    @property
    def page_headers(self) -> dict[str, str]:
        """What the page sends before it is logged in."""
        return {"Origin": self.origin, "X-Constellagent": "1"}

    async def tcp(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect as a browser does."""
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def unix(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect as a program of this user does."""
        return await asyncio.open_unix_connection(str(self.settings.paths.api_socket))

    async def raw(self, request: bytes, *, unix: bool = False) -> Reply:
        """Send these very bytes on a connection of their own."""
        reader, writer = await (self.unix() if unix else self.tcp())
        with closing(writer):
            return await say(reader, writer, request)

    async def ask(
        self, method: str, path: str, *, body: Any = None, unix: bool = False, **headers: str
    ) -> Reply:
        """Ask the API, with a right Host; names of headers have `_` for `-`."""
        given = {"Host": "localhost" if unix else self.host} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        data = b"" if body is None else json.dumps(body).encode()
        given |= JSON if body is not None and "Content-Type" not in given else {}
        return await self.raw(compose(method, f"/api/v1{path}", given, data), unix=unix)

    async def token(self, scope: str = "admin", **more: Any) -> str:
        """Make a token and return its value."""
        reply = await self.ask("POST", "/tokens", body={"name": "t", "scope": scope, **more}, unix=True)
        assert reply.status == 201, reply.body
        return str(reply.json["token"])

    async def code(self, **more: Any) -> str:
        """Return a code that logs in."""
        reply = await self.ask("POST", "/web", body=more, unix=True)
        assert reply.status == 200, reply.body
        return str(reply.json["url"].partition("#code=")[2].partition("&")[0])

    async def log_in(self, **more: Any) -> dict[str, Any]:
        """Log a browser in; return all headers with which its page asks."""
        reply = await self.ask(
            "POST", "/login", body={"code": await self.code(**more)}, **named(self.page_headers)
        )
        assert reply.status == 200, reply.body
        cookie = reply.headers["set-cookie"].partition(";")[0]
        return {"Cookie": cookie, "Origin": self.origin, "X-Constellagent": reply.json["page"]}


def named(headers: Mapping[str, str]) -> dict[str, Any]:
    """Return headers as `House.ask` takes them."""
    return {name.replace("-", "_"): value for name, value in headers.items()}


def bearer(token: str) -> dict[str, Any]:
    """Return the header of a token, as `House.ask` takes it."""
    return {"Authorization": f"Bearer {token}"}


def views() -> list[ConstellationView]:
    """Return two constellations with one agent's name in both."""
    return [
        ConstellationView(name=name, file=file, repo="/repo", agents=agents, services=[])
        for name, file, agents in (
            ("acme", FILE, [agent_view("docs"), agent_view("auth")]),
            ("other", OTHER_FILE, [agent_view("docs")]),
        )
    ]


@asynccontextmanager
async def housing(
    settings: Settings,
    *,
    control: FakeControl | None = None,
    operations: Sequence[Route | Held] = OPERATIONS,
    clock: Clock | None = None,
    page: Path | None = None,
    on: bool = True,
) -> AsyncIterator[House]:
    """Run the face while the body runs; the port is on unless said otherwise."""
    if control is None:
        control = FakeControl()
        control.views = views()
    async with AsyncExitStack() as stack:
        files = PageFiles(page) if page is not None else None
        face = await stack.enter_async_context(
            serving(control, settings, operations=operations, clock=clock, page=files)
        )
        if on:
            await face.turn_on()
        yield House(settings, control, face)
