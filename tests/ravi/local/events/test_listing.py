"""`/api/events/`: what happened since, filtered, fenced, and waited for."""

import asyncio
import time
from typing import Any

import pytest

from constellagent.ravi.local.events.listing import LONGEST
from tests.ravi.local.events.happenings import RECEIVED, SENT, Agent, events, stopped_without_patience, until
from tests.ravi.local.test_sdk import use
from tests.ravi.provided import Provided

TEXTED = "sms.message.received"


async def answer(local: Provided, query: str, key: str | None = None) -> dict[str, Any]:
    """Return the whole answer."""
    got = await local.ask("GET", f"/api/events/{query}", key=key)
    assert got.status_code == 200, got.text
    body: dict[str, Any] = got.json()
    return body


async def test_the_sdk_reads_events(alice: Agent, bob: Agent, local: Provided) -> None:
    """The public client replays the account's events, one identity's, since a number, some types, a few."""
    for who, kind in ((alice, RECEIVED), (bob, TEXTED), (alice, SENT), (bob, RECEIVED)):
        await who.happens(kind, subject=kind)
    everything = await use(local, lambda ravi: ravi.events.list())
    assert [event.seq for event in everything] == [1, 2, 3, 4]
    assert everything[1].type == TEXTED
    assert everything[1].data == {"subject": TEXTED}
    assert [e.seq for e in await use(local, lambda ravi: ravi.events.list(since=1, limit=2))] == [2, 3]
    some = await use(local, lambda ravi: ravi.events.list(event_types=[TEXTED, SENT]))
    assert [event.seq for event in some] == [2, 3]
    assert [e.seq for e in await use(local, lambda ravi: ravi.events.list(), alice.key)] == [1, 3]
    one = await use(local, lambda ravi: ravi.identities.get(bob.uuid).events.list())
    assert [event.seq for event in one] == [2, 4]


async def test_an_archived_identity_is_read_when_it_is_named(
    alice: Agent, bob: Agent, local: Provided
) -> None:
    """The account's list leaves it out; who names it reads what happened to it."""
    await alice.happens()
    await bob.happens()
    await local.ask("POST", f"/api/identities/{alice.uuid}/archive/")
    assert [event["seq"] for event in await events(local)] == [2]
    assert [event["seq"] for event in await events(local, f"?identity={alice.uuid}")] == [1]


async def test_another_identity_is_behind_the_fence(alice: Agent, bob: Agent) -> None:
    """An identity's key reads its own events and is refused aloud for another's."""
    await bob.happens()
    assert await alice.events() == []
    assert (await alice.ask("GET", f"/api/events/?identity={bob.uuid}")).status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        "since=-1",
        "since=x",
        "since=9223372036854775808",
        "since=1.5",
        "since=%D9%A3",
        "limit=0",
        "limit=x",
        "limit=99999999999999999999",
        "wait=-1",
        "wait=x",
        "wait=nan",
        "wait=1e3",
        "wait=",
    ],
)
async def test_what_cannot_be_read_is_refused(alice: Agent, query: str) -> None:
    """A parameter that is no number is named in the refusal."""
    got = await alice.ask("GET", f"/api/events/?{query}")
    assert got.status_code == 422
    assert got.json()["error"]["details"]["field"] == query.partition("=")[0]


async def test_an_answer_holds_a_thousand_at_most(alice: Agent, local: Provided) -> None:
    """More than a thousand are cut to a thousand; `cursor` leads on to the rest, and then to the end."""
    await alice.happens_often(LONGEST + 5)
    first = await answer(local, "?limit=5000")
    assert len(first["events"]) == LONGEST
    assert first["cursor"] == LONGEST
    second = await answer(local, f"?since={first['cursor']}")
    assert [event["seq"] for event in second["events"]] == list(range(LONGEST + 1, LONGEST + 6))
    assert second["cursor"] == LONGEST + 5


async def test_the_cursor_leaves_behind_what_was_not_asked_for(alice: Agent, bob: Agent) -> None:
    """`since=latest` tells of nothing of the past, and its cursor is where the future begins."""
    await bob.happens()
    await alice.happens(SENT)
    latest = await answer(alice.local, "?since=latest", alice.key)
    assert latest == {"events": [], "cursor": 2}
    await alice.happens(SENT)
    await alice.happens(RECEIVED)
    later = await answer(alice.local, f"?since=2&event_types={RECEIVED}", alice.key)
    assert [event["seq"] for event in later["events"]] == [4]
    assert later["cursor"] == 4
    none = await answer(alice.local, f"?since=2&event_types={TEXTED},", alice.key)
    assert none == {"events": [], "cursor": 4}


async def test_who_waits_is_woken(alice: Agent, bob: Agent, local: Provided) -> None:
    """A long poll returns with what it waits for, not at its end, and sleeps through everything else."""
    for _ in range(5):
        cursor = (await answer(local, "?since=latest"))["cursor"]
        query = f"?since={cursor}&wait=25&event_types={RECEIVED}"
        waiting = asyncio.ensure_future(events(local, query, key=alice.key))
        await until(lambda: alice.id in local.provider.office.bell._waiting)
        await bob.happens(RECEIVED)
        await alice.happens(SENT)
        await events(local)
        assert not waiting.done()
        await alice.happens(RECEIVED, hello="you")
        async with asyncio.timeout(15):
            (event,) = await waiting
        assert event["data"] == {"hello": "you"}


async def test_waiting_from_now_on(alice: Agent, local: Provided) -> None:
    """`since=latest` with `wait` returns the next thing that happens."""
    await alice.happens()
    waiting = asyncio.ensure_future(events(local, "?since=latest&wait=20", key=alice.key))
    await until(lambda: alice.id in local.provider.office.bell._waiting)
    await alice.happens()
    assert [event["seq"] for event in await waiting] == [2]


async def test_what_is_there_is_not_waited_for(alice: Agent) -> None:
    """A long poll returns at once where there is something already."""
    await alice.happens()
    began = time.monotonic()
    assert len(await alice.events("?wait=25")) == 1
    assert time.monotonic() - began < 15


async def test_waiting_ends(alice: Agent) -> None:
    """With nothing to tell, the answer is empty after the seconds that were asked for."""
    began = time.monotonic()
    assert await alice.events("?wait=0.2") == []
    assert 0.2 <= time.monotonic() - began < 15


async def test_a_revoked_key_hears_nothing_more(alice: Agent, local: Provided) -> None:
    """Who waits with a key that is revoked meanwhile is refused instead of told."""
    waiting = asyncio.ensure_future(alice.ask("GET", "/api/events/?wait=20"))
    await until(lambda: alice.id in local.provider.office.bell._waiting)
    (key,) = (await local.ask("GET", "/api/auth/keys/identity/")).json()
    await local.ask("DELETE", f"/api/auth/keys/identity/{key['uuid']}/")
    await alice.happens(subject="not for you")
    got = await waiting
    assert got.status_code == 401
    assert "not for you" not in got.text


async def test_who_waits_is_let_go_when_the_provider_stops(alice: Agent, local: Provided) -> None:
    """A waiting request is answered at once, and the provider need not wait for it."""
    waiting = asyncio.ensure_future(answer(local, "?wait=25", alice.key))
    await until(lambda: alice.id in local.provider.office.bell._waiting)
    await stopped_without_patience(local)
    assert (await waiting)["events"] == []


async def test_reading_is_audited(alice: Agent, bob: Agent, local: Provided) -> None:
    """One line for each identity of which something was told, none where there was nothing to tell."""
    await alice.happens()
    await alice.happens()
    await bob.happens()
    await alice.events("?since=9")
    assert await alice.audited() == []
    await alice.events()
    await events(local)
    assert await alice.audited() == [
        ("key t", "events.read", "ok", "2 events"),
        ("key constellagent", "events.read", "ok", "2 events"),
    ]
    assert len(await bob.audited()) == 1


async def test_many_who_wait_are_all_told(alice: Agent, local: Provided) -> None:
    """Fifty long polls at once are each answered by one event, and nothing waits any more after it."""
    async with asyncio.TaskGroup() as group:
        polls = [group.create_task(events(local, "?wait=20", key=alice.key)) for _ in range(50)]
        bell = local.provider.office.bell
        await until(lambda: len(bell._waiting.get(alice.id, ())) == 50)
        await alice.happens()
    assert [len(poll.result()) for poll in polls] == [1] * 50
    assert bell._waiting.keys() <= {None}
