"""What the provider refuses before it looks at anything else, and that every refusal can be read."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from constellagent.connections import Patience
from constellagent.errors import WorldError
from constellagent.ravi.local import guard
from constellagent.ravi.vault import RootKey
from tests.ravi.provided import Provided, provided


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:80",
        "127.0.0.2",
        "0.0.0.0",
        "[::2]",
        "127.0.0.1:x",
        "127.0.0.1@evil.example",
        "",
        "localhost:123456",
    ],
)
async def test_another_host_name_is_refused_first(local: Provided, host: str) -> None:
    """A name that was rebound to this address gets 403, with a valid key and on any path."""
    for path in ("/api/identities/", "/nowhere", "/api/auth/device/"):
        answer = await local.ask("GET", path, headers={"Host": host})
        assert answer.status_code == 403
        assert answer.json()["error"]["code"] == "host.forbidden"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "LOCALHOST:1", "[::1]", "[::1]:8080", "127.0.0.1:65535"]
)
async def test_this_machine_is_answered(local: Provided, host: str) -> None:
    """Every name of this machine works, with and without a port."""
    assert (await local.ask("GET", "/api/identities/", headers={"Host": host})).status_code == 200


async def test_two_host_headers_are_refused(local: Provided) -> None:
    """A request that names two hosts is refused."""
    host = f"127.0.0.1:{local.url.rpartition(':')[2]}"
    status = await raw(local, f"GET /api/identities/ HTTP/1.1\r\nHost: {host}\r\nHost: evil.example\r\n\r\n")
    assert status in {400, 403}


async def test_a_web_page_is_refused(local: Provided) -> None:
    """Whatever carries an Origin comes from a browser and gets 403; nothing invites a page to read."""
    for origin in ("https://evil.example", "null", local.url):
        answer = await local.ask("POST", "/api/identities/", body={}, headers={"Origin": origin})
        assert answer.status_code == 403
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    preflight = await local.ask("OPTIONS", "/api/identities/", headers={"Origin": "https://evil.example"})
    assert preflight.status_code == 403
    assert (await local.ask("GET", "/api/identities/")).json() == []


async def test_answers_say_nothing_of_the_software(local: Provided) -> None:
    """No Server header, no caching, no sniffing, on success and refusal alike."""
    for path in ("/api/identities/", "/api/nothing/"):
        headers = (await local.ask("GET", path)).headers
        assert "server" not in headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/api/",
        "/api/nothing/",
        "/api/identities",
        "/api/email-inboxes/",
        "/",
        "/api/auth/token/refresh/",
        "/%ff",
    ],
)
async def test_an_unknown_path_is_a_404_in_both_envelopes(local: Provided, path: str) -> None:
    """What is not there is said so that both generations of clients can read it."""
    answer = await local.ask("GET", path)
    assert answer.status_code == 404
    assert answer.json()["detail"] == answer.json()["error"]["message"]


async def test_a_wrong_method_is_a_405_in_both_envelopes(local: Provided) -> None:
    """The allowed methods are named."""
    answer = await local.ask("DELETE", "/api/identities/")
    assert answer.status_code == 405
    assert answer.json()["error"]["code"] == "method.not_allowed"
    assert set(answer.headers["allow"].split(",")) == {"GET", "POST"}
    assert (await local.ask("HEAD", "/api/identities/")).status_code == 405


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b"7",
        b"null",
        b'"x"',
        b"\xff",
        b"[" * 200_000,
        b'{"a":' * 50_000,
        b'{"n": ' + b"9" * 5000 + b"}",
    ],
)
async def test_a_body_that_is_no_object_is_a_400(local: Provided, content: bytes) -> None:
    """Broken, deeply nested and non-object bodies are refused without harm."""
    answer = await local.ask("POST", "/api/identities/", content=content)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["code"] == "request.malformed"


async def test_text_that_cannot_be_stored_is_a_400(local: Provided) -> None:
    """Lone surrogates, which JSON can spell and no file can hold, are refused wherever they stand."""
    for path, field in (("/api/identities/", "name"), ("/api/auth/device/token/", "device_code")):
        for content in (f'{{"{field}": "a\\udfffb"}}', '{"\\ud800": 1}'):
            answer = await local.ask("POST", path, content=content.encode())
            assert answer.status_code == 400, answer.text


async def test_a_large_body_is_a_413(local: Provided) -> None:
    """More than 1 MiB is refused, sent whole or in pieces."""
    answer = await local.ask("POST", "/api/identities/", content=b" " * ((1 << 20) + 1))
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "request.too_large"
    assert (await local.ask("POST", "/api/identities/", content=b" " * ((1 << 20) - 9))).status_code == 201


async def test_an_unforeseen_failure_is_still_an_answer(caplog: pytest.LogCaptureFixture) -> None:
    """A bug in a handler is a 500 in both envelopes with the traceback in the log only, a failed disk a 503.

    The handler is called directly, because no route is known to fail in this way.
    """

    async def broken(_: web.Request) -> web.StreamResponse:
        raise ZeroDivisionError("canary")

    async def disk_full(_: web.Request) -> web.StreamResponse:
        raise WorldError("disk", hint="canary") from sqlite3.OperationalError("canary")

    request = make_mocked_request("GET", "/api/x/")
    for handler, status in ((broken, 500), (disk_full, 503)):
        answer = await guard.explained(request, handler)
        assert isinstance(answer, web.Response)
        assert answer.status == status
        assert isinstance(answer.body, bytes)
        assert b"canary" not in answer.body
        assert json.loads(answer.body)["detail"]
    assert "ZeroDivisionError" in caplog.text


async def raw(local: Provided, request: str) -> int:
    """Send what no client library would send, and return the status."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(local.url.rpartition(":")[2]))
    writer.write(request.encode())
    status = int((await reader.readline()).split()[1])
    writer.close()
    await writer.wait_closed()
    return status


async def test_a_request_that_is_no_text_is_a_400(local: Provided) -> None:
    """Bytes that are no UTF-8 in a header, a path or a query never reach the database."""
    head = b"Host: 127.0.0.1\r\nAuthorization: Bearer " + local.key.encode() + b"\r\nConnection: close\r\n"
    for request in (
        b"POST /api/messages/send/ HTTP/1.1\r\n" + head + b"X-Ravi-Identity: \xff\xfe\r\n\r\n",
        b"GET /api/identities/%ed%a0%80/ HTTP/1.1\r\n" + head + b"\r\n",
        b"GET /api/secrets/?key=%ff HTTP/1.1\r\n" + head + b"\r\n",
    ):
        assert (await _said(local, request)).partition(b" ")[2][:3] in {b"400", b"404", b"200"}


async def test_what_is_no_http_or_leaves_is_not_logged(
    local: Provided, caplog: pytest.LogCaptureFixture
) -> None:
    """The library repeats the bytes of a broken request, a key among them; and who left is no defect."""
    said = await _said(local, b"GET / HTTP/1.1\r\nAuthorization: Bearer ravi_id_canary\0\r\n\r\n")
    assert said.startswith((b"HTTP/1.0 400", b"HTTP/1.1 400"))
    head = b"Host: 127.0.0.1\r\nAuthorization: Bearer " + local.key.encode() + b"\r\n"
    half = b"POST /api/identities/ HTTP/1.1\r\n" + head + b"Content-Length: 99\r\n\r\n{"
    assert await _said(local, half) == b""
    assert "canary" not in caplog.text
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


async def _said(local: Provided, request: bytes) -> bytes:
    """Send these bytes, hang up, and return what is answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(local.url.rpartition(":")[2]))
    try:
        writer.write(request)
        if not request.endswith(b"\r\n\r\n"):
            await asyncio.sleep(0)
            writer.write_eof()
        async with asyncio.timeout(30):
            return await reader.read()
    finally:
        writer.close()


async def test_who_asks_slowly_is_given_up(
    tmp_path: Path, root_key: RootKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A head or a body that does not come is 408, who says nothing is let go, and a long poll is answered."""
    monkeypatch.setattr(guard, "PATIENCE", Patience(head=0.1, body=0.1, idle=0.3))
    async with provided(tmp_path, root_key) as local:
        row = await local.identity()
        host = f"127.0.0.1:{local.url.rpartition(':')[2]}"
        begun = (await local.ask("POST", "/api/auth/device/", key="")).json()
        waiting = asyncio.ensure_future(
            local.ask(
                "POST",
                "/api/auth/device/token/",
                key="",
                body={"device_code": begun["device_code"], "wait": True},
            )
        )
        head = f"POST /api/identities/ HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {local.key}\r\n"
        assert await raw(local, head) == 408
        assert await raw(local, f"{head}Content-Length: 100\r\n\r\n{{") == 408
        reader, writer = await asyncio.open_connection("127.0.0.1", int(host.rpartition(":")[2]))
        with closing(writer):
            assert await reader.read() == b""
        assert not waiting.done()
        assert await local.provider.allow_login(begun["user_code"])
        assert (await waiting).status_code == 200
        assert [one["uuid"] for one in (await local.ask("GET", "/api/identities/")).json()] == [row["uuid"]]
