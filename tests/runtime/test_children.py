"""Waiting for children without a thread for each."""

import asyncio
import json
import os
import subprocess
import sys

import pytest

from constellagent.runtime import children

_PROGRAM = """
import asyncio, json, sys, threading
from constellagent.runtime.children import wait_without_threads

async def main():
    many = [await asyncio.create_subprocess_exec("sh", "-c", f"read x; exit {n}", stdin=-1) for n in range(8)]
    threads = threading.active_count()
    for one in many:
        one.stdin.close()
    return threads, [await one.wait() for one in many]

print(json.dumps([wait_without_threads(), *asyncio.run(main())]))
"""


def test_children_cost_no_threads_and_tell_their_statuses() -> None:
    """Eight children at once, each with a status of its own, wait for no more than the main thread."""
    said = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, check=True, text=True)
    own, threads, statuses = json.loads(said.stdout)
    assert statuses == list(range(8))
    assert own == (sys.version_info < (3, 12) and hasattr(os, "pidfd_open"))
    if own:
        assert threads == 1


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="later Pythons look for themselves")
def test_where_the_kernel_opens_no_processes_nothing_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A filter of system calls, or an older kernel, leaves asyncio as it is."""

    def refused(_pid: int) -> int:
        raise OSError

    monkeypatch.setattr(os, "pidfd_open", refused, raising=False)
    before = asyncio.get_child_watcher()
    assert not children.wait_without_threads()
    assert asyncio.get_child_watcher() is before
