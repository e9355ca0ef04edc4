"""What a request says of where it is for and where it comes from: nothing foreign counts as ours."""

from collections.abc import Callable
from typing import TypedDict
from urllib.parse import urlsplit

from constellagent.faces.web.bodies import parse, read_query
from constellagent.faces.web.guard import (
    Entrance,
    check_host,
    check_origin,
    check_page,
    is_loopback,
    page_secret,
)
from constellagent.faces.web.problems import HttpError
from constellagent.faces.web.ranges import Limit
from tests.fuzz.target import Target

_ENTRANCES = (
    Entrance("http", 8080),
    Entrance("https", 443, frozenset({"fleet.test"})),
    Entrance("http", 0, trusted=True),
)
_SECRET_KEYS = ("origin", "sec-fetch-site", "x-constellagent", "upgrade", "sec-websocket-protocol")


def run(data: bytes) -> None:
    """Take the first line for a host, the second for what is asked for, the rest for headers and a body."""
    host, target, headers = _read(data)
    for entrance in _ENTRANCES:
        _check(entrance, host, target, headers)
    is_loopback(host)
    assert "," not in page_secret(headers) or "x-constellagent" in headers
    body = data.partition(b"\n\n")[2]
    assert _status(lambda: parse(body)) in {200, 400}
    assert _status(lambda: read_query(target.rpartition("?")[2], _Query)) in {200, 400, 422}


def answers(data: bytes) -> list[tuple[int, ...]]:
    """Return what each entrance answers: for its host, and where it is this one, for origin and page."""
    host, target, headers = _read(data)
    return [_check(entrance, host, target, headers) for entrance in _ENTRANCES]


def _read(data: bytes) -> tuple[str, str, dict[str, list[str]]]:
    lines = data.decode("latin-1").split("\n")
    host, target, *others = [*lines, "", ""]
    headers: dict[str, list[str]] = {}
    for line in others:
        name, colon, value = line.partition(": ")
        if colon and name.lower() in _SECRET_KEYS:
            headers.setdefault(name.lower(), []).append(value)
    return host, target, headers


def _status(read: Callable[[], object]) -> int:
    """Return what a reader would answer with."""
    try:
        read()
    except HttpError as error:
        return error.status
    return 200


def _check(entrance: Entrance, host: str, target: str, headers: dict[str, list[str]]) -> tuple[int, ...]:
    status = _status(lambda: check_host(entrance, [host], target))
    assert status in {200, 403}
    if status == 403:
        return (status,)
    told = check_host(entrance, [host], target)
    name = told.rpartition(":")[0] if told.rpartition(":")[2].isdigit() and told[-1] != "]" else told
    assert name in entrance.names
    if not target.startswith("/"):
        assert urlsplit(target).netloc.lower() == told
    ours = _status(lambda: check_origin(entrance, told, headers, linked=False))
    acting = _status(lambda: check_page("POST", headers, upgrade=False))
    assert {ours, acting} <= {200, 403}
    if ours == acting == 200:
        assert [one.lower() for one in headers["origin"]] == [f"{entrance.scheme}://{told}"]
        assert set(headers.get("sec-fetch-site", ())) <= {"same-origin", "none"}
    return status, ours, acting


class _Query(TypedDict, total=False):
    path: str
    names: list[str]
    limit: Limit
    flag: bool


_PAGE = b"X-Constellagent: s\nSec-Fetch-Site: none\n"
_BODY = b'\n{"a": [1, 2.5, null, "\\u00e9"]}'
GOOD = (
    (0, b"127.0.0.1:8080\n/\nOrigin: http://127.0.0.1:8080\n" + _PAGE + _BODY),
    (0, b"[::1]:8080\nhttp://[::1]:8080/\nOrigin: http://[::1]:8080\nX-Constellagent: s\n"),
    (1, b"fleet.test\n/api?path=a&names=b&names=c&limit=3\nOrigin: https://fleet.test\n" + _PAGE),
    (1, b"fleet.test:443\nhttps://fleet.test:443/\nOrigin: https://fleet.test:443\n" + _PAGE),
)
"""Requests of our page, with the entrance that takes them: so fuzzers come to what lies behind."""


def seeds() -> list[bytes]:
    """Return requests of our page, of others, and bodies."""
    return [
        *(seed for _, seed in GOOD),
        b"localhost\npath=a&names=b&names=c&limit=3\n",
        b"localhost\nhttp://[evil\nOrigin: null\nUpgrade: x\nSec-WebSocket-Protocol: constellagent, page.x\n",
        b"127.0.0.1.evil.test\n//evil\n",
    ]


TARGET = Target(
    "guard",
    run,
    seeds,
    words=(
        *(
            b"127.0.0.1",
            b"localhost",
            b"[::1]",
            b":8080",
            b"http://",
            b"https://",
            b"fleet.test",
            b"@",
            b"%5d",
        ),
        *(b"Origin: ", b"Sec-Fetch-Site: ", b"X-Constellagent: ", b"Upgrade: ", b"page.", b"constellagent, "),
        *(b"null", b"limit=", b"names=", b"%ff", b"+", b"NaN", b"Infinity", b"\\ud800"),
    ),
    guides=("constellagent.faces.web",),
)
