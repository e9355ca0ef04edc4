"""Killing the daemon while agents work: they go on, and the next daemon takes them over."""

import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from constellagent.runtime.holder.log import LogReader
from tests.reliability.lab import Lab, wait_for

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the lab reads /proc"),
    pytest.mark.timeout(3600),
]

WRITER = """
  writer:
    command: [sh, -c, "i=0; while [ $i -lt {lines} ]; do i=$((i+1)); echo line $i; sleep 0.002; done; exit 7"]
"""


def numbered_lines(folder: Path) -> list[str]:
    """Return the complete lines of a session's log."""
    reader = LogReader(folder)
    offset = reader.begin()
    parts: list[bytes] = []
    while True:
        begin, data = reader.read(offset, 1 << 20)
        if not data:
            return b"".join(parts).replace(b"\r", b"").decode().splitlines()
        assert begin == offset, "the log has a gap"
        parts.append(data)
        offset = begin + len(data)


def kill_while_writing(kills: int, lines: int) -> None:
    """Kill the daemon `kills` times while an agent writes; check its log and its exit status."""
    with Lab(agents=0, extra=WRITER.format(lines=lines)) as lab:
        lab.run("apply", "--yes")
        (view,) = lab.json("status")
        session = view["agents"][0]["session"]
        killed = 0
        while killed < kills:
            lab.json("daemon", "status") if lab.daemon_pid() else lab.json("status")
            killed += lab.kill_daemon()
        lab.run("wait", "writer", "--until", "failed", "--timeout", "120")
        (view,) = lab.json("status")
        again = view["agents"][0]["session"]
        assert again["id"] == session["id"]
        assert again["exit_status"] == 7
        assert numbered_lines(Path(session["log"])) == [f"line {n}" for n in range(1, lines + 1)]


def test_b9_kills_while_an_agent_writes() -> None:
    """The log has neither gap nor repeat and the exit status is kept, whatever happens to the daemon."""
    kill_while_writing(kills=5, lines=1500)


@pytest.mark.long
def test_b9_100_kills_while_an_agent_writes() -> None:
    """The same over a hundred kills."""
    kill_while_writing(kills=100, lines=25000)


def adopt(within: float) -> None:
    """Kill the daemon of 20 sessions, and have the next one take them over together."""
    with Lab(agents=20) as lab:
        lab.run("apply", "--yes")
        lab.check()
        assert lab.kill_daemon()
        begin = time.monotonic()
        (view,) = lab.json("status")
        took = time.monotonic() - begin
        print(f"20 sessions adopted and shown in {took:.2f} s, start of the daemon included")
        assert [agent["session"]["live"] for agent in view["agents"]] == [True] * 20
        adopted = float(lab.adoption_seconds())
        print(f"of which adoption: {adopted:.3f} s")
        assert adopted < within
        lab.check()


def test_b9_adoption_of_20_sessions() -> None:
    """A new daemon takes over 20 sessions together when it is asked, and says how long that took."""
    adopt(within=20)  # room for the other work of a machine that runs the tests


@pytest.mark.long
def test_b9_adoption_of_20_sessions_within_two_seconds() -> None:
    """The same ten times, on a quiet machine."""
    for _ in range(10):
        adopt(within=2)


def test_b9_end_while_no_daemon_ran() -> None:
    """An agent that ends while no daemon runs is shown with its exit status by the next one."""
    with Lab(agents=0, extra=WRITER.format(lines=300)) as lab:
        lab.run("apply", "--yes")
        lab.run("daemon", "stop")
        wait_for(lambda: not lab.tree(), "the agent to end")
        (view,) = lab.json("status")
        assert (view["agents"][0]["state"], view["agents"][0]["reason"]) == ("failed", "exit status 7")


def test_b9_holder_killed() -> None:
    """A holder that is killed takes its tree with it, and the agent is shown as lost."""
    with Lab(agents=1) as lab:
        lab.run("apply", "--yes")
        (view,) = lab.json("status")
        lab.kill_holder(view["agents"][0]["session"]["id"])
        wait_for(lambda: lab.json("status")[0]["agents"][0]["state"] == "failed", "the loss to be seen")
        wait_for(lambda: lab.tree() == {}, "its tree to be gone")
        assert "lost" in lab.json("status")[0]["agents"][0]["reason"]
        lab.run("apply", "--yes")
        lab.check()


def test_b9_a_pid_that_another_has_by_now_is_nobody_of_ours() -> None:
    """A holder that died without a daemon, whose pid is another's now: its session is lost."""
    with Lab(agents=1) as lab:
        lab.run("apply", "--yes")
        (view,) = lab.json("status")
        session = view["agents"][0]["session"]["id"]
        assert lab.kill_daemon()
        lab.kill_holder(session)
        wait_for(lambda: lab.tree() == {}, "the session to be gone")
        with subprocess.Popen(["sleep", "600"]) as stranger:
            try:
                with closing(sqlite3.connect(lab.home / "state.db")) as rows:
                    rows.execute("UPDATE sessions SET holder_pid = ? WHERE id = ?", (stranger.pid, session))
                    rows.commit()
                (view,) = lab.json("status")
                assert (view["agents"][0]["state"], "lost" in view["agents"][0]["reason"]) == ("failed", True)
                lab.run("apply", "--yes")
                lab.check()
                assert stranger.poll() is None
            finally:
                stranger.kill()
