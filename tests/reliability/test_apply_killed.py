"""Killing the daemon while it applies: the next apply converges, nothing is lost or doubled."""

import os
import random
import sys
import time
from pathlib import Path

import pytest

from tests.proof import kills
from tests.reliability.lab import Lab, manifest, wait_for

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the lab reads /proc"),
    pytest.mark.timeout(3600),
]

BUSY = 75
CONVERGES = 60.0
"""Seconds within which the apply after a kill must be through, on machines that do much besides."""


def converge(lab: Lab, within: float = CONVERGES) -> float:
    """Apply again, in time, and check every law; returns the seconds that it took."""
    begin = time.monotonic()
    lab.run("apply", "--yes")
    took = time.monotonic() - begin
    assert took < within, f"converged in {took:.1f} s"
    lab.check()
    assert lab.json("plan", "--detailed-exitcode")["empty"]
    return took


def set_up(note: Path) -> bool:
    """Say whether the setup of a worktree has written all that it writes."""
    return note.exists() and note.read_text() == "set up\n"


def kill_during_apply(wanted: int, seed: int, within: float) -> None:
    """Apply 8 agents and kill the daemon at a random moment, until so many kills fell into an apply."""
    chance = random.Random(seed)
    longest = 1.5
    hits, slowest = 0, 0.0
    while hits < wanted:
        with Lab(agents=8) as lab:
            lab.json("plan")  # the daemon is up: the kill falls into the apply and not into its start
            begin = time.monotonic()
            apply = lab.start("apply", "--yes")
            delay = chance.uniform(0.0, longest)
            time.sleep(delay)
            killed = apply.poll() is None and lab.kill_daemon()
            apply.communicate(timeout=60)
            hit = killed and apply.returncode != 0  # else it came before the apply, which started another
            longest = max(0.5, min(longest, 2 * (time.monotonic() - begin)))
            hits += hit
            ready = [n for n in range(8) if set_up(lab.worktree(n) / "setup-done.txt")]
            for number in ready:
                (lab.worktree(number) / "precious.txt").write_text(f"kept {number}")
            before = {number: manifest(lab.worktree(number)) for number in ready}
            took = converge(lab, within)
            slowest = max(slowest, took)
            for agent, files in before.items():
                assert files.items() <= manifest(lab.worktree(agent)).items()
            print(f"kill {hits}: after {delay:.2f} s, {len(ready)} agents ready, converged in {took:.2f} s")
    print(f"{hits} kills; slowest convergence {slowest:.2f} s")


def test_a1_kill_9_of_the_daemon_during_apply() -> None:
    """The daemon killed at a random moment of an apply loses nothing; the next apply converges."""
    kill_during_apply(3, int(os.environ.get("CONSTELLAGENT_TEST_SEED", "1")), CONVERGES)


@pytest.mark.long
def test_a1_kill_9_of_the_daemon_during_apply_200_times() -> None:
    """The same two hundred times, on a quiet machine: each time it converges within ten seconds."""
    kill_during_apply(200, int(os.environ.get("CONSTELLAGENT_TEST_SEED", "7")), kills.CONVERGES)


def test_a2_kill_9_of_the_client_changes_nothing() -> None:
    """Killing only the command leaves the daemon to finish what it began."""
    with Lab(agents=4) as lab:
        lab.json("plan")
        apply = lab.start("apply", "--yes")
        wait_for(lambda: lab.worktree(0).exists() or apply.poll() is not None, "the apply to begin")
        apply.kill()
        apply.communicate()
        wait_for(lambda: len(lab.sessions()) == 4, "the daemon to go on")
        wait_for(lambda: lab.run("apply", "--yes", check=None).returncode != BUSY, "the daemon to finish")
        converge(lab)
