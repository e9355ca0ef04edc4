"""Applies that come again, come together, or lose who asked for them; and a daemon that is told to end."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

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


@pytest.mark.long
def test_a2_kill_9_of_the_client_50_times(lab: StepLab) -> None:
    """Whenever the command is killed, the daemon finishes what it was asked for."""
    lab.up()
    for number in range(50):
        fork = begun(lab)
        time.sleep(number * 0.02)
        fork.kill()
        wait_for(lambda: begun(lab).wait() != BUSY, "the daemon to finish")
        lab.do("apply", "--yes")
        deeds.applied(lab)
        lab.laws()
        lab.do("destroy", "--force", "--yes")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a8_a_signal_ends_the_daemon_in_order(lab: StepLab, number: signal.Signals) -> None:
    """It ends by itself with 0, agents go on, and the next daemon has them."""
    lab.up()
    lab.do("apply", "--yes")
    before = lab.sessions()
    assert lab.daemon is not None
    os.kill(lab.daemon.pid, number)
    assert lab.died(20) == 0
    assert lab.sessions() == before
    lab.up()
    deeds.applied(lab)
    assert lab.sessions() == before


def test_a8_a_second_signal_ends_the_daemon_at_once(lab: StepLab) -> None:
    """Who cannot wait for the end in order says so again; nothing is lost by it."""
    lab.up()
    lab.do("apply", "--yes")
    before = lab.sessions()
    assert lab.daemon is not None
    # Both wait while it is stopped, and it finds them together: there is no end in order before the second.
    os.kill(lab.daemon.pid, signal.SIGSTOP)
    os.kill(lab.daemon.pid, signal.SIGTERM)
    os.kill(lab.daemon.pid, signal.SIGINT)
    os.kill(lab.daemon.pid, signal.SIGCONT)
    assert lab.died(20) == 1
    lab.up()
    deeds.applied(lab)
    assert lab.sessions() == before
