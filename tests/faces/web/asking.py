"""The real API over its unix socket, with a `Control` that a test sets up, and a client that asks it."""

import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from constellagent.faces.web.serving import serving
from constellagent.runtime.control import ConstellationView, Control
from constellagent.runtime.paths import constellation_id
from constellagent.runtime.settings import Settings
from tests.faces.fake_control import FakeControl, agent_view, service_view

FILE = "/repo/constellation.yaml"
ID = constellation_id(Path(FILE))
ONE = f"/constellations/{ID}"
DOCS = f"{ONE}/agents/docs"
BASE = "http://localhost/api/v1"


def constellation_view(name: str = "acme", file: str = FILE, **changes: Any) -> ConstellationView:
    """Return a constellation with two agents and a service, with changes."""
    view = ConstellationView(
        name=name,
        file=file,
        repo="/repo",
        agents=[agent_view("docs"), agent_view("auth", "waiting")],
        services=[service_view("shop")],
    )
    return ConstellationView(**{**view, **changes})  # type: ignore[typeddict-item] # a test names real keys


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        """The body as a value."""
        return json.loads(self.body)

    @property
    def lines(self) -> list[Any]:
        """The values of a body with one a line."""
        return [json.loads(line) for line in self.body.splitlines()]


class Api:
    """Asks the API as the person whose socket it is."""

    def __init__(self, client: aiohttp.ClientSession, control: FakeControl) -> None:
        self.client = client
        self.control = control

    async def ask(
        self,
        method: str,
        path: str,
        *,
        status: int = 200,
        query: Any = None,
        body: Any = None,
        **headers: str,
    ) -> Answer:
        """Ask, and check the status."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        data = None
        if body is not None:
            named["Content-Type"], data = "application/json", io.BytesIO(json.dumps(body).encode())
        async with self.client.request(
            method, BASE + path, params=query, data=data, headers=named
        ) as response:
            answer = Answer(response.status, response.headers, await response.read())
        assert answer.status == status, f"{method} {path}: {answer.status} {answer.body.decode()}"
        return answer

    async def get(self, path: str, /, **query: Any) -> Any:
        """Read, and return the value."""
        return (await self.ask("GET", path, query=query)).json

    async def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        """Do something, and return the value."""
        return (await self.ask("POST", path, body=body, status=status)).json

    def last(self, method: str) -> Any:
        """Return the last request that the control got of one method."""
        return self.control.requests(method)[-1]


@asynccontextmanager
async def asking(control: Control, settings: Settings) -> AsyncIterator[aiohttp.ClientSession]:
    """Serve `control`, and give a client that is connected to its unix socket."""
    async with serving(control, settings):
        connector = aiohttp.UnixConnector(str(settings.paths.api_socket))
        async with aiohttp.ClientSession(connector=connector) as client:
            yield client
