"""Memory that is free goes back to the system."""

import asyncio
import contextlib
import subprocess
import sys
from pathlib import Path

import pytest

from constellagent.runtime import memory
from constellagent.runtime.memory import give_back, keep_giving_back
from constellagent.runtime.tasks import spawn

_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
_GLIBC = pytest.mark.skipif(memory._OPTION is None, reason="another C library than Linux's usual")

_HEAPS = """
import sys, threading
from constellagent.runtime.memory import hold_little

if sys.argv[1] == "little":
    assert hold_little()
ready, over = threading.Barrier(9), threading.Event()

def work():
    kept = [bytearray(3000) for _ in range(50)]
    ready.wait()
    over.wait()
    del kept

threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
ready.wait()
with open("/proc/self/maps") as maps:
    begins = [int(line.split("-")[0], 16) for line in maps if len(line.split()) == 5]
over.set()
print(sum(1 for begin in begins if begin % (64 << 20) == 0))
"""
"""Counts the heaps of threads: each begins at a multiple of 64 MB and belongs to no file."""


def resident() -> int:
    """Return the bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096


def freed_below_what_stays() -> bytearray:
    """Free 80 MB of small blocks below one that is still in use, and return that one."""
    blocks = [bytearray(4000) for _ in range(20_000)]
    last = bytearray(4000)
    del blocks
    return last


@_LINUX
def test_what_was_freed_is_returned() -> None:
    """Small blocks below one that is still in use stay with the process until they are given back."""
    last = freed_below_what_stays()
    before = resident()
    give_back()
    assert resident() <= before
    assert len(last) == 4000


def test_it_can_be_asked_anywhere() -> None:
    """Where there is nothing to give, nothing happens."""
    assert give_back() in {True, False}


@_LINUX
@_GLIBC
async def test_it_is_returned_again_and_again() -> None:
    """What is freed while it goes on is returned without anybody asking."""
    going = spawn(keep_giving_back(0.01), name="returning memory")
    try:
        last = freed_below_what_stays()
        before = resident()
        async with asyncio.timeout(30):
            while resident() > before - (40 << 20):
                await asyncio.sleep(0.01)
        assert len(last) == 4000
    finally:
        going.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await going


@_LINUX
@_GLIBC
def test_threads_share_heaps() -> None:
    """Eight threads have one heap beside the main one, where each would have its own."""

    def heaps(how: str) -> int:
        said = subprocess.run(
            [sys.executable, "-c", _HEAPS, how], capture_output=True, check=True, text=True, env={}
        )
        return int(said.stdout)

    assert heaps("little") <= 1 < heaps("as it is")
