"""Dying on purpose, exactly where asked."""

import subprocess
import sys

import pytest

from constellagent.runtime.failpoints import EXIT, VARIABLE, reach

PROGRAM = """
import atexit
from constellagent.runtime.failpoints import reach
atexit.register(print, "cleaned up")
try:
    reach("one:before")
    print("between", flush=True)
    reach("one:after")
finally:
    print("finally", flush=True)
"""


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        (None, 0, "between\nfinally\ncleaned up\n"),
        ("one:after", EXIT, "between\n"),
        ("one:before", EXIT, ""),
        ("other:before", 0, "between\nfinally\ncleaned up\n"),
    ],
)
def test_the_process_dies_at_the_point(asked: str | None, status: int, said: str) -> None:
    """At the named point the process ends as if killed, with no cleanup; any other point is passed."""
    env = {} if asked is None else {VARIABLE: asked}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=env, capture_output=True, text=True, check=False, timeout=30
    )

    assert (done.returncode, done.stdout) == (status, said)


def test_points_are_passed_where_nobody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the variable nothing happens."""
    monkeypatch.delenv(VARIABLE, raising=False)

    reach("worktree.add:before")
