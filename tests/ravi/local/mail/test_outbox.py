"""The outbox as its owner and an identity see it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from constellagent.ravi.local.mail import delivery
from constellagent.ravi.local.options import Options, Relay
from constellagent.ravi.vault import RootKey
from tests.ravi.local.mail.letters import Owner, letter, owner
from tests.ravi.local.mail.world import until, world
from tests.ravi.provided import Provided, provided


async def send(who: Owner, *to: str, subject: str = "hi") -> None:
    """Send a mail to elsewhere."""
    office, mail = who.office, letter(from_email=who.address, to=to, subject=subject)
    await office.store.run(lambda db: delivery.send(office, db, who.id, mail, actor="test"))


async def ask(local: Provided, method: str, path: str, status: int, key: str | None = None) -> Any:
    """Return what the provider answers."""
    answer: httpx.Response = await local.ask(method, f"/api/outbox/{path}", key=key)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


@pytest.fixture
async def relayed(tmp_path: Path, root_key: RootKey) -> AsyncIterator[Owner]:
    """An identity of a provider whose relay refuses the first mail for good and takes the others."""
    async with world(data=["554 no"]) as there:
        options = Options(relay=Relay("127.0.0.1", there.port, "none"))
        async with provided(tmp_path, root_key, options=options) as local:
            yield await owner(local)


async def test_each_identity_sees_its_own(docs: Owner, other: Owner) -> None:
    """Newest first; an identity its own rows, the owner all or one identity's; the audit knows."""
    await send(docs, "a@x.example", subject="one")
    await send(other, "b@x.example", subject="two")
    (mine,) = await docs.get("/api/outbox/")
    assert mine == {
        "id": mine["id"],
        "identity": docs.row["uuid"],
        "to_email": "a@x.example",
        "subject": "one",
        "state": "held",
        "attempts": 0,
        "next_attempt_at": None,
        "last_error": "There is no relay; `constellagent provider relay` sets one.",
        "created_dt": mine["created_dt"],
    }
    everything = await ask(docs.local, "GET", "", 200)
    assert [row["subject"] for row in everything] == ["two", "one"]
    assert await ask(docs.local, "GET", f"?identity={docs.row['uuid']}", 200) == [mine]
    assert await ask(docs.local, "GET", "?state=sent", 200) == []
    assert len(await ask(docs.local, "GET", "?state=held", 200)) == 2
    await ask(docs.local, "GET", f"?identity={docs.row['uuid']}", 403, key=other.key)
    await ask(docs.local, "GET", "", 401, key="ravi_id_wrong")
    actions = [action for _, action, _, _ in await docs.audit()]
    assert actions.count("outbox.list") == 4


async def test_an_identity_cannot_change_the_outbox(docs: Owner) -> None:
    """Only the owner sends again or forgets, also where the row is the identity's own."""
    await send(docs, "a@x.example")
    (row,) = await docs.get("/api/outbox/")
    await ask(docs.local, "POST", f"{row['id']}/retry/", 403, key=docs.key)
    await ask(docs.local, "DELETE", f"{row['id']}/", 403, key=docs.key)
    assert await docs.get("/api/outbox/") == [row]


async def test_forgetting_one(docs: Owner, other: Owner) -> None:
    """The row goes, the sender's copy stays; a row of another identity, or none, is missing."""
    await send(docs, "a@x.example", "b@x.example")
    first, second = (await docs.get("/api/outbox/"))[::-1]
    await ask(docs.local, "DELETE", f"{first['id']}/?identity={other.row['uuid']}", 404)
    await ask(docs.local, "DELETE", f"{first['id']}/", 204)
    assert await docs.get("/api/outbox/") == [second]
    for path in (f"{first['id']}/", "0/", "-1/", "x/", f"{'9' * 30}/", "\u0661/"):
        await ask(docs.local, "DELETE", path, 404)
        await ask(docs.local, "POST", f"{path}retry/", 404)
    assert len(await docs.get("/api/email-messages/?direction=outgoing")) == 1
    assert ("key constellagent", "outbox.dropped", "ok", "to a@x.example: hi") in await docs.audit()


async def test_nothing_leaves_without_a_relay(docs: Owner) -> None:
    """Sending again says what is missing."""
    await send(docs, "a@x.example")
    (row,) = await docs.get("/api/outbox/")
    answer = await ask(docs.local, "POST", f"{row['id']}/retry/", 409)
    assert answer["error"]["code"] == "outbox.no_relay"
    assert "provider relay" in answer["detail"]


async def test_sending_again(relayed: Owner) -> None:
    """What failed leaves when its owner says so; what left does not leave twice."""

    async def reached(state: str) -> bool:
        (row,) = await relayed.get("/api/outbox/")
        return bool(row["state"] == state)

    await send(relayed, "a@x.example")
    await until(lambda: reached("failed"))
    (row,) = await relayed.get("/api/outbox/")
    assert row["last_error"] == "554 no"
    again = await ask(relayed.local, "POST", f"{row['id']}/retry/", 200)
    assert (again["id"], again["state"]) == (row["id"], "waiting")
    await until(lambda: reached("sent"))
    answer = await ask(relayed.local, "POST", f"{row['id']}/retry/", 409)
    assert answer["error"]["code"] == "outbox.not_waiting"
    await ask(relayed.local, "DELETE", f"{row['id']}/", 204)
    assert await relayed.get("/api/outbox/") == []


async def test_what_is_being_sent_stays(tmp_path: Path, root_key: RootKey) -> None:
    """A row that the relay has in hand can be neither forgotten nor sent twice."""
    async with world(hold=asyncio.Event()) as there:
        options = Options(relay=Relay("127.0.0.1", there.port, "none"))
        async with provided(tmp_path, root_key, options=options) as local:
            docs = await owner(local)
            await send(docs, "a@x.example")
            async with asyncio.timeout(20):
                await there.reached.wait()
            (row,) = await docs.get("/api/outbox/")
            assert row["state"] == "sending"
            answer = await ask(local, "DELETE", f"{row['id']}/", 409)
            assert answer["error"]["code"] == "outbox.sending"
            await ask(local, "POST", f"{row['id']}/retry/", 409)
