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
from tests.runtime.holder import conftest as holders
from tests.runtime.holder.conftest import PYTHON, Start, until
from tests.runtime.holder.wire import Wire

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
    pytest.mark.timeout(300),
]
place, start = holders.place, holders.start
VIEWERS = 98
"""Beside the stopped one and the slow one."""
PROGRAM = """
import os, sys, threading, tty
tty.setraw(0)
flooding = threading.Event()
def pour():
    while True:
        flooding.wait()
        os.write(1, b"x" * 79 + b"\\n")
threading.Thread(target=pour, daemon=True).start()
os.write(1, b"ready")
while True:
    for key in os.read(0, 1):
        flooding.set() if key == 43 else flooding.clear() if key == 45 else os.write(1, b"<%c>" % key)
"""
"""Floods after `+`, is calm after `-`, and repeats every other key in angle brackets."""
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
            seen = (seen + protocol.parse_output(wire.until(protocol.OUTPUT, 30))[1])[-200:]
    return time.monotonic() - begin


async def test_b6_neither_a_stopped_nor_a_slow_viewer_is_noticed(start: Start) -> None:
    """Ninety-eight others see each key in time; the two skip what they missed; the program never waits."""
    session = await start(*PYTHON, PROGRAM)
    await session.shows(b"ready")
    argv = [sys.executable, "-c", STOPPED, str(session.socket), str(Path(__file__).parents[2])]
    with (
        contextlib.ExitStack() as stack,
        subprocess.Popen(argv, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as stopped,
    ):
        assert stopped.stdout is not None
        assert stopped.stdout.readline() == b"on\n"
        slow = Slow(stack.enter_context(Wire(session.socket)))
        slow.wire.send(protocol.attach_tail(0))
        stopped.send_signal(signal.SIGSTOP)
        with Wire(session.socket) as typist:
            typist.send(protocol.frame(protocol.INPUT, b"+"))
            before = session.log.end()
            await until(lambda: session.log.end() > before + (4 << 20), within=60)
            typist.send(protocol.frame(protocol.INPUT, b"-"))
            typist.send(protocol.frame(protocol.INPUT, b"!"))
            await session.shows(b"<!>")
            wires = [stack.enter_context(Wire(session.socket)) for _ in range(VIEWERS)]
            for wire in wires:
                wire.send(protocol.attach_tail(0))
            for wire in wires:
                wire.ask()  # answered once it is attached: what is typed from now on is shown to it
            took = [echoed(typist, wires, 97 + number) for number in range(20)]
            status = typist.ask()
        slow.over.set()
        slow.join()
        assert not slow.lost
        stopped.send_signal(signal.SIGCONT)
        assert int(stopped.stdout.readline()) > before
    resident = int(Path(f"/proc/{session.first['holder_pid']}/statm").read_text().split()[1]) * 4
    print(f"seen by all {VIEWERS}: median {statistics.median(took) * 1000:.0f} ms, worst {max(took):.2f} s")
    print(f"the holder takes {resident / 1024:.1f} MB; the slow one has read {slow.read} bytes")
    assert status["log_end"] == session.log.end()
    assert statistics.median(took) < 5
    assert resident < 48 << 10
