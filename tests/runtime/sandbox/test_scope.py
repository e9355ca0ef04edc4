"""Sockets without a file, from a process that is kept apart."""

import os
import subprocess
import sys

import pytest

from constellagent.runtime.sandbox import scope

CHILD = """
import os, socket, sys
from constellagent.runtime.sandbox import scope

def listen(name):
    near = socket.socket(socket.AF_UNIX)
    near.bind(chr(0) + name)
    near.listen()
    return near

def reached(name):
    try:
        socket.socket(socket.AF_UNIX).connect(chr(0) + name)
    except PermissionError:
        return False
    return True

name = sys.argv[1]
outside = listen(name)
assert reached(name)
assert scope.keep_apart()
inside = listen(name + "-inside")
assert reached(name + "-inside")
assert not reached(name)
"""


@pytest.mark.skipif(not scope.able(), reason="this kernel knows no scopes")
def test_its_own_sockets_are_reached_and_no_others() -> None:
    """Those from before are not its own, and those from behind are."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, f"ca-{os.getpid()}-scope"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_kernel_that_cannot_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program runs all the same, as it is promised nowhere."""
    monkeypatch.setattr(scope, "_SCOPES", 10_000)
    assert not scope.able()
    assert not scope.keep_apart()
