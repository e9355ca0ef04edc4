"""Applies that come again, come together, or lose who asked for them; and a daemon that is told to end."""

import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from constellagent.runtime.locks import held_by
from constellagent.runtime.ports import Step
from tests.reliability.lab import git, wait_for
from tests.reliability.steps import deeds, scenes
from tests.reliability.steps.forks import Fork, Forks
from tests.reliability.steps.steplab import StepLab

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the lab reads /proc"),
    pytest.mark.timeout(600),
]

BUSY = 75
ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
USED = {"provider.key.used", "file.commit.provider"}
"""What the provider may write for a question: when a key was used last, which no request asks it to."""


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    """What forks."""
    with Forks() as made:
        yield made


@pytest.fixture
def lab(forks: Forks) -> Iterator[StepLab]:
    """A laboratory with three agents, of which nothing was applied."""
    with StepLab(agents=0, forks=forks) as made:
        scenes.declare(made)
        yield made


def times(folder: Path) -> dict[str, tuple[int, int]]:
    """Return when each file and folder was changed, and which it is."""
    return {str(path): (path.lstat().st_mtime_ns, path.lstat().st_ino) for path in sorted(folder.rglob("*"))}


def test_a3_a_second_apply_changes_nothing(lab: StepLab) -> None:
    """It is empty: no file of a worktree or of git changes, and the provider is told nothing."""
    with lab.tracing():
        lab.do("apply", "--yes")
        lab.do("wait", "ada", "--until", "waiting", "--timeout", "50")
        trees, admin = lab.folder / "repo.worktrees", lab.repo / ".git"
        wait_for(lambda: lab.ask("plan", "--detailed-exitcode")["empty"], "the plan to be empty")
        before, known = (times(trees), times(admin)), len(lab.traced())
        said = lab.do("apply", "--yes")
        assert (times(trees), times(admin)) == before
        passed = {point.partition(":")[0] for point in lab.traced()[known:]}
        assert {point for point in passed if point.startswith(("provider.", "file.commit.provider"))} <= USED
        assert not passed & {*Step}
        assert said == "lab: no changes\n"


def begun(lab: StepLab) -> Fork:
    """Begin an apply."""
    return lab.forks.start(("apply", "--yes"), lab.environment(), lab.repo, lab.said)


def pairs(lab: StepLab, count: int) -> None:
    """Apply twice at once, so many times; between the pairs everything is taken away."""
    for _ in range(count):
        both = [begun(lab) for _ in range(2)]
        ended = [fork.wait() for fork in both]
        assert 0 in ended, ended
        assert set(ended) <= {0, BUSY}, (ended, [fork.err.read_text() for fork in both])
        for fork, status in zip(both, ended, strict=True):
            if status == BUSY:
                assert lab.daemon is not None
                assert str(lab.daemon.pid) in fork.err.read_text(), "who holds it is named by its pid"
        lab.do("apply", "--yes")
        deeds.applied(lab)
        lab.laws()
        lab.do("destroy", "--force", "--yes")
        git(lab.repo, "worktree", "prune")


def test_a4_two_applies_at_once(lab: StepLab) -> None:
    """One does it, the other waits for it or says who does; what is declared is there once."""
    lab.up()
    pairs(lab, 2)


@pytest.mark.long
def test_a4_two_applies_at_once_20_times(lab: StepLab) -> None:
    """The same with twenty pairs."""
    lab.up()
    pairs(lab, 20)


def going(lab: StepLab) -> bool:
    """Say whether the daemon is at an apply: it holds a lock as long as that."""
    return any(held_by(lock) is not None for lock in (lab.home / "locks").glob("apply-*"))


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a2_kill_9_of_the_client_50_times(lab: StepLab) -> None:
    """Whenever the command is killed, the daemon finishes what it was asked for, and nobody asks again."""
    lab.up()
    chance, longest, kills = random.Random(2), 1.0, 0
    while kills < 50:
        fork = begun(lab)
        wait_for(lambda: going(lab), "the apply to begin")
        begin, delay = time.monotonic(), chance.uniform(0, longest)
        time.sleep(delay)
        fork.kill()
        kills += going(lab)
        wait_for(lambda: not going(lab), "the daemon to finish")
        longest = max(0.2, time.monotonic() - begin)
        deeds.applied(lab)
        lab.laws()
        lab.do("destroy", "--force", "--yes")


def end_in_order(lab: StepLab, number: signal.Signals, within: float) -> None:
    """Send a signal to a daemon with agents: it ends by itself with 0 and in time; the next one has them."""
    before = lab.sessions()
    assert lab.daemon is not None
    begin = time.monotonic()
    os.kill(lab.daemon.pid, number)
    assert lab.died(20) == 0
    took = time.monotonic() - begin
    print(f"{number.name}: {took:.2f} s")
    assert took < within
    assert lab.sessions() == before
    lab.up()
    deeds.applied(lab)
    assert lab.sessions() == before


def end_at_once(lab: StepLab, within: float) -> None:
    """Send two signals to a daemon with agents: it ends at once, and nothing is lost by it."""
    before = lab.sessions()
    assert lab.daemon is not None
    # Both wait while it is stopped, and it finds them together: there is no end in order before the second.
    os.kill(lab.daemon.pid, signal.SIGSTOP)
    os.kill(lab.daemon.pid, signal.SIGTERM)
    os.kill(lab.daemon.pid, signal.SIGINT)
    begin = time.monotonic()
    os.kill(lab.daemon.pid, signal.SIGCONT)
    assert lab.died(20) == 1
    took = time.monotonic() - begin
    print(f"two signals: {took:.2f} s")
    assert took < within
    lab.up()
    deeds.applied(lab)
    assert lab.sessions() == before


@pytest.mark.parametrize("number", ENDING)
def test_a8_a_signal_ends_the_daemon_in_order(lab: StepLab, number: signal.Signals) -> None:
    """It ends by itself with 0, agents go on, and the next daemon has them."""
    lab.up()
    lab.do("apply", "--yes")
    end_in_order(lab, number, within=20)  # room for the other work of a machine that runs the tests


def test_a8_a_second_signal_ends_the_daemon_at_once(lab: StepLab) -> None:
    """Who cannot wait for the end in order says so again; nothing is lost by it."""
    lab.up()
    lab.do("apply", "--yes")
    end_at_once(lab, within=20)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a8_signals_end_the_daemon_in_time_50_times(lab: StepLab) -> None:
    """Each signal, and two together, on a quiet machine: in order within two seconds, at once within one."""
    lab.up()
    lab.do("apply", "--yes")
    for _ in range(50):
        for number in ENDING:
            end_in_order(lab, number, within=2)
        end_at_once(lab, within=1)
