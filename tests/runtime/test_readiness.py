"""When a service is ready: what answers, what does not, and what only seems to."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from constellagent.errors import ConflictError, WorldError
from constellagent.runtime import readiness
from constellagent.runtime.holder.log import LogWriter
from constellagent.runtime.readiness import refuse_taken, wait_ready
from constellagent.spec.models import Ready


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask more often than a real daemon does."""
    monkeypatch.setattr(readiness, "_INTERVAL", 0.005)
    monkeypatch.setattr(readiness, "_TRY_TIMEOUT", 0.2)


def ready(timeout: float = 30.0, **check: str) -> Ready:
    """Return a declared check."""
    declared = Ready.model_validate(check)
    return declared.model_copy(update={"timeout": timedelta(seconds=timeout)})


def lives(*answers: bool) -> Callable[[], Awaitable[bool]]:
    """Return what says whether the service lives: these answers in order, the last one for ever."""
    left = list(answers)

    async def is_live() -> bool:
        return left.pop(0) if len(left) > 1 else left[0]

    return is_live


@asynccontextmanager
async def answering(*replies: bytes) -> AsyncIterator[int]:
    """Serve these raw replies on a port, one a connection, the last one for ever; yields the port."""
    left, serving = list(replies), set[asyncio.Task[None] | None]()

    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(left.pop(0) if len(left) > 1 else left[0])
            await writer.drain()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    async with await asyncio.start_server(reply, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]
    await _closed()
    await asyncio.gather(*(task for task in serving if task is not None))
    await _closed()


async def _closed() -> None:
    """Let the loop end what was begun: Python 3.11's servers wait for none of their connections.

    One that is open when the loop ends would be complained of in some later test.
    """
    for _ in range(20):
        await asyncio.sleep(0)


def status(code: int, *headers: str) -> bytes:
    """Return an HTTP reply."""
    lines = [f"HTTP/1.1 {code} X", "Content-Length: 0", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


async def test_http_below_400_is_an_answer(tmp_path: Path) -> None:
    """Errors of a server that is still coming up are waited out; a success ends the wait."""
    async with answering(status(503), status(404), b"no http at all\r\n\r\n", b"", status(204)) as port:
        await wait_ready("web", ready(http=f"http://127.0.0.1:{port}/"), tmp_path, lives(True))


async def test_a_redirect_is_an_answer_and_is_not_followed(tmp_path: Path) -> None:
    """A service that sends its visitors elsewhere is ready; elsewhere is not asked."""
    async with answering(status(302, "Location: http://127.0.0.1:1/")) as port:
        await wait_ready("web", ready(http=f"http://127.0.0.1:{port}/"), tmp_path, lives(True))


async def test_proxies_are_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the environment has no say about a service of this machine."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    async with answering(status(200)) as port:
        await wait_ready("web", ready(http=f"http://127.0.0.1:{port}/"), tmp_path, lives(True))


@pytest.mark.parametrize("reply", [status(500), b"", b"HTTP/1.1 99999999999 \r\n\r\n", b"\xff\xfe\r\n\r\n"])
async def test_what_is_no_answer_ends_in_an_error(tmp_path: Path, reply: bytes) -> None:
    """After the time limit the error names the service, the limit and what did not answer."""
    async with answering(reply) as port:
        url = f"http://127.0.0.1:{port}/"
        with pytest.raises(WorldError, match=rf"service web was not ready within 0\.1 s: .*{url}") as caught:
            await wait_ready("web", ready(0.1, http=url), tmp_path, lives(True))

    assert "ready.timeout" in caught.value.hint


async def test_a_server_that_never_replies_is_given_up(tmp_path: Path) -> None:
    """A connection that is accepted and left hanging does not outlast the limit."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        before = time.monotonic()
        with pytest.raises(WorldError, match="not ready"):
            await wait_ready("web", ready(0.1, http=f"http://127.0.0.1:{port}/"), tmp_path, lives(True))

    assert time.monotonic() - before < 20


async def test_tcp_is_ready_when_it_accepts(tmp_path: Path) -> None:
    """A refused connection is asked again until somebody listens."""
    place = socket.socket()
    place.bind(("127.0.0.1", 0))  # ours, so that nobody else listens there meanwhile
    port = place.getsockname()[1]
    waiting = asyncio.ensure_future(wait_ready("db", ready(tcp=f"127.0.0.1:{port}"), tmp_path, lives(True)))
    await asyncio.sleep(0.02)
    assert not waiting.done()

    async with await asyncio.start_server(lambda _, writer: writer.close(), sock=place):
        await waiting
    await _closed()


async def test_a_name_that_does_not_resolve_is_no_answer(tmp_path: Path) -> None:
    """The error is the wait's, not the resolver's."""
    with pytest.raises(WorldError, match="not ready"):
        await wait_ready("db", ready(0.1, tcp="no-such-host.invalid:1"), tmp_path, lives(True))


async def test_an_end_ends_the_wait(tmp_path: Path) -> None:
    """A service that ended is not waited for any longer."""
    before = time.monotonic()

    with pytest.raises(WorldError, match="web ended before it was ready") as caught:
        await wait_ready("web", ready(30, log="listening"), tmp_path, lives(True, True, False))

    assert time.monotonic() - before < 20
    assert caught.value.hint == "`constellagent logs web` shows why"


async def test_an_answer_by_somebody_else_does_not_count(tmp_path: Path) -> None:
    """Where the service ended and its place answers all the same, a stranger has the port."""
    async with answering(status(200)) as port:
        with pytest.raises(WorldError, match="something answers in its place"):
            await wait_ready("web", ready(http=f"http://127.0.0.1:{port}/"), tmp_path, lives(False))


async def test_a_taken_place_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a start nobody may answer there; a check of the log cannot be answered before."""
    monkeypatch.setattr(readiness, "_TRY_TIMEOUT", 20.0)  # it is asked once
    async with answering(status(200)) as port:
        for check in (ready(http=f"http://127.0.0.1:{port}/"), ready(tcp=f"127.0.0.1:{port}")):
            with pytest.raises(ConflictError, match="something else answers"):
                await refuse_taken("web", check)
    await refuse_taken("web", ready(tcp=f"127.0.0.1:{port}"))
    await refuse_taken("web", ready(log="listening"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    parts=st.lists(st.binary(max_size=12), max_size=6),
    place=st.integers(0, 6),
    cuts=st.lists(st.integers(1, 8), min_size=1, max_size=30),
)
def test_a_log_line_is_found_however_it_is_cut(
    tmp_path_factory: pytest.TempPathFactory, parts: list[bytes], place: int, cuts: list[int]
) -> None:
    """The text is found as soon as it is whole in the output, in whatever pieces that was written."""
    wanted = b"ready"
    parts = [part.replace(b"ready", b"") for part in parts]
    text = b"".join([*parts[:place], wanted, *parts[place:]])
    folder = tmp_path_factory.mktemp("log")
    writer, search = LogWriter(str(folder), 1 << 20), readiness._Search(folder, wanted)
    written = b""
    while text:
        piece, text = text[: cuts[0]], text[cuts[0] :]
        cuts = [*cuts[1:], cuts[0]]
        writer.append(piece)
        written += piece
        if wanted in written:
            assert search.found()
            break
        assert not search.found()
    writer.close()
    assert wanted in written


async def test_an_old_line_that_was_dropped_does_not_count_twice(tmp_path: Path) -> None:
    """A gap in the output parts what lies around it: two halves that never met are no line."""
    (tmp_path / f"{0:016x}.out").write_bytes(b"...rea")
    search = readiness._Search(tmp_path, b"ready")
    assert not search.found()

    (tmp_path / f"{100:016x}.out").write_bytes(b"dy...")

    assert not search.found()


async def test_a_log_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    """Before the first output there is no answer, and no error either."""
    folder = tmp_path / "log"
    waiting: asyncio.Future[Any] = asyncio.ensure_future(
        wait_ready("web", ready(log="listening"), folder, lives(True))
    )
    await asyncio.sleep(0.02)
    assert not waiting.done()
    folder.mkdir()
    writer = LogWriter(str(folder), 1 << 20)

    writer.append(b"now listening on 8000\r\n")

    await waiting
    writer.close()
