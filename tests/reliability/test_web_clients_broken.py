"""Requests to a real daemon that are huge, malformed, or read in two ways by two readers."""

import contextlib
import json
import secrets
import struct
import sys
import time
from collections.abc import Iterator

import pytest

from tests.e2e.api.served import READER, UPGRADE, Served, compose, heard, status_of
from tests.reliability.seat import Memory

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the lab reads /proc"),
    pytest.mark.timeout(120),
]
JSON = ("Content-Type", "application/json")


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """Give a place with an agent."""
    with Served(agents=0) as place:
        place.agent(READER)
        place.open()
        yield place


def alive(served: Served) -> None:
    """Assert that another client is served, at once, by the daemon that was there before."""
    begin = time.monotonic()
    assert served.api.ask("GET", "/me").status == 200
    assert time.monotonic() - begin < 20
    assert "Traceback" not in served.daemon_log()


def memory(served: Served) -> Memory:
    """Begin to watch how much memory the daemon takes."""
    pid = served.daemon_pid()
    assert pid is not None
    return Memory(daemon=pid)


def test_e10_a_gigabyte_is_refused_unread(served: Served) -> None:
    """E10: by its announced length, and when it comes in pieces as soon as it is too long."""
    watch = memory(served)
    path = served.api.of("content")
    said = served.api.raw(
        served.api.head("PUT", path, JSON, ("Content-Length", str(1 << 30))) + b"x" * (1 << 20)
    )
    assert status_of(said) == 413
    piece = b"100000\r\n" + b" " * (1 << 20) + b"\r\n"
    begin, sent, ended = time.monotonic(), 0, False
    with served.api.dial() as line:
        line.sendall(served.api.head("PUT", path, JSON, ("Transfer-Encoding", "chunked")))
        while not ended and time.monotonic() - begin < 30:
            try:
                line.sendall(piece)
                sent += len(piece)
            except ConnectionError:
                ended = True
    took, grown = time.monotonic() - begin, watch.grown()["daemon"]
    print(f"{sent >> 20} MB were sent in {took:.1f} s before it ended; the daemon grew by {grown:.1f} MB")
    assert ended, "a body without end is taken without end"
    assert grown < 80, "more than the largest body that may be sent is kept"
    alive(served)


@pytest.mark.parametrize("how", ["many headers", "long header", "long address", "long query", "parameters"])
def test_e10_a_huge_head_is_refused(served: Served, how: str) -> None:
    """E10: 100,000 headers, and headers, addresses and queries of a megabyte."""
    watch = memory(served)
    match how:
        case "many headers":
            whole = served.api.head("GET", "/me", *((f"X-{n}", "y") for n in range(100_000)))
        case "long header":
            whole = served.api.head("GET", "/me", ("X", "x" * (1 << 20)))
        case "long address":
            whole = served.api.head("GET", "/" + "x" * (1 << 20))
        case "long query":
            whole = served.api.head("GET", served.api.of("diff") + "?against=" + "x" * (1 << 20))
        case _:
            whole = served.api.head(
                "GET", served.api.of("diff") + "?" + "&".join("path=x" for _ in range(1000))
            )
    assert status_of(served.api.raw(whole)) in {0, 400, 413, 414, 431}
    assert watch.grown()["daemon"] < 20
    alive(served)


@pytest.mark.parametrize(
    ("body", "statuses"),
    [
        (b"[" * 1_000_000, {400}),
        (b'{"text":' * 100_000 + b"1" + b"}" * 100_000, {400}),
        (b'{"text":"' + b"\\ud800" * 1000 + b'"}', {200, 409, 422}),
        (b'{"text":"\xff\xfe"}', {400}),
        (b'{"text":"a","text":"b"}', {400}),
        (b"\xef\xbb\xbf{}", {400, 422}),
        (b'{"text":"a","enter":"yes"}', {422}),
        (b'{"text":"a","enter":1}', {422}),
        (b'{"text":' + b"9" * 100_000 + b"}", {400, 422}),
    ],
)
def test_e10_a_body_that_makes_no_sense_is_told_so(served: Served, body: bytes, statuses: set[int]) -> None:
    """E10: a million brackets, halves of characters, keys twice, and numbers without end."""
    head = served.api.head("POST", served.api.of("send"), JSON, ("Content-Length", str(len(body))))
    said = served.api.raw(head + body)
    assert status_of(said) in statuses, said[:400]
    alive(served)


SMUGGLED = b"0\r\n\r\nGET /api/v1/info HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ([("Content-Length", "2"), ("Content-Length", "44")], SMUGGLED),
        ([("Content-Length", "2, 44")], SMUGGLED),
        ([("Content-Length", "+2")], b"{}"),
        ([("Content-Length", "-1")], b"{}"),
        ([("Content-Length", "0x2")], b"{}"),
        ([("Content-Length", "2 ")], b"{}"),
        ([("Content-Length", "44"), ("Transfer-Encoding", "chunked")], SMUGGLED),
        ([("Transfer-Encoding", "chunked"), ("Content-Length", "44")], SMUGGLED),
        ([("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "identity")], SMUGGLED),
        ([("Transfer-Encoding", "xchunked")], SMUGGLED),
        ([("Transfer-Encoding ", "chunked")], SMUGGLED),
        ([("Transfer-Encoding", "chunked")], b"2;a\r\n{}\r\n-1\r\n\r\n"),
        ([("Transfer-Encoding", "chunked")], b"0x2\r\n{}\r\n0\r\n\r\n"),
        ([("Transfer-Encoding", "chunked")], b"2\n{}\n0\n\n"),
    ],
)
def test_no_second_request_hides_in_a_first(
    served: Served, headers: list[tuple[str, str]], body: bytes
) -> None:
    """Lengths that two readers would read differently: one answer at most, and it is a refusal."""
    whole = served.api.head("POST", "/web", JSON, *headers) + body
    said = served.api.raw(whole)
    assert said.count(b"HTTP/1.1 ") <= 1, said
    if headers != [("Content-Length", "2 ")]:  # space around a value is allowed
        assert status_of(said) in {0, 400, 408, 411, 413, 415, 501}, said
    alive(served)


@pytest.mark.parametrize(
    "head",
    [
        b"GET /api/v1/me HTTP/1.1\nHost: HOST\n\n",
        b"GET /api/v1/me HTTP/1.1\r\nHost: HOST\r\n Folded: x\r\n\r\n",
        b"GET /api/v1/me HTTP/1.1\r\nHost : HOST\r\n\r\n",
        b"GET /api/v1/me HTTP/1.1\r\nHost: HOST\r\nX\x00Y: z\r\n\r\n",
        b"GET /api/v1/me HTTP/1.1\r\nHost: HOST\r\nX: a\x00b\r\n\r\n",
        b"GET  /api/v1/me HTTP/1.1\r\nHost: HOST\r\n\r\n",
        b"GET /api/v1/me HTTP/2.0\r\nHost: HOST\r\n\r\n",
        b"GET /api/v1/me\r\n\r\n",
        b"G\xffT /api/v1/me HTTP/1.1\r\nHost: HOST\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: HOST\r\n\r\n",
    ],
)
def test_what_is_not_quite_http_is_refused(served: Served, head: bytes) -> None:
    """Line ends, spaces and zeros in the wrong places get no answer but a refusal, and tell nothing."""
    said = served.api.raw(head.replace(b"HOST", b"127.0.0.1:%d" % served.api.port))
    assert said.count(b"HTTP/1.1 ") <= 1
    assert status_of(said) in {0, 400, 401, 403, 404, 405}, said
    assert b"aiohttp" not in said.lower()
    alive(served)


def test_requests_in_one_breath_are_answered_in_order(served: Served) -> None:
    """Requests that do not wait for each other's answer get each its own, in order; the last one closes."""
    asked = ["/me", "/nowhere", "/info", "/web"] * 5
    whole = b"".join(served.api.head("GET", path) for path in asked)
    # The last one closes, so that nothing but the end is waited for.
    said = served.api.raw(whole + served.api.head("GET", "/me", ("Connection", "close")), silence=30)
    statuses = [int(part[:3]) for part in said.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [{"/nowhere": 404}.get(path, 200) for path in asked] + [200]


def frame(opcode: int, data: bytes, *, end: bool = True, masked: bool = True, reserved: int = 0) -> bytes:
    """Return one frame of a WebSocket, as a client sends it."""
    first = (0x80 if end else 0) | reserved | opcode
    length = len(data)
    if length < 126:
        head = struct.pack("!BB", first, (0x80 if masked else 0) | length)
    elif length < 1 << 16:
        head = struct.pack("!BBH", first, (0x80 if masked else 0) | 126, length)
    else:
        head = struct.pack("!BBQ", first, (0x80 if masked else 0) | 127, length)
    return head + (b"\0\0\0\0" if masked else b"") + data


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(2, b"x" * ((1 << 20) + 1)), 1009),
        (frame(2, b"x" * (1 << 19), end=False) + frame(0, b"x" * (1 << 19) + b"y"), 1009),
        (frame(1, b"\xff\xfe"), 1007),
        (frame(1, b"\xc3", end=False) + frame(0, b"\x28"), 1007),
        (frame(3, b"x"), 1002),
        (frame(11, b"x"), 1002),
        (frame(1, b"x", reserved=0x40), 1002),
        (frame(9, b"x" * 126), 1002),
        (frame(9, b"x", end=False), 1002),
        (frame(0, b"x"), 1002),
        (frame(1, b"{", end=False) + frame(1, b"}"), 1002),
        (struct.pack("!BBQ", 0x82, 0x80 | 127, 1 << 62) + b"\0\0\0\0", 1009),
    ],
)
@pytest.mark.parametrize("path", ["/live", "/constellations/lab/sessions/docs/terminal?mode=write"])
def test_a_frame_that_is_wrong_ends_its_own_socket(served: Served, path: str, sent: bytes, code: int) -> None:
    """Too large, no UTF-8, or no frame at all: closed with the code that says so, and others go on."""
    watch = memory(served)
    with served.api.dial() as line:
        line.sendall(served.api.head("GET", path, *UPGRADE.items()))
        opened = line.recv(1 << 16)
        assert status_of(opened) == 101, opened
        with contextlib.suppress(ConnectionError):
            line.sendall(sent)
        line.settimeout(30)
        said = opened + heard(line)
    assert struct.pack("!H", code) in said[-200:], said[-200:]
    assert watch.grown()["daemon"] < 20
    alive(served)


def test_a_message_in_pieces_is_one(served: Served) -> None:
    """What is typed in several frames, with a ping between them, reaches the program as it is meant."""
    with served.api.dial() as line:
        line.sendall(
            served.api.head("GET", "/constellations/lab/sessions/docs/terminal?mode=write", *UPGRADE.items())
        )
        line.recv(1 << 16)
        line.sendall(frame(2, b"in ", end=False) + frame(9, b"ping") + frame(0, b"pie", end=False))
        line.sendall(frame(0, b"ces\r"))
        said, deadline = b"", time.monotonic() + 20
        while b"got <in pieces>" not in said and time.monotonic() < deadline:
            said += line.recv(1 << 16)
    assert b"got <in pieces>" in said
    assert b"ping" in said


@pytest.mark.parametrize(
    "message", ["", "{", "[]", "null", '{"type":"resize"}', '{"type":"what"}', "[" * 5000]
)
def test_a_message_that_makes_no_sense_is_refused_in_words(served: Served, message: str) -> None:
    """Text on a terminal's WebSocket that says nothing is answered so, and the terminal goes on."""
    with served.api.dial() as line:
        line.sendall(
            served.api.head("GET", "/constellations/lab/sessions/docs/terminal?mode=write", *UPGRADE.items())
        )
        word = secrets.token_hex(4).encode()  # the screen may still show what others typed
        line.sendall(frame(1, message.encode()))
        line.sendall(frame(2, word + b"\r"))
        said, wanted = b"", (b'"refused"', b"got <%s>" % word)
        while not all(one in said for one in wanted):
            data = line.recv(1 << 16)
            assert data, "the terminal was closed"
            said += data


def test_an_upgrade_that_is_none_is_told_so(served: Served) -> None:
    """A WebSocket asked for with another version, or without its key, is no WebSocket."""
    for name in ("Sec-WebSocket-Key", "Sec-WebSocket-Version", "Upgrade"):
        left = [(one, value) for one, value in UPGRADE.items() if one != name]
        assert status_of(served.api.raw(served.api.head("GET", "/live", *left))) in {400, 426}
    old = [*((one, value) for one, value in UPGRADE.items() if "Version" not in one)]
    said = served.api.raw(served.api.head("GET", "/live", *old, ("Sec-WebSocket-Version", "12")))
    assert status_of(said) in {400, 426}
    assert json.loads(said.partition(b"\r\n\r\n")[2])["status"] in {400, 426}


def test_e1_an_absolute_address_is_for_this_host_alone(served: Served) -> None:
    """What a proxy would send is served for our own name, and for no other."""
    host = f"127.0.0.1:{served.api.port}"
    for authority, wanted in ((host, 200), ("evil.example", 400)):
        headers = [("Host", host), ("Authorization", f"Bearer {served.api.admin}"), ("Connection", "close")]
        said = served.api.raw(compose("GET", f"http://{authority}/api/v1/me", headers))
        assert status_of(said) in {wanted, 403 if wanted != 200 else 200}
