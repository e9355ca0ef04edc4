"""Programs that do not end, that multiply, that a signal stopped; and what they are given."""

import os
import shutil
import signal
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from constellagent.faces.blocking import BlockingClient
from constellagent.runtime.paths import Paths
from constellagent.runtime.sandbox.cgroups import Cgroups
from constellagent.spec.sandbox import Sandbox
from tests.e2e.place import Place, commit
from tests.reliability.lab import _alive, _read, state_of, wait_for
from tests.reliability.seat import Seat, Theatre
from tests.reliability.waits import p99

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the lab reads /proc"),
    pytest.mark.timeout(300),
]
AGENTS = """
agents:
  deaf: {{shell: 'trap "" TERM HUP INT; echo deaf > told; while :; do sleep 1; done', stop_grace: {grace:g}s}}
  forks: {{command: [{python}, -I, -S, forks.py, "{children}", go], stop_grace: 1s}}
  given:
    shell: "env -0 > ../env.new; mv ../env.new ../env; exec sleep 600"
    ports: [web]
    env: {{set: {{MINE: "1"}}}}
"""
GRACE = 1.0
STRANGERS = {"CONSTELLAGENT_WEB_TOKEN": "t", "CLAUDECODE": "1", "AWS_SECRET_ACCESS_KEY": "s"}
"""Variables of who applies, which are nothing to an agent."""
CHILDREN = 500
FORKS = """
import os, signal, sys, time
while len(sys.argv) > 2 and not os.path.exists(sys.argv[2]):
    time.sleep(0.02)
for number in range(int(sys.argv[1])):
    if not os.fork():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            signal.pause()
open("forked", "w").write("x")
while True:
    signal.pause()
"""
LIMIT = 64
COUNTED = """    try:
        child = os.fork()
    except OSError:
        with open("refused.new", "w") as file:
            file.write(str(number))
        os.rename("refused.new", "refused")
        break
    if not child:"""
"""In place of the fork: it ends with the first that is refused, and notes how many there were."""
GIVEN = """
COLORTERM HOME LOGNAME PATH SHELL TERM USER
CONSTELLAGENT CONSTELLAGENT_AGENT CONSTELLAGENT_EMAIL CONSTELLAGENT_HOME CONSTELLAGENT_IDENTITY
CONSTELLAGENT_PHONE CONSTELLAGENT_REPORT CONSTELLAGENT_REPORT_TOKEN CONSTELLAGENT_SESSION
CONSTELLAGENT_SMS_URL CONSTELLAGENT_SMTP_URL CONSTELLAGENT_WORKTREE
GIT_AUTHOR_EMAIL GIT_AUTHOR_NAME GIT_COMMITTER_EMAIL GIT_COMMITTER_NAME
GIT_CONFIG_COUNT GIT_CONFIG_KEY_0 GIT_CONFIG_KEY_1 GIT_CONFIG_VALUE_0 GIT_CONFIG_VALUE_1
RAVI_API_KEY RAVI_API_URL
"""
"""What an agent finds in its environment beside what is declared: a change of this list is a decision."""
OF_THE_SHELL = {"LANG", "OLDPWD", "PWD", "SHLVL", "_"}
"""What the shell that lists them adds, and the person's language where one is set."""


@pytest.fixture
def place() -> Iterator[Place]:
    """Give a place for whole commands."""
    with Place(agents=0) as made:
        yield made


@pytest.fixture(scope="module")
def shared() -> Iterator[Place]:
    """Give a place in which an agent for each test runs."""
    with Place(agents=0) as made:
        commit(made.repo, {"forks.py": FORKS})
        made.write(AGENTS.format(python=sys.executable, children=CHILDREN, grace=GRACE))
        made.run("apply", "--yes", check=0, **STRANGERS)
        yield made


def session_of(place: Place, name: str) -> list[str]:
    """Return the processes of an agent's session that live, its holder not among them."""
    session = place.view(name)["session"]["id"]
    mark = f"CONSTELLAGENT_SESSION={session}".encode()
    return [line for pid, line in place.tree().items() if mark in _read(pid, "environ")]


def end_the_deaf(place: Place, within: float) -> None:
    """Stop an agent that ignores it: `stop` returns once it is gone, and the status says what ended it."""
    place.waits_for(place.tree_of("deaf") / "told")
    assert session_of(place, "deaf")
    begin = time.monotonic()
    place.run("stop", "deaf")
    took = time.monotonic() - begin
    print(f"stopped after {took:.2f} s with a grace of {GRACE:g} s, start of the command included")
    assert GRACE <= took < GRACE + within
    view = place.view("deaf")
    assert (view["state"], view["reason"]) == ("stopped", "stopped (killed by SIGKILL)")
    assert session_of(place, "deaf") == []


def test_b1_a_deaf_agent_is_killed_after_its_grace(shared: Place) -> None:
    """`stop` returns once it is gone, after the grace, and the status says what ended it."""
    end_the_deaf(shared, within=14)  # room for the other work of a machine that runs the tests


@pytest.mark.long
def test_b1_a_deaf_agent_is_killed_within_a_second_of_its_grace(shared: Place) -> None:
    """The same ten times on a quiet machine: the whole command is over a second after the grace."""
    for _ in range(10):
        (shared.tree_of("deaf") / "told").unlink(missing_ok=True)
        shared.run("restart", "deaf")
        end_the_deaf(shared, within=1)


def multiply(place: Place) -> tuple[list[float], float]:
    """Let an agent fork and then end it; returns the seconds of all questions meanwhile, and of the stop."""
    waits = list[float]()
    tree = place.tree_of("forks")
    with BlockingClient.connect(Paths(place.home).control_socket) as client:

        def ask() -> None:
            begin = time.monotonic()
            client.status(str(place.file))
            waits.append(time.monotonic() - begin)

        (tree / "go").touch()
        while not (tree / "forked").exists():
            ask()
        assert len(session_of(place, "forks")) > CHILDREN
        stopping, begin = place.start("stop", "forks"), time.monotonic()
        while stopping.poll() is None:
            ask()
            time.sleep(0.01)
        took = time.monotonic() - begin
        said = stopping.communicate()
    assert stopping.returncode == 0, said
    assert session_of(place, "forks") == []
    print(
        f"{CHILDREN} children ended in {took:.2f} s; {len(waits)} questions beside it: "
        f"median {statistics.median(waits) * 1000:.0f} ms, p99 {p99(waits) * 1000:.0f} ms, "
        f"longest {max(waits) * 1000:.0f} ms"
    )
    return waits, took


def test_b3_hundreds_of_children_keep_nobody_waiting(shared: Place) -> None:
    """While they are made and while they are ended the daemon answers; a stop ends each of them."""
    waits, took = multiply(shared)
    assert took < 30  # room for the other work of a machine that runs the tests, here and below
    assert max(waits) < 10


@pytest.mark.long
def test_b3_hundreds_of_children_are_ended_in_time(shared: Place) -> None:
    """The same on a quiet machine: one answer in a hundred takes longer than 250 ms, the stop at most 5 s."""
    for name in ("go", "forked"):
        (shared.tree_of("forks") / name).unlink(missing_ok=True)
    shared.run("restart", "forks")
    waits, took = multiply(shared)
    assert took <= 5
    assert p99(waits) <= 0.25


def test_b3_a_limit_of_processes_holds(place: Place) -> None:
    """In a sandbox with `processes: 64` a program of three hundred forks gets no further than that."""
    limited = Sandbox(kind="bwrap", processes=LIMIT)
    if shutil.which("bwrap") is None or Cgroups(place.home).unlimited(limited):
        pytest.skip("no bubblewrap here, or no control group in which processes are counted")
    commit(place.repo, {"forks.py": FORKS.replace("    if not os.fork():", COUNTED)})
    place.agent(
        f"{{command: [{sys.executable}, -I, -S, forks.py, '300'], stop_grace: 1s, "
        f"sandbox: {{kind: bwrap, processes: {LIMIT}}}}}"
    )
    place.run("apply", "--yes")
    made = int(place.waits_for(place.tree_of() / "refused"))
    print(f"{made} of 300 forks with a limit of {LIMIT} processes")
    assert LIMIT // 2 < made < LIMIT
    place.run("stop", "docs")
    assert place.tree() == {}


def look_at_the_stopped(within: float) -> None:
    """Stop an agent by a signal: it is shown so; who attaches sees its screen; a stop ends it in order."""
    with Theatre("one") as lab:
        lab.open()
        lab.tell("one", "out(b'drawn before')")
        wait_for(lambda: "drawn before" in lab.text("one"), "the screen")
        pid = int(lab.session("one")["pid"])
        begin = time.monotonic()
        os.kill(pid, signal.SIGSTOP)
        wait_for(lambda: state_of(pid) == "T", "it to be stopped")
        (view,) = lab.json("status")
        took = time.monotonic() - begin
        print(f"shown {took:.2f} s after the signal, with a command of its own")
        assert took < within
        agent = view["agents"][0]
        assert (agent["state"], agent["reason"]) == (
            "waiting",
            f"stopped (SIGSTOP); kill -CONT {pid} continues it",
        )
        with Seat(lab, "one") as seat:
            seat.shows("drawn before")
            seat.type(b"typed\x1d")
            assert seat.leaves() == 0
            assert seat.plain()
        lab.run("stop", "one")
        assert not _alive(pid)
        assert lab.tree() == {}


def test_b4_an_agent_that_a_signal_stopped_can_be_looked_at_and_ended() -> None:
    """The next `status` shows it; who attaches sees its screen and can leave; a stop ends it in order."""
    look_at_the_stopped(within=20)  # room for the other work of a machine that runs the tests


@pytest.mark.long
def test_b4_an_agent_that_a_signal_stopped_is_shown_within_two_seconds() -> None:
    """The same on a quiet machine: two seconds after the signal the status says so."""
    look_at_the_stopped(within=2)


def test_b12_an_agents_environment_is_this_list(shared: Place) -> None:
    """Name by name: nothing of the daemon's, nothing of the caller's, no token of a person."""
    text = shared.waits_for(shared.folder / "repo.worktrees" / "env")
    given = dict(entry.split("=", 1) for entry in text.split("\0") if entry)
    assert given.keys() - OF_THE_SHELL == {*GIVEN.split(), "MINE", "PORT_WEB"}
    assert given["MINE"] == "1"
    assert Path(given["PATH"].split(":")[0]).is_relative_to(shared.home), "our `ravi` is found first"
