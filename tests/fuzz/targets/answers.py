"""Answers of a Ravi server: the bytes of HTTP, from the first to the last, and what JSON says in them.

An input is the whole answer, or the body of a sound one. Nothing but errors of ours may come of it, and none
of them may show the key.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from constellagent.errors import ConstellagentError
from constellagent.ravi.client import RaviClient
from constellagent.ravi.client.waiting import newest_code
from constellagent.ravi.wire import read_failure
from tests.fuzz.rig import Rig
from tests.fuzz.target import Target
from tests.ravi.scripted import Scripted, answer, scripted

_KEY = "ravi_mgmt_canary-4711"
_CALLS: tuple[Callable[[RaviClient], Awaitable[object]], ...] = (
    lambda client: client.list_identities(),
    lambda client: client.get_identity("u1"),
    lambda client: client.create_identity(name="docs", email="docs", domain="a.test"),
    lambda client: client.create_identity_key("u1", "docs"),
    lambda client: client.list_identity_keys(),
    lambda client: client.get_owner(),
    lambda client: client.list_domains(),
    lambda client: client.mail.threads(),
    lambda client: client.mail.messages(),
    lambda client: client.mail.thread("t1"),
    lambda client: client.texts.conversations(),
    lambda client: client.texts.messages(),
    lambda client: client.texts.conversation("c1"),
    lambda client: client.passwords.all(),
    lambda client: client.passwords.generate(),
    lambda client: client.secrets.find("A"),
    lambda client: client.contacts.all(),
    lambda client: client.events.since(0),
    lambda client: client.audit.of("u1"),
    lambda client: client.audit.verify(),
    lambda client: client.audit.counts(),
    lambda client: client.outbox.all(),
    lambda client: client.transfer.export("u1"),
    lambda client: newest_code(client, 0),
    lambda client: client.delete_identity("u1"),
    lambda client: client.archive_identity("u1"),
)
_WHOLE = 255
"""First byte of an input that is a whole answer, whose second byte says to what; else it says so itself."""


@asynccontextmanager
async def _opened(folder: Path) -> AsyncIterator[Scripted]:
    del folder
    async with scripted(b"") as script:
        yield script


_RIG = Rig(_opened)


async def _no_pause(seconds: float) -> None:
    assert 0 <= seconds <= 60


def run(data: bytes) -> None:
    """Ask, and get the input for an answer."""
    head, rest = data[:2].ljust(2, b"\0"), data[2:]
    failure = read_failure(head[1], rest)
    f"{failure.code} {failure.message}".encode()
    assert failure.retry_after is None or 0 <= failure.retry_after <= 86_400
    if head[0] == _WHOLE:
        said, call = rest, _CALLS[head[1] % len(_CALLS)]
    else:
        status = (200, 200, 201, 400, 402, 404, 409, 429, 500)[head[1] % 9]
        said, call = answer(status, raw=rest), _CALLS[head[0] % len(_CALLS)]
    _RIG.run(lambda script: _ask(script, said, call))


async def _ask(script: Scripted, said: bytes, call: Callable[[RaviClient], Awaitable[object]]) -> None:
    script.answers = [said]
    script.asked.clear()
    script.heads.clear()
    script.bodies.clear()
    try:
        async with RaviClient(script.url, _KEY, timeout=5.0, sleep=_no_pause) as client:
            repr(await call(client)).encode(errors="surrogatepass")
    except ConstellagentError as error:
        told = f"{error.message} {error.hint} {error!r}"
        assert _KEY not in told
        told.encode()


_ROWS: tuple[object, ...] = (
    {"uuid": "u1", "name": "docs", "inbox": "docs@a.test", "phone": None, "archived": False},
    {"uuid": "k1", "identity": "u1", "key": "ravi_id_x", "label": "l", "is_active": True},
    {"detail": "no", "error": {"code": "x.y", "message": "no"}, "retry_after_seconds": 3},
    {
        "id": 1,
        "from_email": "a@b.c",
        "subject": "Your code",
        "text_content": "It is 123456",
        "is_read": False,
    },
    {"direction": "incoming", "created_dt": "2026-01-01T00:00:00Z", "id": 7, "body": "code 4711"},
)


def seeds() -> list[bytes]:
    """Return good answers to every call, and some that are bad in known ways."""
    bodies = [json.dumps(row).encode() for row in (*_ROWS, list(_ROWS[:1]), {"results": list(_ROWS[:1])}, [])]
    whole = [answer(200, raw=body) for body in bodies] + [
        answer(429, {"detail": "slow"}, headers="Retry-After: 2\r\n"),
        answer(302, headers="Location: https://elsewhere.test/\r\n"),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    ]
    found = [bytes([number % len(_CALLS), number % 9]) + body for number in range(26) for body in bodies[:2]]
    return found + [bytes([_WHOLE, number]) + said for number, said in enumerate(whole)]


TARGET = Target(
    "answers",
    run,
    seeds,
    words=(
        *(f'"{word}": '.encode() for word in ("uuid", "name", "results", "id", "created_dt", "direction")),
        *(b"Content-Length: ", b"Retry-After: ", b"\r\n\r\n", b"HTTP/1.1 ", b"null", b"[]", b"{}", b"1e999"),
    ),
    guides=("constellagent.ravi", "httpx", "h11", "httpcore"),
    close=_RIG.close,
    examples=40,
)
