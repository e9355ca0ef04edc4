"""Memory that is free goes back to the system."""

import sys
from pathlib import Path

import pytest

from constellagent.runtime.memory import give_back


def resident() -> int:
    """Return the bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_what_was_freed_is_returned() -> None:
    """Small blocks below one that is still in use stay with the process until they are given back."""
    blocks = [bytearray(4000) for _ in range(20_000)]
    last = bytearray(4000)
    del blocks
    before = resident()
    give_back()
    assert resident() <= before
    assert len(last) == 4000


def test_it_can_be_asked_anywhere() -> None:
    """Where there is nothing to give, nothing happens."""
    assert give_back() in {True, False}
