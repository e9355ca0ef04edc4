"""A place whose daemon serves the API at a port, and a client that knows nothing but HTTP."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from constellagent.runtime.paths import Paths
from tests.e2e.place import Place

UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
READER = (
    '{command: [sh, -c, "stty -echo; while read -r line; do printf \\"got <%s>\\\\n\\" \\"$line\\"; done"]}'
)
"""An agent that shows each line that it is given."""


@dataclass(frozen=True)
class Answer:
    """What came back; headers by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as a value."""
        return json.loads(self.body)


class _Unix(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=60)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class Api:
    """The API of the daemon of one state folder.

    Attributes:
        port: where it is open at this machine, once it was turned on.
        admin: a token for everything.
    """

    def __init__(self, home: Path) -> None:
        """Nothing is asked yet."""
        self._home = home
        self.port = 0
        self.admin = ""

    def open(self) -> Self:
        """Turn the port on, and get a token for everything."""
        self.turn_on()
        self.admin = self.token("admin")
        return self

    def turn_on(self) -> None:
        """Let the port be open, and note which one it is."""
        self.port = int(self.own("POST", "/web", {}).json["port"])

    def own(self, method: str, path: str, body: Any = None) -> Answer:
        """Ask over the unix socket, as who owns the daemon."""
        return _asked(_Unix(Paths(self._home).api_socket), method, f"/api/v1{path}", body, {})

    def token(self, scope: str, **more: Any) -> str:
        """Return the value of a new token."""
        made = self.own("POST", "/tokens", {"name": "test", "scope": scope, **more})
        assert made.status == 201, made.body
        return str(made.json["token"])

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        /,
        *,
        token: str | None = None,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        **query: str | bytes,
    ) -> Answer:
        """Ask at the port; `token` is the admin's unless given, and none where it is empty."""
        token = self.admin if token is None else token
        sent = {"Authorization": f"Bearer {token}"} if token else {}
        target = f"/api/v1{path}"
        if query:
            target += "?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        answer = _asked(connection, method, target, body, {**sent, **(headers or {})})
        assert status in {None, answer.status}, f"{method} {target}: {answer.status} {answer.body[:2000]!r}"
        return answer

    def of(self, part: str, agent: str = "docs") -> str:
        """Return a path below an agent."""
        return f"/constellations/lab/agents/{agent}/{part}"

    def get(self, part: str, /, *, agent: str = "docs", status: int = 200, **query: Any) -> Any:
        """Read something of an agent."""
        return self.ask("GET", self.of(part, agent), status=status, **query).json

    def post(self, part: str, body: Any, *, agent: str = "docs", status: int = 200) -> Any:
        """Do something with an agent."""
        return self.ask("POST", self.of(part, agent), body, status=status).json

    def dial(self) -> socket.socket:
        """Return a connection on which nothing was said yet."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def head(self, method: str, path: str, *more: tuple[str, str], token: str | None = None) -> bytes:
        """Return the head of a request with right Host and, unless empty, a token."""
        token = self.admin if token is None else token
        sent = [("Authorization", f"Bearer {token}")] if token else []
        return compose(method, f"/api/v1{path}", [("Host", f"127.0.0.1:{self.port}"), *sent, *more])

    def raw(self, request: bytes, silence: float = 1.0) -> bytes:
        """Send these very bytes, and return all that comes until the other side ends or is silent so long."""
        with closing(self.dial()) as line:
            with suppress(ConnectionError):  # refused before all of it was sent: the answer is still there
                line.sendall(request)
            first = heard(line, once=True)
            line.settimeout(silence)
            return first + heard(line)

    def once(self, request: bytes) -> tuple[int, bytes]:
        """Send these very bytes, and return the status of one answer, and the whole of it."""
        with closing(self.dial()) as line, line.makefile("rb") as reader:
            line.settimeout(60)
            line.sendall(request)
            head = b"".join(iter(reader.readline, b"\r\n")) if reader.peek(1) else b""
            told = [one for one in head.lower().split(b"\r\n") if one.startswith(b"content-length:")]
            length = int(told[0].partition(b":")[2]) if told else 0
            return status_of(head), head.lower() + b"\r\n" + reader.read(length)


class Served(Place):
    """A place with running agents, whose API is open at a port of this machine."""

    api: Api

    def open(self) -> None:
        """Make what is declared, and open the API."""
        self.run("apply", "--yes")
        self.api = Api(self.home).open()


@contextmanager
def steady(served: Served, longest: float = 5.0) -> Iterator[None]:
    """Assert that another client is answered all the time, within so many seconds each.

    What a mere sleep in this process takes too long is the machine's, and does not count.
    """
    done, waits, lost = threading.Event(), list[float](), [0.0]

    def beat() -> None:
        while not done.is_set():
            begin = time.monotonic()
            time.sleep(0.02)
            lost[0] += max(0.0, time.monotonic() - begin - 0.05)

    def ask() -> None:
        while not (done.is_set() and waits):
            begin, before = time.monotonic(), lost[0]
            assert served.api.ask("GET", "/info").status == 200
            took = time.monotonic() - begin
            time.sleep(0.03)  # so that the other one has noted a stop of the machine as well
            waits.append(took - (lost[0] - before))

    threads = [threading.Thread(target=each) for each in (beat, ask)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join()
    print(f"another client waited {max(waits) * 1000:.0f} ms at most, in {len(waits)} requests")
    assert max(waits) < longest


def compose(method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes = b"") -> bytes:
    """Return a request, byte for byte."""
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def heard(line: socket.socket, *, once: bool = False) -> bytes:
    """Return what comes until the other side ends or is silent for the socket's time limit.

    With `once` only the first of it.
    """
    parts = []
    with suppress(TimeoutError, ConnectionError):
        while data := line.recv(1 << 16):
            parts.append(data)
            if once:
                break
    return b"".join(parts)


def status_of(said: bytes) -> int:
    """Return the status of an answer, 0 where the connection ended without one."""
    return int(said.split(b" ", 2)[1]) if said.startswith(b"HTTP/1.1 ") else 0


def _asked(
    connection: http.client.HTTPConnection, method: str, target: str, body: Any, headers: Mapping[str, str]
) -> Answer:
    typed = {} if body is None else {"Content-Type": "application/json"}
    with closing(connection):
        data = None if body is None else json.dumps(body)
        connection.request(method, target, body=data, headers={**typed, **headers})
        reply = connection.getresponse()
        return Answer(reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read())
