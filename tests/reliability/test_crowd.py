"""Many identities that get mail and texts all at once: nothing is lost, doubled or given to somebody else."""

import statistics
import sys
import time
from collections import Counter

import pytest

from tests.bench.measure import quantile
from tests.reliability.crowd import Outcome, rush
from tests.reliability.lab import Lab, wait_for
from tests.reliability.town import Resident, Town

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the lab reads /proc"),
    pytest.mark.timeout(900),
]

LATENCY = 3.0
"""Seconds from a message being taken in until who waits for it is told, in the median; looks take 25."""


def arrived(town: Town, resident: Resident) -> Counter[str]:
    """Return how often each message lies in the mailboxes of one resident, by what only it says."""
    found: Counter[str] = Counter()
    for row in town.all_of("/api/email-messages/", resident.key):
        (word,) = [word for word in row["text_content"].split() if word.startswith("m-")]
        assert row["subject"] == f"Hello {word}"
        assert row["to_email"] == resident.address
        found[word] += 1
    for row in town.all_of("/api/messages/", resident.key):
        (word,) = [word for word in row["body"].split() if word.startswith("s-")]
        assert row["to_number"] == resident.number
        found[word] += 1
    return found


def check(town: Town, residents: list[Resident], each: int, outcome: Outcome) -> None:
    """Assert that everybody has what was sent to them, once, and nothing else."""
    for resident in residents:
        found = arrived(town, resident)
        meant = {f"{kind}-{resident.name}-{number}." for kind in "ms" for number in range(each)}
        accepted = meant & outcome.accepted.keys()
        assert found.keys() <= meant, f"{resident.name} got mail of others: {found.keys() - meant}"
        assert accepted <= found.keys(), f"lost: {accepted - found.keys()}"
        assert set(found.values()) <= {1}, f"more than once: {found - Counter(meant)}"
        assert found.keys() - accepted <= outcome.doubtful


def everybody_at_once(people: int, each: int) -> None:
    """Send `each` mails and texts to everybody while everybody waits; check content, count and delay."""
    with Lab(agents=0) as lab, Town(lab) as town:
        residents = town.settle(people)
        begin = time.monotonic()
        *_, outcome = rush(town, residents, each)
        took = max(outcome.accepted.values()) - begin
        assert outcome.doubtful == set()
        assert len(outcome.accepted) == 2 * people * each
        check(town, residents, each, outcome)
        assert outcome.heard.keys() == outcome.accepted.keys()
        delays = outcome.latencies()
        median = statistics.median(delays)
        print(
            f"{people} identities, {each} mails and {each} texts each: {len(delays) / took:.0f} messages/s; "
            f"told after {median * 1000:.0f} ms (median), {quantile(delays, 0.95) * 1000:.0f} ms (p95), "
            f"{delays[-1] * 1000:.0f} ms (longest)"
        )
        assert median <= LATENCY
        assert lab.json("audit", "verify")["ok"]


def everybody_while_the_daemon_dies(people: int, each: int, kills: int) -> None:
    """The same while the daemon is killed and started again: what was taken in is there, once."""
    with Lab(agents=0) as lab, Town(lab) as town:
        residents = town.settle(people)
        going = rush(town, residents, each)
        outcome = next(going)
        total = 2 * people * each
        for kill in range(1, kills + 1):
            share = total * kill // (kills + 2)
            wait_for(lambda share=share: len(outcome.accepted) >= share, "messages to be taken in", 300)
            assert lab.kill_daemon()
            lab.json("provider", "status")
        *_, outcome = going
        assert len(outcome.accepted) + len(outcome.doubtful) == total
        check(town, residents, each, outcome)
        assert outcome.accepted.keys() <= outcome.heard.keys()
        print(f"{kills} kills: {len(outcome.accepted)} taken in and there; {len(outcome.doubtful)} in doubt")
        assert lab.json("audit", "verify")["ok"]


def test_8_identities_at_once() -> None:
    """Eight identities with ten mails and ten texts each."""
    everybody_at_once(people=8, each=10)


@pytest.mark.long
def test_40_identities_at_once() -> None:
    """Forty identities with fifty mails and fifty texts each."""
    everybody_at_once(people=40, each=50)


def test_the_daemon_dies_in_the_middle() -> None:
    """Eight identities; the daemon is killed once."""
    everybody_while_the_daemon_dies(people=8, each=10, kills=1)


@pytest.mark.long
def test_the_daemon_dies_again_and_again() -> None:
    """Forty identities; the daemon is killed five times."""
    everybody_while_the_daemon_dies(people=40, each=50, kills=5)
