"""Failing on purpose, exactly where asked, as asked, and at no cost where nobody asks."""

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest

from constellagent import failpoints
from constellagent.failpoints import EXIT, TOLD, VARIABLE, arm, around, reach

PROGRAM = """
import atexit
from constellagent.failpoints import reach
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


class Name(StrEnum):
    """Points of this file."""

    PUT = "put"


@pytest.fixture
def armed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Functions are wrapped from now on, as in a process that was started with the variable."""
    monkeypatch.setattr(failpoints, "_wrapping", True)
    yield
    arm("")


@pytest.mark.parametrize(("kind", "number"), [("error", errno.EIO), ("full", errno.ENOSPC)])
def test_a_fault_can_be_an_error(armed: None, kind: str, number: int) -> None:
    """A point fails as a broken disk does, or as a full one."""
    arm(f"put:before={kind}")

    with pytest.raises(OSError, match=r"put:before") as caught:
        reach("put:before")

    assert caught.value.errno == number
    reach("put:after")


def test_a_fault_can_wait_for_its_turn(armed: None) -> None:
    """Only the third time fails, with and without a kind between; another point does not count."""
    arm("put:before=error@3, put:after=full@1")
    reach("put:before")
    reach("put:before")
    with pytest.raises(OSError, match=r"put:after"):
        reach("put:after")
    with pytest.raises(OSError, match=r"put:before"):
        reach("put:before")
    reach("put:before")


async def test_both_sides_of_a_function_are_points(armed: None) -> None:
    """Nothing is done where it fails before, and all of it where it fails after."""
    done: list[str] = []

    @around(Name.PUT)
    def now(what: str) -> str:
        done.append(what)
        return what

    @around(Name.PUT)
    async def later(what: str) -> str:
        done.append(what)
        return what

    assert (now("a"), await later("b")) == ("a", "b")
    arm("put:before=error")
    with pytest.raises(OSError, match=r"put:before"):
        now("c")
    with pytest.raises(OSError, match=r"put:before"):
        await later("c")
    assert done == ["a", "b"]
    arm("put:after=error")
    with pytest.raises(OSError, match=r"put:after"):
        now("d")
    with pytest.raises(OSError, match=r"put:after"):
        await later("e")
    assert done == ["a", "b", "d", "e"]


def test_a_fault_can_hang() -> None:
    """The process stops where it is, and goes on when it is told to."""
    program = "from constellagent.failpoints import reach; reach('put:before'); print('on')"
    env = {VARIABLE: "put:before=stop"}
    with subprocess.Popen([sys.executable, "-c", program], env=env, stdout=subprocess.PIPE) as process:
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        process.send_signal(signal.SIGCONT)
        assert process.communicate(timeout=30)[0] == b"on\n"


def test_a_fault_that_happens_is_written_down(tmp_path: Path) -> None:
    """Each time one happens its point is a line of a private file; one that still waits is none."""
    told = tmp_path / "told"
    program = """
from contextlib import suppress
from constellagent.failpoints import reach
for point in ("put:before", "put:before", "put:after", "other:before"):
    with suppress(OSError):
        reach(point)
"""
    env = {VARIABLE: "put:before=error@2,put:after=full,other:before,last:before", TOLD: str(told)}
    done = subprocess.run([sys.executable, "-c", program], env=env, check=False, timeout=30)
    assert done.returncode == EXIT
    assert told.read_text().split() == ["put:before", "put:after", "other:before"]
    assert told.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["put:before=burn", "put:before=kill@often", "put:before@x"])
def test_what_makes_no_sense_is_refused(text: str) -> None:
    """A fault that there is not ends the program with a word, before anything is done."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env={VARIABLE: text}, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{VARIABLE}: {text!r} is no POINT[=kill|error|full|stop][@N]\n"


def test_it_costs_nothing_where_nobody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A function stays itself, and a point takes less than a microsecond."""
    monkeypatch.setattr(failpoints, "_wrapping", False)

    def put() -> None:
        """Do nothing."""

    assert around(Name.PUT)(put) is put
    rounds = []
    for _ in range(20):
        begin = time.perf_counter()
        for _ in range(1000):
            reach("put:before")
        rounds.append(time.perf_counter() - begin)
    assert min(rounds) / 1000 < 1e-6
