"""How long events are kept."""

import logging
import sqlite3
from pathlib import Path

import pytest

from constellagent.errors import WorldError
from constellagent.ravi.local.events import retention
from constellagent.ravi.local.office import Office
from constellagent.ravi.vault import RootKey
from tests.ravi.local.events.happenings import RECEIVED, Agent, agent, events, until
from tests.ravi.local.events.hooks import ROOT, all_are, settled, subscribe
from tests.ravi.local.events.receiver import Receiver
from tests.ravi.provided import provided


async def trimmed(office: Office, kept: int) -> list[int]:
    """Delete what is too old, and return the numbers that are left."""
    while await office.store.run(lambda db: retention.trim(db, kept)):
        pass
    return [row[0] for row in await office.store.rows("SELECT seq FROM events ORDER BY seq")]


async def test_the_newest_are_kept(alice: Agent, office: Office) -> None:
    """Exactly as many as are to be kept, and all where there are fewer."""
    assert await trimmed(office, 3) == []
    for _ in range(7):
        await alice.happens()
    assert await trimmed(office, 7) == [1, 2, 3, 4, 5, 6, 7]
    assert await trimmed(office, 3) == [5, 6, 7]
    await alice.happens()
    assert [event["seq"] for event in await alice.events()] == [5, 6, 7, 8]


async def test_a_transaction_deletes_a_few_only(alice: Agent, office: Office) -> None:
    """Who else uses the database waits for a few hundred rows, not for all."""
    await alice.happens_often(1201)
    assert await office.store.run(lambda db: retention.trim(db, 1)) == 500
    assert await trimmed(office, 1) == [1201]


async def test_what_is_still_to_be_posted_stays(alice: Agent, office: Office, receiver: Receiver) -> None:
    """An old event goes when its webhook has got it, and the log of it goes too."""
    hook = await subscribe(alice, receiver.url, event_types=[RECEIVED])
    await alice.happens()
    await settled(alice.local, all_are("delivered"))
    await office.store.execute("UPDATE webhooks SET enabled = 0")
    await office.store.execute("UPDATE webhook_deliveries SET next_at = 1")
    for _ in range(3):
        await alice.happens()
    assert await trimmed(office, 1) == [1, 4]
    await alice.ask("PATCH", f"{ROOT}{hook['id']}/", {"enabled": True})
    office.bell.ring(alice.id)
    await receiver.got(2)
    await settled(alice.local, lambda rows: rows[0]["next_attempt_at"] is None)
    assert await trimmed(office, 1) == [4]
    assert await office.store.rows("SELECT id FROM webhook_deliveries") == []


async def test_it_happens_by_itself(
    tmp_path: Path, root_key: RootKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A provider that starts deletes what is too old, and goes on doing so."""
    async with provided(tmp_path, root_key) as first:
        who = await agent(first)
        for _ in range(5):
            await who.happens()
    monkeypatch.setattr(retention, "KEPT", 2)
    monkeypatch.setattr(retention, "_EVERY", 0.01)
    async with provided(tmp_path, root_key) as second:
        found = [0] * 5
        while len(found) > 2:
            found = [event["seq"] for event in await events(second)]
        assert found == [4, 5]


async def test_a_disk_that_refuses_for_a_while(
    alice: Agent, office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What could not be deleted now is logged, and deleted later."""
    tries = 0

    def fail(db: sqlite3.Connection, kept: int) -> int:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise WorldError("the disk is full")
        return trim(db, kept)

    trim = retention.trim
    await alice.happens_often(3)
    # A mock, because a disk cannot be made to refuse just this deletion.
    monkeypatch.setattr(retention, "trim", fail)
    monkeypatch.setattr(retention, "KEPT", 1)
    monkeypatch.setattr(retention, "_EVERY", 0.01)
    with caplog.at_level(logging.ERROR):
        async with retention.forgetting(office):
            await until(lambda: tries >= 3)
    assert "cannot delete old events: the disk is full" in caplog.text
    assert [event["seq"] for event in await alice.events()] == [3]
