"""A hundred viewers of one session, of whom one is stopped and one reads a drop at a time."""

import contextlib
import select
import signal
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from constellagent.runtime.holder import protocol
from tests.reliability.waits import p99
from tests.runtime.holder import conftest as holders
from tests.runtime.holder.conftest import PYTHON, Session, Start, until
from tests.runtime.holder.wire import Wire

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
    pytest.mark.timeout(300),
]
place, start = holders.place, holders.start
VIEWERS = 98
"""Beside the stopped one and the slow one."""
PROGRAM = """
import os, sys, threading, time, tty
tty.setraw(0)
flooding, pause = threading.Event(), 0
def pour():
    while True:
        flooding.wait()
        os.write(1, b"x" * 79 + b"\\n")
        time.sleep(pause) if pause else None
threading.Thread(target=pour, daemon=True).start()
os.write(1, b"ready")
while True:
    for key in os.read(0, 1):
        if key in b"+~":
            pause = 0.01 if key == 126 else 0
            flooding.set()
        elif key == 45:
            flooding.clear()
        else:
            os.write(1, b"<%c>" % key)
"""
"""Floods after `+`, says eighty bytes a hundred times a second after `~`, is calm after `-`.

It repeats every other key in angle brackets.
"""
STOPPED = (
    "import sys; sys.path.insert(0, sys.argv[2]); from pathlib import Path\n"
    "from tests.runtime.holder.wire import Wire\nfrom constellagent.runtime.holder import protocol\n"
    "wire = Wire(Path(sys.argv[1])); wire.send(protocol.attach_tail(0)); print('on', flush=True)\n"
    "print(protocol.parse_resync(wire.until(protocol.RESYNC, 60)), flush=True)\n"
)


class Slow(threading.Thread):
    """A viewer that reads a hundred bytes ten times a second."""

    def __init__(self, wire: Wire) -> None:
        """Begin to read."""
        super().__init__(daemon=True)
        self.wire, self.read, self.lost, self.over = wire, 0, False, threading.Event()
        self.start()

    def run(self) -> None:
        """Read until it is over, or the holder closes."""
        while not self.over.wait(0.1):
            if select.select([self.wire.socket], [], [], 0)[0]:
                data = self.wire.socket.recv(100)
                self.read += len(data)
                self.lost = self.lost or not data


def echoed(typist: Wire, wires: list[Wire], key: int) -> float:
    """Press a key, and return how many seconds later the last of these saw what came of it."""
    begin = time.monotonic()
    typist.send(protocol.frame(protocol.INPUT, bytes([key])))
    for wire in wires:
        seen = b""
        while b"<%c>" % key not in seen:
            seen = seen[-2:] + protocol.parse_output(wire.until(protocol.OUTPUT, 30))[1]
    return time.monotonic() - begin


def attached(session: Session, stack: contextlib.ExitStack, viewers: int) -> list[Wire]:
    """Attach so many, one after the other, while output floods; each is answered and sees it go on."""
    wires, waits = list[Wire](), list[float]()
    before, begin = session.log.end(), time.monotonic()
    for _ in range(viewers):
        asked = time.monotonic()
        wire = stack.enter_context(Wire(session.socket))
        wire.send(protocol.attach_tail(0))
        assert b"xxx" in protocol.parse_output(wire.until(protocol.OUTPUT, 30))[1]
        waits.append(time.monotonic() - asked)
        wires.append(wire)
    written = session.log.end() - before
    print(
        f"{viewers} attached in {time.monotonic() - begin:.2f} s, while {written / 1e6:.0f} MB were written: "
        f"each saw them after {statistics.median(waits) * 1000:.0f} ms (median), "
        f"{max(waits) * 1000:.0f} ms at most"
    )
    assert written > 1 << 20, "the program waited for them"
    return wires


async def look_on(start: Start, keys: int) -> list[float]:
    """Have a hundred viewers of a program that floods; return the seconds after which 98 have seen each key.

    One viewer is stopped and one is slow from the beginning; the others come while it floods. Keys are typed
    while output goes on that all can read.
    """
    session = await start(*PYTHON, PROGRAM)
    await session.shows(b"ready")
    argv = [sys.executable, "-c", STOPPED, str(session.socket), str(Path(__file__).parents[2])]
    with (
        contextlib.ExitStack() as stack,
        subprocess.Popen(argv, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as stopped,
    ):
        stack.callback(stopped.kill)  # also where it was never continued, and would be waited for
        assert stopped.stdout is not None
        assert stopped.stdout.readline() == b"on\n"
        slow = Slow(stack.enter_context(Wire(session.socket)))
        slow.wire.send(protocol.attach_tail(0))
        stopped.send_signal(signal.SIGSTOP)
        with Wire(session.socket) as typist:
            typist.send(protocol.frame(protocol.INPUT, b"+"))
            before = session.log.end()
            await until(lambda: session.log.end() > before + (4 << 20), within=60)
            wires = attached(session, stack, VIEWERS)
            typist.send(protocol.frame(protocol.INPUT, b"~"))
            echoed(typist, wires, 33)  # by then they have read, or skipped, what came of the flood
            took = [echoed(typist, wires, 97 + number % 26) for number in range(keys)]
            typist.send(protocol.frame(protocol.INPUT, b"-"))
            echoed(typist, wires, 46)
            status = typist.ask()
        slow.over.set()
        slow.join()
        assert not slow.lost
        stopped.send_signal(signal.SIGCONT)
        assert int(stopped.stdout.readline()) > before
    resident = int(Path(f"/proc/{session.first['holder_pid']}/statm").read_text().split()[1]) * 4
    print(
        f"{keys} keys seen by all {VIEWERS}: median {statistics.median(took) * 1000:.0f} ms, "
        f"p99 {p99(took) * 1000:.0f} ms"
    )
    print(f"the holder takes {resident / 1024:.1f} MB; the slow one has read {slow.read} bytes")
    assert status["log_end"] == session.log.end()
    assert resident < 48 << 10
    return took


async def test_b6_neither_a_stopped_nor_a_slow_viewer_is_noticed(start: Start) -> None:
    """Ninety-eight others come in a flood and see each key; two skip what they missed; nobody waits."""
    took = await look_on(start, keys=20)
    assert statistics.median(took) < 5  # room for the other work of a machine that runs the tests


@pytest.mark.long
async def test_b6_each_of_98_viewers_beside_a_stopped_and_a_slow_one_sees_each_key_in_time(
    start: Start,
) -> None:
    """The same on a quiet machine: one key in a hundred is seen by the last of them after 100 ms or more."""
    assert p99(await look_on(start, keys=500)) <= 0.1
