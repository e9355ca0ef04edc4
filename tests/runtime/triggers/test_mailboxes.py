"""Which mailboxes are followed, and how they share the few requests that may wait at once."""

import asyncio
import logging
from typing import Any

import pytest

from constellagent.plan.declared import resolve
from constellagent.ravi.client.events import LONGEST_WAIT
from constellagent.runtime.triggers.mailboxes import PLACES, Mailboxes, is_woken_by_messages
from tests.runtime.scheduler.lab import declaration


class Followed:
    """Follows in name only."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self.now: list[tuple[str, str]] = []
        self.begun: list[tuple[str, str]] = []
        self.failures = 0

    async def follow(self, constellation: str, agent: str) -> None:
        """Follow until cancelled, or fail as often as asked."""
        self.begun.append((constellation, agent))
        if self.failures:
            self.failures -= 1
            raise ZeroDivisionError("a defect")
        self.now.append((constellation, agent))
        try:
            await asyncio.Event().wait()
        finally:
            self.now.remove((constellation, agent))

    async def rest(self, _: float) -> None:
        """Wait for a moment."""
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("spec", "woken"),
    [
        ({"on": {"email": {}}}, True),
        ({"on": {"sms": {}}}, True),
        ({"on": {"agent": "site"}}, False),
        ({"on": {"webhook": "deploy"}}, False),
        ({"cron": "0 9 * * *"}, False),
    ],
)
def test_who_is_woken_by_messages(spec: dict[str, Any], woken: bool) -> None:
    """Mail and texts need a mailbox; the clock, agents and webhooks need none."""
    assert is_woken_by_messages(resolve("docs", "x", declaration(**spec))) is woken


async def test_what_is_followed_is_what_was_asked_for_last() -> None:
    """Each constellation for itself; whoever stays is followed anew, since its identity may be another."""
    followed = Followed()
    mailboxes = Mailboxes(followed.follow, followed.rest)
    await mailboxes.watch("c", {"docs", "site"})
    await mailboxes.watch("d", {"docs"})
    await asyncio.sleep(0)
    assert sorted(followed.now) == [("c", "docs"), ("c", "site"), ("d", "docs")]

    await mailboxes.watch("c", {"docs"})
    await asyncio.sleep(0)
    assert sorted(followed.now) == [("c", "docs"), ("d", "docs")]
    assert followed.begun.count(("c", "docs")) == 2

    await mailboxes.close()
    assert followed.now == []


async def test_a_defect_ends_no_watch(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever goes wrong is logged, and the mailbox is followed again after a while."""
    followed = Followed()
    followed.failures = 2
    mailboxes = Mailboxes(followed.follow, followed.rest)
    with caplog.at_level(logging.ERROR):
        await mailboxes.watch("c", {"docs"})
        while not followed.now:
            await asyncio.sleep(0)
    assert [record.getMessage() for record in caplog.records] == [
        "mail and texts for docs cannot be followed"
    ] * 2
    await mailboxes.close()


async def test_many_mailboxes_take_turns() -> None:
    """With more mailboxes than places each request waits for less, so that none waits longer for its turn."""
    followed = Followed()
    mailboxes = Mailboxes(followed.follow, followed.rest)
    assert mailboxes.wait() == LONGEST_WAIT
    await mailboxes.watch("c", {f"a{number}" for number in range(PLACES)})
    assert mailboxes.wait() == LONGEST_WAIT
    await mailboxes.watch("d", {f"a{number}" for number in range(PLACES)})
    assert mailboxes.wait() == LONGEST_WAIT / 2
    await mailboxes.close()
