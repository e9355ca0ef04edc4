"""How something that happened becomes an event."""

import asyncio
import sqlite3
from functools import partial
from itertools import pairwise

import pytest

from constellagent.errors import ConstellagentError
from constellagent.ravi.local.events.record import record
from constellagent.ravi.local.office import Office
from constellagent.ravi.vault import VaultError
from tests.ravi.local.events.happenings import RECEIVED, Agent, agent, events
from tests.ravi.provided import Provided


class _UndoneError(Exception):
    """What a call raises that shall leave nothing behind."""


async def test_an_event_has_a_number_a_type_and_its_data(alice: Agent) -> None:
    """What was recorded is read as it was given."""
    await alice.happens(RECEIVED, message_id=7, subject="héllo", nested={"a": [1, None]})
    (event,) = await alice.events()
    assert event["type"] == RECEIVED
    assert event["data"] == {"message_id": 7, "subject": "héllo", "nested": {"a": [1, None]}}
    assert event["identity"] == alice.uuid
    assert event["seq"] == 1
    assert len(event["id"]) == 36
    assert event["created_dt"].endswith("Z")


async def test_readers_miss_nothing_while_many_write(local: Provided, office: Office) -> None:
    """Readers that follow with `since` see each number once and in order, though every third call fails."""
    agents = [await agent(local) for _ in range(3)]
    tries = 300

    def one(number: int, db: sqlite3.Connection) -> None:
        record(office, db, agents[number % 3].id, RECEIVED, {"number": number})
        if number % 3 == 1:
            record(office, db, agents[0].id, RECEIVED, {"number": -1})
            raise _UndoneError

    async def write(first: int) -> None:
        for number in range(first, tries, 10):
            try:
                await office.store.run(partial(one, number))
            except _UndoneError:
                assert number % 3 == 1

    async def follow(mine: Agent | None) -> list[tuple[int, int]]:
        seen: list[tuple[int, int]] = []
        while len(seen) < (tries // 3 if mine else tries // 3 * 2):
            since = seen[-1][0] if seen else 0
            key = mine.key if mine else None
            rows = await events(local, f"?since={since}&limit=7&wait=5", key=key)
            seen += [(row["seq"], row["data"]["number"]) for row in rows]
        return seen

    async with asyncio.TaskGroup() as group:
        readers = [group.create_task(follow(who)) for who in (None, agents[0], agents[2])]
        for first in range(10):
            group.create_task(write(first))
    everything, first_ones, last_ones = (reader.result() for reader in readers)
    written = {number for number in range(tries) if number % 3 != 1}
    assert {number for _, number in everything} == written
    assert all(before[0] < after[0] for before, after in pairwise(everything))
    assert [seq for seq, _ in everything] == list(range(1, len(written) + 1))
    assert {number for _, number in first_ones} == {number for number in written if number % 3 == 0}
    assert {number for _, number in last_ones} == {number for number in written if number % 3 == 2}


async def test_a_number_is_never_given_twice(alice: Agent, office: Office) -> None:
    """After the newest event was deleted, the next gets a new number."""
    await alice.happens()
    await alice.happens()
    await office.store.execute("DELETE FROM events WHERE seq = 2")
    await alice.happens()
    assert [event["seq"] for event in await alice.events()] == [1, 3]


async def test_what_happened_is_sealed(alice: Agent, local: Provided) -> None:
    """No byte of the folder holds what an event says."""
    await alice.happens(RECEIVED, from_email="canary@shop.test", subject="canary-subject")
    assert len(await alice.events()) == 1
    await local.provider.stop()
    stored = b"".join(file.read_bytes() for file in local.folder.rglob("*") if file.is_file())
    assert RECEIVED.encode() in stored
    assert b"canary" not in stored


@pytest.mark.parametrize("change", ["kind = 'sms.message.received'", "content = zeroblob(90)", "uuid = 'x'"])
async def test_a_changed_event_is_not_given_out(alice: Agent, office: Office, change: str) -> None:
    """Whoever changes the database cannot make an event say something else."""
    await alice.happens(RECEIVED, subject="true")
    await office.store.execute(f"UPDATE events SET {change}")
    answer = await alice.ask("GET", "/api/events/")
    if change.startswith("kind"):
        assert answer.json()["events"][0]["type"] == RECEIVED
    else:
        assert answer.status_code == 503


async def test_nothing_is_recorded_of_what_was_undone(alice: Agent, office: Office) -> None:
    """An event lives and dies with the transaction in which it happened."""

    def undone(db: sqlite3.Connection) -> None:
        record(office, db, alice.id, RECEIVED, {})
        raise _UndoneError

    with pytest.raises(_UndoneError):
        await office.store.run(undone)
    assert await alice.events() == []


async def test_a_deleted_identity_has_no_events(alice: Agent, bob: Agent, local: Provided) -> None:
    """Its events go with it, what follows is numbered on, and nothing can happen to it any more."""
    await alice.happens()
    await bob.happens()
    await alice.happens()
    assert (await local.ask("POST", f"/api/identities/{alice.uuid}/archive/")).status_code == 200
    assert (await local.ask("DELETE", f"/api/identities/{alice.uuid}/")).status_code == 204
    await bob.happens()
    assert [event["seq"] for event in await events(local)] == [2, 4]
    with pytest.raises(VaultError):
        await alice.happens()
    with pytest.raises(ConstellagentError, match="deleted"):
        await alice.happens()
