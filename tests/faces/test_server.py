"""The daemon's socket: what is answered, what is survived."""

import asyncio
import json
import os
import stat
from collections.abc import Callable
from typing import Any

import pytest

from constellagent.errors import ConstellagentError, UnavailableError
from constellagent.faces import wire
from constellagent.faces.client import DaemonClient
from constellagent.faces.server import MAX_WAITING_ITEMS, listening
from constellagent.runtime.control import PROTOCOL, ApplyRequest
from constellagent.runtime.paths import Paths
from tests.faces.fake_control import FakeControl

ORDER = ApplyRequest(file="/f", approved="h", env={})


async def ask(paths: Paths, *lines: bytes) -> list[dict[str, Any]]:
    """Send raw lines and return the greeting and one answer for each."""
    reader, writer = await asyncio.open_unix_connection(str(paths.control_socket), limit=1 << 25)
    try:
        answers = [json.loads(await reader.readline())]
        for line in lines:
            writer.write(line)
            await writer.drain()
            answers.append(json.loads(await reader.readline()))
        return answers
    finally:
        writer.close()


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds; the test's own time limit ends a wait in vain."""
    while not condition():
        await asyncio.sleep(0.01)


async def test_greets_with_protocol_and_version(served: Paths) -> None:
    """The first line names the protocol, the release and the pid, before anything is asked."""
    (greeting,) = await ask(served)
    assert greeting["protocol"] == PROTOCOL
    assert greeting["pid"] == os.getpid()


async def test_socket_is_private_whatever_the_umask(paths: Paths, control: FakeControl) -> None:
    """The socket has mode 0600 even where the umask takes nothing away, and is gone afterwards."""
    before = os.umask(0)
    try:
        async with listening(control, paths.control_socket):
            assert stat.S_IMODE(paths.control_socket.stat().st_mode) == 0o600
    finally:
        os.umask(before)
    assert not paths.control_socket.exists()


async def test_takes_the_place_of_a_dead_daemons_socket(paths: Paths, control: FakeControl) -> None:
    """A socket file that a killed daemon left behind is replaced."""
    paths.control_socket.write_text("")
    async with listening(control, paths.control_socket):
        assert (await DaemonClient(paths.control_socket).info())["pid"] == 42


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"\xff\xfe\n", "not JSON"),
        (b"[1]\n", "not a JSON object"),
        (b"[" * 100_000 + b"\n", "not JSON"),
        (b"{}\n", "needs method"),
        (b'{"id":1,"method":"info","params":[]}\n', "needs method"),
        (b'{"id":1,"method":"__init__","params":{}}\n', "no method"),
        (b'{"id":1,"method":"status","params":{}}\n', "params of status must be: file"),
        (b'{"id":1,"method":"apply","params":{"x":1}}\n', "params of apply must be: request"),
    ],
)
async def test_bad_requests_are_answered_and_survived(served: Paths, line: bytes, said: str) -> None:
    """A request that makes no sense gets an error, and the same connection still answers the next one."""
    _, refused, fine = await ask(served, line, b'{"id":2,"method":"info","params":{}}\n')
    assert said in refused["error"]["message"]
    assert fine["result"]["pid"] == 42


async def test_a_line_without_end_is_refused(served: Paths) -> None:
    """A line over the limit gets an error and ends its connection, not the server."""
    reader, writer = await asyncio.open_unix_connection(str(served.control_socket))
    await reader.readline()
    writer.write(b"x" * (wire.MAX_LINE + 2))
    answer = json.loads(await reader.readline())
    assert "longer than" in answer["error"]["message"]
    writer.transport.abort()
    assert (await DaemonClient(served.control_socket).info())["pid"] == 42


async def test_a_defect_is_reported_without_its_text(
    served: Paths, control: FakeControl, caplog: pytest.LogCaptureFixture
) -> None:
    """An unexpected exception reaches the client by its class only; its text may hold secrets."""
    control.fails["status"] = KeyError("hunter2")
    with pytest.raises(ConstellagentError) as caught:
        await DaemonClient(served.control_socket).status(None)
    assert "KeyError" in caught.value.message
    assert "hunter2" not in caught.value.message + caught.value.hint
    assert "hunter2" in caplog.text


async def test_apply_goes_on_when_the_client_leaves(served: Paths, control: FakeControl) -> None:
    """A client that leaves in the middle of an apply does not cancel it."""
    control.gate = asyncio.Event()
    control.items = [{"event": {"subject": "docs", "text": "started", "level": "info", "data": {}}}]
    stream = DaemonClient(served.control_socket).apply(ORDER)
    assert "event" in await anext(stream)
    await stream.aclose()  # type: ignore[attr-defined] # an async generator
    control.gate.set()
    await eventually(lambda: control.applied == 1)


async def test_a_client_that_never_reads_holds_nothing_up(served: Paths, control: FakeControl) -> None:
    """With a client that stops reading the apply ends, others are served, and what waits is bounded."""
    wide = "x" * 4000
    control.items = [{"event": {"subject": "", "text": wide, "level": "info", "data": {}}}] * (
        2 * MAX_WAITING_ITEMS
    )
    reader, writer = await asyncio.open_unix_connection(str(served.control_socket), limit=1 << 16)
    writer.write(json.dumps({"id": 1, "method": "apply", "params": {"request": ORDER}}).encode() + b"\n")
    await eventually(lambda: control.applied == 1)
    assert (await DaemonClient(served.control_socket).info())["pid"] == 42
    answers: list[dict[str, Any]] = []
    while not (answers and answers[-1].get("end")):
        answers.append(json.loads(await reader.readline()))
    events = [answer["item"]["event"]["text"] for answer in answers if "event" in answer.get("item", {})]
    assert any("left out" in text for text in events)
    assert MAX_WAITING_ITEMS - 2 < len(events) < MAX_WAITING_ITEMS + 100
    assert answers[-2]["item"]["result"] == control.result
    writer.close()


async def test_end_of_the_server_cancels_what_runs(paths: Paths, control: FakeControl) -> None:
    """When the server ends, an apply that runs is cancelled and its client hears of it."""
    control.gate = asyncio.Event()
    control.items = [{"event": {"subject": "", "text": "started", "level": "info", "data": {}}}]
    async with listening(control, paths.control_socket):
        stream = DaemonClient(paths.control_socket).apply(ORDER)
        await anext(stream)
    with pytest.raises(ConstellagentError, match=r"stopped before it was done|closed the connection"):
        await anext(stream)
    assert control.applied == 0


async def test_e12_another_user_is_refused(served: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection from another uid is closed before anything is said.

    The uid of this process is replaced, because a test cannot connect as somebody else.
    """
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    monkeypatch.setattr("constellagent.faces.server.ROOT", 54321)
    with pytest.raises(UnavailableError):
        await DaemonClient(served.control_socket).info()
