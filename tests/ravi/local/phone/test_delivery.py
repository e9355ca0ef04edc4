"""Text messages on their way."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from ravi._request import request_json
from ravi.errors import RateLimitError

from constellagent.ravi.local.events import record as events
from constellagent.ravi.local.office import Office
from constellagent.ravi.local.options import Options
from constellagent.ravi.local.phone import delivery
from constellagent.ravi.vault import RootKey
from tests.ravi.local.phone.lines import Line, line
from tests.ravi.provided import Provided, provided


async def test_a_number_belongs_to_who_has_it_now(local: Provided, office: Office, alice: Line) -> None:
    """Unknown numbers and those of identities that were put away belong to nobody."""

    async def owner(number: str) -> int | None:
        return await office.store.run(lambda db: delivery.resolve(db, number))

    assert await owner(alice.number) == 1
    assert await owner("+12025550177") is None
    await local.ask("POST", f"/api/identities/{alice.uuid}/archive/")
    assert await owner(alice.number) is None
    await local.ask("POST", f"/api/identities/{alice.uuid}/restore/")
    assert await owner(alice.number) == 1


async def test_both_sides_or_none(tmp_path: Path, root_key: RootKey) -> None:
    """Where the receiver takes no more, nothing of the sender's side is kept either."""
    options = Options(received_per_minute=1, sends_per_hour=2)
    async with provided(tmp_path, root_key, options=options) as local:
        alice, bob = await line(local), await line(local)
        office = local.provider.office
        await alice.send(bob.number, "1")
        body = {"to_number": bob.number, "body": "2"}
        assert (await alice.ask("POST", "/api/messages/send/", body)).status_code == 429
        assert [row["body"] for row in await alice.rows("/api/messages/")] == ["1"]
        told = await office.store.run(lambda db: office.audit.read(db, alice.uuid))
        assert [entry.action for entry in told].count("sms.sent") == 1
        assert (await alice.send("+4930901820", "3"))["state"] == "held"


async def test_who_sends_too_much_waits(tmp_path: Path, root_key: RootKey) -> None:
    """Beyond the hour's limit the SDK waits as it is told, then succeeds or raises its own error."""
    clock = [1_800_000_000.0]
    options = Options(sends_per_hour=2)
    async with provided(tmp_path, root_key, options=options, now=lambda: clock[0]) as local:
        alice, bob = await line(local), await line(local)
        for _ in range(2):
            await alice.send(bob.number, "x")

        def send(slept: list[float]) -> Any:
            def sleep(seconds: float) -> None:
                slept.append(seconds)
                clock[0] += seconds

            with sdk_transport(local, alice.key) as http:
                body = {"to_number": bob.number, "body": "y"}
                return request_json(http, "POST", "/messages/send/", json=body, sleep=sleep)

        never: list[float] = []
        with pytest.raises(RateLimitError) as refused:
            await asyncio.to_thread(send, never)
        assert never == [8.0] * 3
        assert refused.value.code == "rate_limit.exceeded"
        assert refused.value.retry_after is not None
        assert 3500 < refused.value.retry_after <= 3660
        await bob.send(alice.number, "others go on")
        clock[0] += refused.value.retry_after - 15
        twice: list[float] = []
        assert (await asyncio.to_thread(send, twice))["body"] == "y"
        assert twice == [8.0, 7.0]


async def test_a_message_is_told_of_as_an_event(office: Office, alice: Line, bob: Line) -> None:
    """Sender and receiver each have an event with Ravi's fields; what is held is no event."""

    def told(db: sqlite3.Connection) -> list[dict[str, Any]]:
        rows = db.execute("SELECT * FROM events ORDER BY seq").fetchall()
        return [events.shown(office.safes.of(db, row["identity"]), row) for row in rows]

    await alice.send("+4930901820", "held")
    assert await office.store.run(told) == []
    sent = await alice.send(bob.number, "delivered")
    (got,) = await bob.rows("/api/messages/")
    shared = {"from_number": alice.number, "to_number": bob.number, "body": "delivered"}
    first, second = await office.store.run(told)
    assert (first["type"], first["identity"]) == ("sms.message.sent", alice.uuid)
    assert first["data"] == {"message_id": sent["id"], "phone_id": int(sent["phone"]), **shared}
    assert (second["type"], second["identity"]) == ("sms.message.received", bob.uuid)
    assert second["data"] == {"message_id": got["id"], "phone_id": int(got["phone"]), **shared}


@contextmanager
def sdk_transport(local: Provided, key: str) -> Iterator[httpx.Client]:
    """Open what the SDK speaks through."""
    headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
    with httpx.Client(base_url=f"{local.url}/api", headers=headers, timeout=30, trust_env=False) as http:
        yield http
