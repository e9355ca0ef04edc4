"""Clients of the API that are slow, huge, broken or gone, and a face that ends under them."""

import asyncio
import json
import os
import select
import socket
import ssl
import stat
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from constellagent.connections import Patience
from constellagent.faces.web import bodies, connection, dispatch
from constellagent.faces.web.routing import Call, Held, Route
from constellagent.faces.web.serving import serving
from constellagent.runtime.control import InfoView
from constellagent.runtime.settings import Settings
from tests.certificates import authority
from tests.faces.fake_control import FakeControl
from tests.faces.web.house import House, bearer, compose, hear, housing, named, say


@pytest.fixture
async def house(home: Settings) -> AsyncIterator[House]:
    """Give the running web face."""
    async with housing(home) as running:
        yield running


@pytest.fixture
async def impatient(home: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """Give one that waits for the head of a request for a moment only."""
    monkeypatch.setattr(connection, "PATIENCE", Patience(head=0.2))
    async with housing(home) as running:
        yield running


async def lost(reader: asyncio.StreamReader) -> bytes:
    """Return what comes until the connection ends, however it ends."""
    try:
        async with asyncio.timeout(30):
            return await reader.read()
    except ConnectionError:
        return b""


@pytest.mark.parametrize(
    "beginning", [b"G", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX:"]
)
async def test_e10_a_head_that_does_not_come_is_given_up(impatient: House, beginning: bytes) -> None:
    """E10: who begins a request and does not end it gets 408, and holds nothing any more."""
    reader, writer = await impatient.tcp()
    with closing(writer):
        writer.write(beginning)
        assert (await lost(reader)).startswith(b"HTTP/1.1 408 ")


async def test_e10_a_slow_second_request_is_given_up_and_an_idle_connection_is_not(impatient: House) -> None:
    """E10: the time runs from a request's first byte on, not from the connection's."""
    reader, writer = await impatient.tcp()
    request = compose("GET", "/api/v1/me", {"Host": impatient.host})
    with closing(writer):
        assert (await say(reader, writer, request)).status == 401
        await asyncio.sleep(0.4)  # longer than the patience: nothing must happen meanwhile
        assert (await say(reader, writer, request)).status == 401
        writer.write(request[:10])
        assert (await lost(reader)).startswith(b"HTTP/1.1 408 ")


async def test_e10_a_body_that_does_not_come_is_given_up(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E10: a body that stops on the way is 408."""
    monkeypatch.setattr(bodies, "PATIENCE", 0.2)
    reader, writer = await house.unix()
    headers = {"Host": "localhost", "Content-Type": "application/json", "Content-Length": "100"}
    with closing(writer):
        reply = await say(reader, writer, compose("POST", "/api/v1/tokens", headers) + b'{"na')
    assert reply.status == 408


async def test_e10_a_body_of_a_gigabyte_is_refused_unread(house: House) -> None:
    """E10: by its length where it says it, and as soon as it is too long where it does not."""
    headers = {"Host": "localhost", "Content-Type": "application/json"}
    reader, writer = await house.unix()
    with closing(writer):
        told = {**headers, "Content-Length": str(1 << 30)}
        assert (await say(reader, writer, compose("POST", "/api/v1/tokens", told))).status == 413
    reader, writer = await house.unix()
    with closing(writer):
        writer.write(compose("POST", "/api/v1/tokens", {**headers, "Transfer-Encoding": "chunked"}))
        chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        for _ in range(17):
            writer.write(chunk)
        assert (await hear(reader)).status == 413


async def test_e10_a_stranger_uploads_nothing(house: House) -> None:
    """E10: who has no access is answered before any of the body is read."""
    reader, writer = await house.tcp()
    with closing(writer):
        headers = {"Host": house.host, "Content-Type": "application/json", "Content-Length": str(1 << 30)}
        assert (await say(reader, writer, compose("PUT", "/api/v1/x", headers))).status == 401


@pytest.mark.parametrize("how", ["many", "long", "line"])
async def test_e10_too_many_headers_are_refused(house: House, how: str) -> None:
    """E10: 100,000 headers, one of a megabyte, or such an address: refused, and the connection ends."""
    reader, writer = await house.tcp()
    with closing(writer):
        if how == "line":
            writer.write(b"GET /" + b"x" * (1 << 20) + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        elif how == "long":
            writer.write(b"GET / HTTP/1.1\r\nX: " + b"x" * (1 << 20) + b"\r\n\r\n")
        else:
            many = b"".join(b"X-%d: y\r\n" % n for n in range(100_000))
            writer.write(b"GET / HTTP/1.1\r\n" + many + b"\r\n")
        said = await lost(reader)
    assert said == b"" or said.startswith(b"HTTP/1.1 400 ")
    assert (await house.ask("GET", "/me", unix=True)).status == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[" * 1_000_000, 400),
        (b"[" * 1_000_000 + b"]" * 1_000_000, 413),
        (b"[" * 400_000 + b"]" * 400_000, 400),
        (b'{"a":' * 100 + b"1" + b"}" * 100, 400),
        (b'{"name":"a","name":"b","scope":"read"}', 400),
        (b'{"name":"a","scope":"read","days":NaN}', 400),
        (b'{"name":"a","scope":"read","days":Infinity}', 400),
        (b'{"name":"a","scope":"read","days":1e999}', 422),
        (b'{"name":"a","scope":"read","days":' + b"9" * 5000 + b"}", 400),
        (b'{"name":"\xff","scope":"read"}', 400),
        (b"", 400),
        (b"null", 422),
        (b"[]", 422),
        (b'{"name":1,"scope":"read"}', 422),
        (b'{"name":"a","scope":"read","more":1}', 422),
        (b'{"name":"a"}', 422),
    ],
)
async def test_e10_a_body_that_makes_no_sense_is_refused(house: House, body: bytes, status: int) -> None:
    """E10: a million brackets, keys twice, numbers that are none: told in one line, never a defect."""
    headers = {"Host": "localhost", "Content-Type": "application/json", "Content-Length": str(len(body))}
    reader, writer = await house.unix()
    with closing(writer):
        reply = await say(reader, writer, compose("POST", "/api/v1/tokens", headers) + body)
    assert reply.status == status
    assert reply.json["status"] == status
    assert (await house.ask("GET", "/tokens", unix=True)).json["data"] == []


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, identity"])
async def test_e10_a_packed_body_is_refused(house: House, encoding: str) -> None:
    """E10: nothing is unpacked, so nothing small can become large."""
    reply = await house.ask("POST", "/web", body={}, unix=True, Content_Encoding=encoding)
    assert reply.status == 415


async def test_a_client_that_asks_before_it_sends_is_told(house: House) -> None:
    """A body is invited only after its sender was let in."""
    headers = {"Host": "localhost", "Content-Type": "application/json", "Expect": "100-continue"}
    reader, writer = await house.unix()
    with closing(writer):
        writer.write(compose("POST", "/api/v1/web", {**headers, "Content-Length": "2"}))
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
        writer.write(b"{}")
        assert (await hear(reader)).status == 200
    assert (await house.ask("POST", "/web", body={}, unix=True, Expect="tea")).status == 417


@pytest.mark.parametrize(
    "garbage", [b"\x16\x03\x01\x02\x00\x01", b"\x00" * 100, b"GET\r\n\r\n", b"\r\n\r\n\r\n!"]
)
async def test_garbage_is_answered_and_named_nowhere(
    house: House, garbage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """What is no HTTP gets 400 at most, without a word about the software, and ends only its connection."""
    reader, writer = await house.tcp()
    with closing(writer):
        writer.write(garbage)
        writer.write_eof()
        said = await lost(reader)
    assert said == b"" or said.startswith(b"HTTP/1.1 400 ")
    assert b"aiohttp" not in said.lower()
    assert b"python" not in said.lower()
    assert not [one for one in caplog.records if one.levelname == "ERROR"]
    assert (await house.ask("GET", "/me", unix=True)).status == 200


class Broken(FakeControl):
    """A Control with a defect."""

    async def info(self) -> InfoView:
        """Fail as a defect does."""
        raise ZeroDivisionError("secret words")


async def test_a_defect_says_nothing_of_itself(home: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """It is 500 without its own words, which are in the log; the connection and the daemon go on."""
    async with housing(home, control=Broken()) as house:
        reader, writer = await house.unix()
        with closing(writer):
            for _ in range(2):
                reply = await say(reader, writer, compose("GET", "/api/v1/info", {"Host": "localhost"}))
                assert reply.status == 500
                assert b"secret" not in reply.body
                assert b"ZeroDivision" not in reply.body
    assert "ZeroDivisionError" in caplog.text


async def test_a_client_that_never_reads_is_let_go(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that nobody takes is given up after its time, and no connection stays."""
    monkeypatch.setattr(dispatch, "WRITE_PATIENCE", 0.2)

    async def much(_: Call) -> dict[str, str]:
        return {"much": "x" * (64 << 20)}

    async with housing(home, operations=[Route("GET", "/much", much, "x", dict[str, str])]) as house:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(str(house.settings.paths.api_socket))
            sock.sendall(compose("GET", "/api/v1/much", {"Host": "localhost"}))
            watched = select.poll()
            watched.register(sock, 0)  # the end of the connection is reported without reading
            async with asyncio.timeout(30):
                while not watched.poll(0):
                    await asyncio.sleep(0.02)


async def test_the_face_ends_whatever_is_open(home: Settings) -> None:
    """Streams, sockets, slow handlers, idle and half-said requests: the end does not wait for them."""
    began = asyncio.Event()

    async def slow(_: Call) -> dict[str, str]:
        await asyncio.sleep(60)
        return {}

    async def lines(_: Call) -> AsyncIterator[Any]:
        yield {"n": 1}
        began.set()
        await asyncio.sleep(60)
        yield {"n": 2}

    async def held(_: Call, request: web.Request) -> web.StreamResponse:
        opened = web.WebSocketResponse()
        await opened.prepare(request)
        async for _message in opened:
            pass
        return opened

    operations: list[Route | Held] = [
        Route("GET", "/slow", slow, "x", dict[str, str]),
        Route("GET", "/lines", lines, "x", dict[str, Any], stream=True),
        Held("/held", "websocket", held, "x", dict[str, Any]),
    ]
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    async with housing(home, operations=operations) as house:
        token = bearer(await house.token())
        clients = []
        for path, more in (("/slow", {}), ("/lines", {}), ("/held", upgrade), ("/me", {})):
            reader, writer = await house.tcp()
            writer.write(compose("GET", f"/api/v1{path}", {"Host": house.host, **token, **more}))
            clients.append((reader, writer))
        clients.append(await house.tcp())
        clients[-1][1].write(b"GET / HT")
        await began.wait()
        assert (await hear(clients[2][0])).status == 101
        ending = time.monotonic()
    assert time.monotonic() - ending < 20
    for reader, writer in clients:
        await lost(reader)
        writer.close()


async def test_e9_a_hundred_clients_that_come_and_go_leave_nothing(house: House) -> None:
    """Connections that end anywhere on the way cost nothing that stays."""
    before = _open_files()
    request = compose("GET", "/api/v1/me", {"Host": house.host})
    for cut in range(100):
        _, writer = await house.tcp()
        writer.write(request[: cut % len(request)])
        writer.transport.abort()
    assert (await house.ask("GET", "/me", unix=True)).status == 200
    async with asyncio.timeout(30):
        while _open_files() > before:
            await asyncio.sleep(0.02)


def _open_files() -> int:
    return sum(1 for _ in Path("/dev/fd").iterdir())


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o177])
async def test_e12_the_unix_socket_is_of_this_user_alone(home: Settings, umask: int) -> None:
    """E12: 0600 in a folder with 0700, whatever the umask, from the first moment on."""
    old = os.umask(umask)
    try:
        async with serving(FakeControl(), home):
            place = home.paths.api_socket
            assert stat.S_IMODE(place.lstat().st_mode) == 0o600
            assert stat.S_IMODE(place.parent.lstat().st_mode) == 0o700
        assert not place.exists()
    finally:
        os.umask(old)


async def test_e12_another_user_is_turned_away(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """E12: the kernel says who is at the other end, and who is neither us nor root gets no word."""
    monkeypatch.setattr(connection, "uid_of", lambda _: os.getuid() + 1)
    reader, writer = await house.unix()
    with closing(writer):
        writer.write(compose("GET", "/api/v1/me", {"Host": "localhost"}))
        assert await lost(reader) == b""


async def test_e12_a_page_cannot_use_the_unix_socket(house: House) -> None:
    """E12: no browser speaks to it, so what says that it is a page is refused."""
    assert (await house.ask("GET", "/me", unix=True, Origin="http://localhost")).status == 403
    reply = await house.raw(compose("GET", "/api/v1/me", {"Host": "evil.com"}), unix=True)
    assert reply.status == 403


async def test_e13_only_this_machine_is_listened_to(house: House) -> None:
    """E13: the port is bound at 127.0.0.1 and nowhere else, and chosen by the system."""
    assert house.face.place[0] == "127.0.0.1"
    assert house.port > 1023
    with socket.socket(socket.AF_INET6) as sock, pytest.raises(OSError, match=r".*"):
        sock.connect(("::1", house.port))


async def test_e13_where_it_listens_is_kept_privately_and_found_again(home: Settings) -> None:
    """E13: a page that is open finds the next daemon at the same port; the file is for us alone."""
    async with housing(home) as house:
        port = house.port
        page = named(await house.log_in())
    for name in ("face.json", "logins.json"):
        assert stat.S_IMODE((home.paths.web / name).lstat().st_mode) == 0o600
    async with housing(home, on=False) as again:
        assert again.port == port
        assert (await again.ask("GET", "/me", **page | {"Origin": again.origin})).status == 200
        assert (await again.ask("DELETE", "/web", unix=True)).status == 204
        assert again.port == 0
    async with housing(home, on=False) as third:
        assert third.port == 0
        assert (await third.ask("GET", "/web", unix=True)).json["on"] is False


async def test_e13_another_machine_needs_a_certificate_and_names(home: Settings, tmp_path: Path) -> None:
    """E13: an address that others reach is refused, saying what is missing, and the daemon goes on."""
    outside = home.model_copy(update={"web_host": "0.0.0.0", "web": True})
    async with housing(outside, on=False) as house:
        assert house.port == 0
        assert "CONSTELLAGENT_WEB_CERTIFICATE" in house.face.why
        assert "CONSTELLAGENT_WEB_HOSTS" in house.face.why
        reply = await house.ask("POST", "/web", body={}, unix=True)
        assert reply.status == 422
        assert reply.json["hint"]
    assert not (home.paths.web / "face.json").exists() or not json.loads(
        (home.paths.web / "face.json").read_text()
    ).get("on")


async def test_e13_with_them_other_machines_are_served_encrypted(home: Settings, tmp_path: Path) -> None:
    """E13: then the page is https, its cookie Secure, and it answers to its names alone."""
    signer = authority(tmp_path)
    before = set(tmp_path.iterdir())
    signer.context("fleet.test")
    (pair,) = set(tmp_path.iterdir()) - before
    changes = {"web_host": "0.0.0.0", "web_hosts": "fleet.test", "web_certificate": pair, "web_key": pair}
    async with housing(home.model_copy(update=changes)) as house:
        assert house.face.url == f"https://fleet.test:{house.port}"
        trusting = ssl.create_default_context(cafile=str(signer.bundle))
        for host, status in (("fleet.test", 200), ("evil.test", 403)):
            body = json.dumps({"code": await house.code()}).encode()
            page = {"Origin": f"https://{host}:{house.port}", "X-Constellagent": "1"}
            headers = {"Host": f"{host}:{house.port}", "Content-Type": "application/json", **page}
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", house.port, ssl=trusting, server_hostname="fleet.test"
            )
            reply = await say(reader, writer, compose("POST", "/api/v1/login", headers, body))
            writer.close()
            assert reply.status == status
            assert ("Secure" in reply.headers.get("set-cookie", "")) == (status == 200)
