"""Who gets through the door of a real daemon: for every operation that its own description names."""

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from tests.e2e.api.served import READER, UPGRADE, Served, status_of
from tests.reliability.lab import wait_for

METHODS = {"get", "post", "put", "patch", "delete"}
Operation = tuple[str, str, dict[str, Any]]


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """Give a place with two agents; nothing that these tests ask for may change it."""
    with Served(agents=0) as place:
        place.write(f"agents:\n  docs: {READER}\n  code: {READER}\n")
        place.open()
        yield place


def operations(served: Served) -> list[Operation]:
    """Return method, path and description of all operations."""
    described = served.api.ask("GET", "/openapi.json", status=200).json
    found = [
        (method.upper(), path, one)
        for path, ways in described["paths"].items()
        for method, one in ways.items()
        if method in METHODS
    ]
    assert len(found) > 60
    return found


def filled(path: str, agent: str = "docs") -> str:
    """Return the path with names in it that exist, where they matter."""
    names = {"constellation": "lab", "agent": agent, "subject": agent}
    return "/".join(names.get(part[1:-1], "x1") if part.startswith("{") else part for part in path.split("/"))


def request(served: Served, operation: Operation, *more: tuple[str, str], token: str | None = None) -> bytes:
    """Return a whole request for an operation, with an empty object where it takes a body."""
    method, path, described = operation
    headers = list(more)
    if "101" in described["responses"]:
        headers += UPGRADE.items()
    else:
        headers.append(("Connection", "close"))
    body = b"{}" if "requestBody" in described else b""
    if body:
        headers += [("Content-Type", "application/json"), ("Content-Length", "2")]
    return served.api.head(method, filled(path), *headers, token=token) + body


def agents(served: Served) -> list[tuple[str, str]]:
    """Return which agents there are with which session."""
    rows = served.api.own("GET", "/constellations/lab/agents").json["data"]
    return [(row["name"], row["session"]["id"]) for row in rows]


def test_e4_nothing_is_answered_without_access(served: Served) -> None:
    """Every operation and every WebSocket: 401, as problem details, and nothing has happened."""
    before = agents(served)
    for operation in operations(served):
        method, path, described = operation
        if described.get("security") == []:
            continue
        status, said = served.api.once(request(served, operation, token=""))
        assert status == 401, f"{method} {path}: {said[:300]!r}"
        head, _, body = said.partition(b"\r\n\r\n")
        assert b"application/problem+json" in head
        assert b"www-authenticate: bearer" in head.lower()
        assert set(json.loads(body)) <= {"type", "title", "status", "detail", "hint", "kind"}
    assert agents(served) == before


def test_e4_who_reads_cannot_act(served: Served) -> None:
    """With a token for reading, what acts or is for an admin is 403, and the rest is no matter of access."""
    reader, before = served.api.token("read"), agents(served)
    acting = 0
    for operation in operations(served):
        method, path, described = operation
        if described.get("security") == [] or path in {"/events", "/logout"}:
            continue
        needs = "scope admin" in described["description"]
        assert needs or method == "GET", f"{method} {path} acts and is not for an admin"
        if needs or "101" not in described["responses"]:
            status, _ = served.api.once(request(served, operation, token=reader))
            assert (status == 403) == needs, f"{method} {path}: {status}"
            acting += needs
    assert acting > 25
    assert agents(served) == before


def test_e4_an_agent_reaches_itself_alone(served: Served) -> None:
    """With an agent's token, another agent and what is about all are 403, also where both exist."""
    mine = served.api.token("agent", constellation="lab", agent="docs")
    for method, path, described in operations(served):
        if described.get("security") == [] or path in {"/events", "/logout", "/live"}:
            continue
        own = "An agent's own token may use it" in described["description"]
        if "{agent}" in path or not own:
            foreign = (method, path.replace("{agent}", "code").replace("{subject}", "code"), described)
            status, _ = served.api.once(request(served, foreign, token=mine))
            assert status == 403, f"{method} {path}: {status}"
    assert served.api.ask("GET", served.api.of("facts"), token=mine).status == 200
    assert served.api.ask("GET", "/me", token=mine).json["agent"] == "docs"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Origin", "http://evil.example"),
        ("Origin", "null"),
        ("Origin", "http://127.0.0.1:1"),
        ("Host", "evil.example"),
        ("Host", "127.0.0.1.evil.example"),
    ],
)
def test_e2_a_foreign_page_gets_nothing_with_the_right_token(served: Served, name: str, value: str) -> None:
    """For every operation, a foreign Origin or Host is refused, whatever is shown; nothing has happened."""
    before = agents(served)
    for operation in operations(served):
        whole = request(served, operation)
        if name == "Host":
            whole = whole.replace(b"Host: 127.0.0.1:%d" % served.api.port, b"Host: " + value.encode())
        else:
            whole = whole.replace(b"\r\n", f"\r\nOrigin: {value}\r\n".encode(), 1)
        status, said = served.api.once(whole)
        assert status in {400, 403}, f"{operation[:2]}: {said[:300]!r}"
        assert b"access-control-allow" not in said.lower()
    assert agents(served) == before


def takes(served: Served) -> bool:
    """Say whether somebody listens at the port."""
    try:
        served.api.dial().close()
    except ConnectionRefusedError:
        return False
    return True


def test_a_port_that_was_turned_off_takes_nobody_and_comes_back(served: Served) -> None:
    """Turning it off ends what is open, a revoked token too, and the next one is at the same port."""
    one = served.api.token("read")
    with served.api.dial() as line:
        line.settimeout(60)
        line.sendall(served.api.head("GET", "/live", *UPGRADE.items(), token=one))
        assert status_of(line.recv(4096)) == 101
        rows = served.api.own("GET", "/tokens").json["data"]
        ident = max(rows, key=lambda row: row["created_at"])["id"]
        assert served.api.ask("DELETE", f"/tokens/{ident}").status == 204
        with suppress(ConnectionResetError):  # an end as well
            while line.recv(1 << 16):
                pass
    assert served.api.ask("GET", "/me", token=one).status in {401, 429}
    port = served.api.port
    assert served.api.ask("DELETE", "/web").status == 204
    wait_for(lambda: not takes(served), "the port to take nobody any more")
    served.api.turn_on()
    assert served.api.port == port
    assert served.api.ask("GET", "/me").status == 200
