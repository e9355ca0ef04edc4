"""The headline run in short: one round of kills in all phases, and a full disk."""

import sys

import pytest

from tests.proof import full_disk, kills
from tests.proof.victims import KINDS

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the ground reads /proc"),
    pytest.mark.timeout(3600),
]
SEED = 11
CONVERGES = 60.0
"""Seconds, since other tests share the machine; the command is stricter."""


def test_a1_kill_9_of_daemon_holder_and_git_while_everything_goes_on() -> None:
    """After each kill: converged, nothing astray, lost or doubled, and the audit holds."""
    made = kills.run(4, 3, SEED, converges=CONVERGES)
    assert made.kills >= 4
    assert {kind for (kind, _), tally in made.tallies.items() if tally.kills} == set(KINDS)
    assert made.broken == []


@pytest.mark.long
def test_a1_200_kills_of_daemon_holder_and_git_while_everything_goes_on() -> None:
    """The same two hundred times with eight agents."""
    assert kills.run(200, 8, SEED, converges=CONVERGES).broken == []


@pytest.mark.skipif(not full_disk.possible(), reason="only root can make a small disk")
def test_a5_a_full_disk_under_the_state_folder() -> None:
    """Everything is refused in words, what runs goes on, and all is well once there is space."""
    found = full_disk.run(agents=2)
    assert ("audit", "verified") in found
