"""Ending everything that a session started."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from constellagent.errors import WorldError
from constellagent.runtime import processes
from constellagent.runtime.holder import tree
from constellagent.runtime.holder.launch import sweep
from tests.runtime.holder.conftest import PYTHON, Session, Start, until

SLEEP = 10_000_000 + os.getpid() * 100
"""The sleepers of this test run can be told from those of any other by how long they would sleep."""
DOUBLE_FORK = (
    "import os,time\nif os.fork(): os._exit(0)\nos.setsid()\nif os.fork(): os._exit(0)\ntime.sleep({})"
)
KINDS = {
    "child": "sleep {} &",
    "nohup": "nohup sleep {} >/dev/null 2>&1 &",
    "setsid": "setsid sleep {} &",
    "double fork": f'"{sys.executable}" -I -S -c "{DOUBLE_FORK}" &',
    "env -i": "env -i sleep {} &",
    "env -i setsid": "env -i setsid sleep {} &",
    "deaf": "sh -c 'trap \"\" TERM HUP INT; sleep {} & wait; wait' &",
}
PLATFORM = KINDS if sys.platform == "linux" else {k: v for k, v in KINDS.items() if "env -i" not in k}


def script(*, ending: str) -> str:
    """Return a shell script that leaves one process of each kind."""
    kinds = "\n".join(kind.format(SLEEP + number) for number, kind in enumerate(PLATFORM.values()))
    return f"{kinds}\nsleep 0.05\necho all there\n{ending}"


def left() -> list[str]:
    """Return the command lines of the sleepers that still run."""
    found = []
    for pid in processes.ProcFiles()._pids() if sys.platform == "linux" else ():
        words = processes.ProcFiles()._of(pid, "cmdline").split(b"\0")
        if words[0] == b"sleep" and words[1].isdigit() and SLEEP <= int(words[1]) < SLEEP + 100:
            found.append(str(words))
    return found


async def all_run(kinds: int) -> None:
    """Wait until each kind but the double fork has become its sleeper: before, a hang-up may still end it."""
    if sys.platform == "linux":
        await until(lambda: len(left()) == kinds - 1, what="a sleeper of each kind")


async def stop_one(start: Start) -> float:
    """Start a session with every kind of process, stop it, and return the seconds that took."""
    session = await start("bash", "-c", script(ending="wait"))
    await session.shows(b"all there")
    began = time.monotonic()
    ended = await session.client.stop(0.2)
    took = time.monotonic() - began
    assert ended["ended_by"] == "stop"
    assert ended["survivors"] == []
    assert processes.with_marker(session.id) == {}
    assert left() == []
    return took


async def test_b2_a_stop_leaves_no_process_of_any_kind(start: Start) -> None:
    """Background, nohup, setsid, double fork, empty environment, deaf to SIGTERM: all gone, every time."""
    times = [await stop_one(start) for _ in range(10)]
    assert sorted(times)[5] <= 5  # most of them: a machine that stalls is slow in one or two


@pytest.mark.long
@pytest.mark.timeout(1800)
async def test_b2_a_stop_leaves_no_process_in_five_hundred_runs(start: Start) -> None:
    """The same five hundred times, on a quiet machine: each stop is over within a second."""
    times = sorted([await stop_one(start) for _ in range(500)])
    print(f"500 stops: median {times[250]:.3f} s, slowest {times[-1]:.3f} s")
    assert times[-1] <= 1


async def test_b2_what_a_program_leaves_behind_is_ended_with_it(start: Start) -> None:
    """A main process that ends by itself keeps its exit status, and its leftovers go."""
    session = await start("bash", "-c", script(ending="read x; exit 7"))
    await session.shows(b"all there")
    await all_run(len(PLATFORM))
    await session.client.send(b"\r")
    ended = await session.client.wait()
    assert (ended["exit_status"], ended["ended_by"]) == (7, "itself")
    assert ended["leftovers_killed"] >= 5  # the kernel's own SIGHUP ends the rest with the main process
    assert left() == []
    assert b"all there" in session.output()


async def end_the_deaf(start: Start, grace: float) -> float:
    """Stop a program that ignores SIGTERM and SIGHUP; returns the seconds that took."""
    session = await start("sh", "-c", "trap '' TERM HUP; echo deaf; while :; do sleep 1; done")
    await session.shows(b"deaf")
    began = time.monotonic()
    ended = await session.client.stop(grace)
    took = time.monotonic() - began
    assert ended["signal"] == signal.SIGKILL
    assert ended["ended_by"] == "stop"
    return took


async def test_b1_a_program_that_ignores_termination_is_killed_after_its_grace(start: Start) -> None:
    """SIGTERM and SIGHUP ignored: the grace passes, then SIGKILL."""
    assert 0.5 <= await end_the_deaf(start, 0.5) < 20  # room for the other work of the machine


@pytest.mark.long
@pytest.mark.timeout(600)
async def test_b1_a_program_that_ignores_termination_is_gone_a_second_after_its_grace(start: Start) -> None:
    """The same fifty times on a quiet machine, none of them later than that."""
    times = [await end_the_deaf(start, 0.5) for _ in range(50)]
    print(f"50 stops with a grace of 0.5 s: slowest {max(times):.3f} s")
    assert min(times) >= 0.5
    assert max(times) <= 1.5


async def test_b1_an_orderly_end_gets_its_whole_grace(start: Start) -> None:
    """A program that cleans up on SIGTERM is not cut short, by SIGHUP neither."""
    session = await start(
        "sh", "-c", "trap 'sleep 0.6; echo cleaned; exit 3' TERM; echo on; while :; do sleep 0.05; done"
    )
    await session.shows(b"on")
    ended = await session.client.stop(10)
    assert ended["exit_status"] == 3
    assert b"cleaned" in session.output()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody tells which signals a process ignores")
async def test_an_interactive_shell_ends_at_once(start: Start) -> None:
    """Such a shell ignores SIGTERM and would use up its grace: SIGHUP is for it."""
    session = await start("bash", "--norc", "-i", env={"PS1": "prompt> "})
    await session.shows(b"prompt> ")
    began = time.monotonic()
    await session.client.stop(45)
    assert time.monotonic() - began < 20


async def test_b4_a_stopped_program_can_be_ended(start: Start) -> None:
    """SIGSTOP shows in its state, and it still ends in an orderly way: it is continued to hear SIGTERM."""
    code = (
        "import os,signal,time\nsignal.signal(15, lambda *_: os._exit(4))\nprint('on')\n"
        "while True: time.sleep(0.05)"
    )
    session = await start(*PYTHON, code)
    await session.shows(b"on")
    await session.client.signal(signal.SIGSTOP)
    await until(lambda: processes.state_of(session.first["pid"]) == "T", within=30)
    ended = await session.client.stop(30)
    assert ended["exit_status"] == 4


async def test_b3_many_children_are_all_ended_and_nobody_waits(start: Start) -> None:
    """Sixty forking children: the holder answers meanwhile, and none survives."""
    session = await start(
        "bash", "-c", "for i in $(seq 60); do (while :; do sleep 0.1; done) & done; echo all; wait"
    )
    await session.shows(b"all")
    began = time.monotonic()
    await session.client.status()
    assert time.monotonic() - began < 15
    began = time.monotonic()
    ended = await session.client.stop(0.2)
    assert time.monotonic() - began < 20
    assert ended["leftovers_killed"] >= 60
    assert processes.with_marker(session.id) == {}


async def test_a_second_stop_may_be_shorter(start: Start) -> None:
    """A stop with a long grace is overtaken by one with none."""
    session = await start("sh", "-c", "trap '' TERM HUP; echo deaf; while :; do sleep 1; done")
    await session.shows(b"deaf")
    long = asyncio.ensure_future(session.client.stop(30))
    await asyncio.sleep(0.1)
    assert await _stop_again(session) == await long


async def _stop_again(session: Session) -> dict[str, object]:
    other = await type(session.client).connect(session.socket)
    try:
        return await other.stop(0)
    finally:
        await other.close()


async def test_a_signal_to_the_holder_is_a_stop(start: Start) -> None:
    """SIGTERM to the holder ends its session in order."""
    session = await start("sleep", "60")
    os.kill(session.first["holder_pid"], signal.SIGTERM)
    ended = await session.client.wait()
    assert (ended["ended_by"], ended["signal"]) == ("stop", signal.SIGTERM)


async def test_b2_what_a_killed_holder_leaves_is_swept_by_its_marker(start: Start) -> None:
    """A kill -9 of the holder: its session is lost, and a sweep finds all that carries the marker."""
    lines = "\n".join(v.format(SLEEP + 50) for k, v in PLATFORM.items() if "env -i" not in k)
    session = await start("bash", "-c", f"{lines}\necho all there\nwait")
    await session.shows(b"all there")
    waiting = asyncio.ensure_future(session.client.wait())
    await all_run(sum("env -i" not in kind for kind in PLATFORM))
    os.kill(session.first["holder_pid"], signal.SIGKILL)
    assert (await waiting)["ended_by"] == "lost"
    assert await sweep(session.id, grace=0.2) >= 3
    assert processes.with_marker(session.id) == {}
    assert session.status()["ended_at"] is None


async def test_a_sweep_ends_a_holder_that_lives(start: Start) -> None:
    """A holder that nobody wants any more goes in order, with its final status."""
    session = await start("sleep", "60")
    assert await sweep(session.id, grace=30) == 1
    assert session.status()["ended_by"] == "stop"


async def test_processes_that_do_not_end_are_reported(monkeypatch: pytest.MonkeyPatch, start: Start) -> None:
    """Whoever hangs in the kernel is given up after a while, and named."""
    session = await start("sleep", "60")
    monkeypatch.setattr(tree, "_HOPELESS", 0.1)
    monkeypatch.setattr(tree, "_send", lambda *_: None)  # stands for a process that no signal ends
    with pytest.raises(WorldError, match="could not be ended"):
        await sweep(session.id, grace=0)
    monkeypatch.undo()


async def test_a_sweep_that_cannot_look_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unknown is not absent."""

    def blind(_session: str) -> dict[int, str]:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(processes, "with_marker", blind)  # /proc cannot be taken away from a test
    with pytest.raises(WorldError, match="cannot look at processes"):
        await sweep("any")


async def test_where_ignoring_cannot_be_seen_hanging_up_waits_for_half_the_grace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On macOS a program that cleans up gets half of its grace before SIGHUP."""
    sent: list[int] = []
    monkeypatch.setattr(
        processes, "with_marker", lambda _session: {4711: "1"}
    )  # the other platform's answers
    monkeypatch.setattr(processes, "holders_of", lambda _session: {})
    monkeypatch.setattr(processes, "ignores", lambda _pid, _number: None)
    monkeypatch.setattr(tree, "_send", lambda _pid, _start, number: sent.append(number))
    ending = tree.Ending("any", grace=4, now=0)
    steps = [
        (0, [signal.SIGTERM, signal.SIGCONT]),
        (1, []),
        (2, [signal.SIGHUP]),
        (3, []),
        (4, [signal.SIGKILL]),
    ]
    for now, expected in steps:
        sent.clear()
        assert not ending.step(now)
        assert sent == expected


async def test_a_background_writer_does_not_keep_the_end_waiting(start: Start, place: Path) -> None:
    """A child that holds the pty and writes for ever is ended like the rest, soon."""
    session = await start(
        *PYTHON, "import os\nif not os.fork():\n while True: os.write(1,b'y'*999)\nos._exit(5)"
    )
    began = time.monotonic()
    assert (await session.client.wait())["exit_status"] == 5
    assert time.monotonic() - began < 30
    assert place.exists()
