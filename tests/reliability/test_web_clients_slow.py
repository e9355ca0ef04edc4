"""Clients of a real daemon that ask slowly, never read, or leave half a connection behind.

What they cost is bounded, and whoever asks properly beside them does not notice.
"""

import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

import pytest

from tests.e2e.api.served import UPGRADE, Api, status_of
from tests.reliability.lab import queues, starved, wait_for
from tests.reliability.seat import Memory, Theatre

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the lab reads /proc"),
    pytest.mark.timeout(180),
]
MOST = 20.0
"""MB that the daemon may grow by."""
TERMINAL = "/constellations/lab/sessions/one/terminal"


class Stage(Theatre):
    """A theatre whose daemon serves the API."""

    api: Api

    def open(self) -> Self:
        """Start the agents, and open the API."""
        super().open()
        self.api = Api(self.home).open()
        return self

    def told(self) -> int:
        """Return how many bytes the agent has written."""
        return int(self.tell("one", "answer = counted"))


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """Give a stage with one agent."""
    with Stage("one") as made:
        yield made.open()


@pytest.fixture
def memory(stage: Stage) -> Memory:
    """Begin to watch how much memory the daemon takes."""
    return Memory(daemon=stage.daemon())


def slowest(stage: Stage, times: int = 40) -> float:
    """Return how many seconds the slowest of some plain requests took, each on a connection of its own.

    Left out is the time for which we or the daemon could have run and got no processor.
    """
    pids, waits = (os.getpid(), stage.daemon()), []
    for _ in range(times):
        before, begin = queues(*pids), time.monotonic()
        assert stage.api.ask("GET", "/constellations/lab/agents").status == 200
        took = time.monotonic() - begin
        waits.append(max(0.0, took - starved(before, queues(*pids))))
    return max(waits)


def files(stage: Stage) -> int:
    """Return how many files the daemon has open."""
    return sum(1 for _ in Path(f"/proc/{stage.daemon()}/fd").iterdir())


@contextmanager
def dialled(stage: Stage, count: int, said: bytes = b"", room: int = 0) -> Iterator[list[socket.socket]]:
    """Give connections on which something was said; `room` is what each takes of what it does not read."""
    with ExitStack() as stack:
        lines = []
        for _ in range(count):
            line = stack.enter_context(socket.socket())
            if room:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
            line.settimeout(20)
            line.connect(("127.0.0.1", stage.api.port))
            line.sendall(said)
            lines.append(line)
        yield lines


def test_e10_200_who_say_their_head_letter_by_letter(stage: Stage, memory: Memory) -> None:
    """Slowloris: each is ended with 408 after some seconds, however often it says one more letter."""
    quiet, before = slowest(stage), files(stage)
    head = stage.api.head("GET", "/me", ("X-Slow", "x" * 200))
    begin, beside, at = time.monotonic(), 0.0, 0
    with dialled(stage, 200) as lines:
        talking = lines
        while talking and time.monotonic() - begin < 30:
            talking = [line for line in talking if says(line, head[at : at + 1])]
            at += 1
            beside = max(beside, slowest(stage, 3))
            time.sleep(0.5)
        took = time.monotonic() - begin
        assert not talking, "some were listened to for longer than anybody should be"
        wait_for(lambda: files(stage) <= before + 2, "the files to be closed, also while the clients stay")
    print(f"over after {took:.1f} s; beside it {beside * 1000:.0f} ms, alone {quiet * 1000:.0f} ms")
    assert beside < max(2.0, 20 * quiet)
    assert memory.grown()["daemon"] < MOST


def says(line: socket.socket, letter: bytes) -> bool:
    """Say one letter; False where nobody listens any more."""
    try:
        line.sendall(letter)
    except OSError:
        return False
    return True


def test_e10_bodies_that_stop_on_the_way_hold_nobody_up(stage: Stage, memory: Memory) -> None:
    """A hundred bodies of which half never comes: others are served, and what was sent is held in bounds."""
    json = (("Content-Type", "application/json"), ("Content-Length", "60000"))
    before = files(stage)
    with dialled(
        stage, 100, stage.api.head("POST", stage.api.of("send", "one"), *json) + b'{"text":"' + b"x" * 30_000
    ):
        assert slowest(stage) < 3
        during = files(stage)
    # Those of an earlier test may have been counted before, and been closed since.
    wait_for(lambda: files(stage) <= min(before + 2, during - 98), "all hundred to be closed")
    assert memory.grown()["daemon"] < MOST


def test_e9_half_a_connection_is_no_leak(stage: Stage) -> None:
    """Who ends its half before, within or after a request, and never reads, is let go; that is no news."""
    before = files(stage)
    request = stage.api.head("GET", "/constellations")
    with ExitStack() as stack:
        for cut in (0, 5, 40, len(request)):
            for line in stack.enter_context(dialled(stage, 10, request[:cut])):
                line.shutdown(socket.SHUT_WR)
        wait_for(lambda: files(stage) <= before + 2, "the daemon to let go of them")
    assert "Traceback" not in stage.daemon_log()


@pytest.mark.parametrize("path", ["/events", "/live"])
def test_b6_50_viewers_who_never_read_what_changes(stage: Stage, memory: Memory, path: str) -> None:
    """They get what fits into the connection, and no more is kept for each; who reads is told as before."""
    upgrade = tuple(UPGRADE.items()) if path == "/live" else ()
    with dialled(stage, 50, stage.api.head("GET", path, *upgrade), room=4096), stage.api.dial() as reader:
        reader.sendall(stage.api.head("GET", "/events"))
        for number in range(20):
            stage.tell("one", f"out(b'\\x1b]0;title {number}\\x07')")
            assert slowest(stage, 5) < 3
        assert b"event: views" in first_of(reader, b"event: views")
    grown = memory.grown()["daemon"]
    print(f"the daemon grew by {grown:.1f} MB")
    assert grown < MOST


def first_of(line: socket.socket, text: bytes) -> bytes:
    """Return what comes until this text has come."""
    said = b""
    while text not in said:
        data = line.recv(1 << 16)
        assert data, said[-500:]
        said += data
    return said


def test_b6_terminals_that_nobody_reads_during_a_flood(stage: Stage) -> None:
    """Twenty who do not read an agent that writes without end cost bounded memory and nobody's time."""
    flood(stage)  # what the flood itself costs the daemon, it costs now
    memory = Memory(daemon=stage.daemon())
    with dialled(stage, 20, stage.api.head("GET", TERMINAL, *UPGRADE.items())) as lines:
        for line in lines:
            assert status_of(first_of(line, b"\r\n\r\n")) == 101
        beside = flood(stage)
        grown = memory.grown()["daemon"]
    print(f"the daemon grew by {grown:.1f} MB; a request beside it took {beside * 1000:.0f} ms at most")
    assert grown < MOST + 20, "each may have its window of 1 MiB on the way, and no more"
    assert beside < 3


def flood(stage: Stage) -> float:
    """Have 30 MB written, and return how many seconds the slowest request beside it took."""
    written = stage.told()
    stage.tell("one", "flood()")
    try:
        wait_for(lambda: stage.told() - written > 30 << 20, "30 MB to be written", 90)
        return slowest(stage)
    finally:
        stage.tell("one", "calm()")


def test_b6_a_viewer_that_reads_slowly_sees_the_end(stage: Stage) -> None:
    """Who reads little while much is written is shown the screen anew, and in the end the last line."""
    with stage.api.dial() as line:
        line.sendall(stage.api.head("GET", TERMINAL, *UPGRADE.items()))
        head, _, said = first_of(line, b"\r\n\r\n").partition(b"\r\n\r\n")
        assert status_of(head) == 101
        stage.tell("one", "flood(0.001)")
        begin = time.monotonic()
        while time.monotonic() - begin < 3:
            data = line.recv(2048)
            assert data, "the connection was ended"
            _, said = unframed(said + data)
            time.sleep(0.01)
        stage.tell("one", "calm(); out(b'\\r\\nthe very end')")
        drawn = 0
        shown = b""
        while b"the very end" not in shown:
            data = line.recv(1 << 16)
            assert data, "the connection was ended"
            output, said = unframed(said + data)
            shown = shown[-1000:] + output
            drawn += len(data)
            if drawn > 1 << 18:
                line.sendall(acknowledged(drawn))
                drawn = 0


def unframed(data: bytes) -> tuple[bytes, bytes]:
    """Return what the whole frames carry that a WebSocket begins with, and the bytes after them."""
    parts = []
    while len(data) >= 2:
        length, head = data[1], 2
        if length >= 126:
            head = 4 if length == 126 else 10
            length = int.from_bytes(data[2:head], "big") if len(data) >= head else len(data)
        if len(data) < head + length:
            break
        parts.append(data[head : head + length])
        data = data[head + length :]
    return b"".join(parts), data


def acknowledged(count: int) -> bytes:
    """Return the frame that says that so many bytes were drawn."""
    text = b'{"type":"ack","bytes":%d}' % count
    return bytes([0x81, 0x80 | len(text)]) + b"\0\0\0\0" + text
