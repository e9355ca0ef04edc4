"""Who sent a message, and how deep the run was that did."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from constellagent.plan.fires import Fire, run_id
from constellagent.plan.wakeups import Decision
from constellagent.runtime.store.bindings import Binding, Bindings
from constellagent.runtime.triggers.arrivals import Arrival
from constellagent.runtime.triggers.origins import AFTERWARDS, UNKNOWN, Origins, is_word_to_owner
from tests.ravi.local.mail.talking import mail, post
from tests.runtime.triggers.station import Station

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
SITE = Binding("c", "site", "local", "u", "site", "site@acme.test")


def arrival(sender: str, at: datetime = AT, subject: str = "") -> Arrival:
    """Return a mail."""
    return Arrival("email", sender, subject, "", automatic=False, at=at)


def text(sender: str, said: str = "") -> Arrival:
    """Return a text."""
    return Arrival("sms", sender, "", said, automatic=False, at=AT)


def origins(at: Station) -> Origins:
    """Return what is tested."""
    return Origins(Bindings(at.database, ""), at.ledger, at.scheduler)


async def a_run(
    at: Station, depth: int, begin: datetime, end: datetime | None, key: str = "site/hook"
) -> None:
    """Let an agent have had a run."""
    run = run_id(at.id, key, "event", begin, 1)
    fire = Fire(run, key, "event", begin, 1, "webhook", "queued", begin, event=run, depth=depth)
    await at.ledger.commit(at.id, {key: Decision(fires=(fire,))}, begin)
    await at.ledger.claim([fire], begin)
    await at.ledger.started(run, begin)
    if end is not None:
        await at.ledger.end(run, "succeeded", end)


async def test_an_agent_is_known_by_address_and_number(at: Station) -> None:
    """An agent of any constellation here; an identity that was put away is nobody, and so is a stranger."""
    docs, site = await at.agent("docs", phone=True), await at.agent("site")
    elsewhere = replace(site, constellation="other")
    await Bindings(at.database, at.id).drop("site", "local")
    await Bindings(at.database, "other").put(elsewhere)
    found = origins(at)

    assert await found.sender(arrival("Docs+x@Acme.test"), "local") == docs
    assert await found.sender(text(docs.phone or ""), "local") == docs
    assert await found.sender(arrival(site.address), "local") == elsewhere
    assert await found.sender(arrival("stranger@x.example"), "local") is None
    assert await found.sender(text(""), "local") is None
    assert await found.sender(arrival(docs.address), "ravi") is None
    await Bindings(at.database, at.id).put(replace(docs, archived=True))
    assert await found.sender(arrival(docs.address), "local") is None


@pytest.mark.parametrize(
    ("sent", "depth"),
    [
        (timedelta(minutes=1), 3),
        (timedelta(minutes=10) + AFTERWARDS / 2, 3),
        (timedelta(minutes=11) + AFTERWARDS, UNKNOWN),
        (-timedelta(minutes=5), UNKNOWN),
        (-timedelta(seconds=30), 3),
    ],
    ids=["during", "soon after", "long after", "before", "by a clock that is behind"],
)
async def test_the_depth_is_that_of_the_run_that_was_going(
    open_at: Station, sent: timedelta, depth: int
) -> None:
    """A run counts while it goes, and for a while afterwards."""
    site = await open_at.agent("site")
    await open_at.declare("site/hook", on={"webhook": "x"})
    await a_run(open_at, 3, AT, AT + timedelta(minutes=10))
    assert await origins(open_at).depth(arrival(site.address, AT + sent), site) == depth


async def test_of_several_runs_the_deepest_counts(open_at: Station) -> None:
    """So that no circle gets away by having a shallow run beside it; runs of the clock have no depth."""
    site = await open_at.agent("site")
    assert await origins(open_at).depth(arrival(site.address), site) == UNKNOWN
    await open_at.declare("site/hook", on={"webhook": "x"})
    await a_run(open_at, 0, AT - timedelta(minutes=3), None)
    assert await origins(open_at).depth(arrival(site.address), site) == 0
    await a_run(open_at, 5, AT - timedelta(minutes=2), AT)
    await a_run(open_at, 2, AT - timedelta(minutes=1), None)
    assert await origins(open_at).depth(arrival(site.address), site) == 5


async def test_what_an_agent_begins_anew_is_no_part_of_an_earlier_circle(open_at: Station) -> None:
    """A run that goes on sent it, however deep those before it were; between runs it was the last one."""
    site = await open_at.agent("site")
    await open_at.declare("site/hook", on={"webhook": "x"})
    await a_run(open_at, 8, AT - timedelta(minutes=30), AT - timedelta(minutes=29))
    await a_run(open_at, 0, AT - timedelta(minutes=1), AT + timedelta(minutes=1))

    assert await origins(open_at).depth(arrival(site.address, AT - timedelta(minutes=20)), site) == 8
    assert await origins(open_at).depth(arrival(site.address), site) == 0
    assert await origins(open_at).depth(arrival(site.address, AT + timedelta(minutes=5)), site) == 0


async def test_what_was_typed_into_a_live_session_counts_beside_other_runs(open_at: Station) -> None:
    """The work on it goes on after its run is over: the last one typed counts, and none before it."""
    site = await open_at.agent("site")
    await open_at.declare("site/hook", on={"webhook": "x"})
    await open_at.declare("site/typed", on={"webhook": "y"}, workspace="resident", prompt="go on")
    await a_run(open_at, 0, AT - timedelta(minutes=10), AT + timedelta(minutes=10))
    await a_run(open_at, 8, AT - timedelta(minutes=9), AT - timedelta(minutes=9), "site/typed")
    await a_run(open_at, 4, AT - timedelta(minutes=5), AT - timedelta(minutes=5), "site/typed")

    assert await origins(open_at).depth(arrival(site.address), site) == 4


@pytest.mark.parametrize(
    ("said", "ours"),
    [
        ("site/nightly failed: exit status 1", True),
        ("site/nightly timed out", True),
        ("site/nightly was lost: x", True),
        ("site/nightly failedness", False),
        ("Re: site/nightly failed: exit status 1", False),
        ("docs/nightly failed", False),
        ("site/nightly succeeded", False),
    ],
)
def test_our_own_word_is_known_by_how_it_begins(said: str, ours: bool) -> None:
    """An answer to it, or a mail about it, is a message like any other."""
    assert is_word_to_owner(arrival("", subject=said), SITE) is ours
    assert is_word_to_owner(text("", said), SITE) is ours


async def test_mail_of_agents_to_each_other_ends_at_the_limit(open_at: Station) -> None:
    """Two agents that answer each other are stopped by the depth of their runs, with a row that says so."""
    docs, site = await open_at.agent("docs"), await open_at.agent("site")
    for key in ("docs/inbox", "site/inbox"):
        await open_at.declare(key, on={"email": {}}, max_per_hour=100, overlap="queue_all")
    await open_at.followed(docs, site)
    people = {"docs": (docs, site), "site": (site, docs)}

    await post(open_at.local, mail(docs.address, "begin"))
    rows: list[Any] = []
    while not rows or rows[-1].fire.state != "over_limit":
        rows = await open_at.woken(len(rows) + 1)
        me, other = people[rows[-1].fire.schedule.partition("/")[0]]
        await open_at.client.of(me.uuid).mail.send(other.address, f"answer {len(rows)}", "x")

    assert [row.fire.depth for row in rows] == [*range(1, 9), 9]
    assert "loop" in rows[-1].fire.why


async def test_mail_of_an_agent_without_a_run_has_a_depth_too(open_at: Station) -> None:
    """Nobody knows what made it write, so it counts as caused."""
    docs, site = await open_at.agent("docs"), await open_at.agent("site")
    await open_at.declare("docs/inbox", on={"email": {}})
    await open_at.followed(docs)

    await open_at.client.of(site.uuid).mail.send(docs.address, "from a terminal", "x")

    assert [row.fire.depth for row in await open_at.woken(1)] == [2]


async def test_our_own_word_to_an_owner_wakes_nobody(open_at: Station) -> None:
    """Where the owner's mailbox is an agent's, the word that a run failed is for reading."""
    docs, site = await open_at.agent("docs"), await open_at.agent("site")
    await open_at.declare("docs/inbox", on={"email": {}})
    await open_at.followed(docs)

    sender = open_at.client.of(site.uuid).mail
    await sender.send(docs.address, "site/nightly failed: exit status 1", "x")
    await sender.send(docs.address, "the nightly failed", "x")

    await open_at.woken(1)
    await open_at.decided(docs)
    assert len(await open_at.history()) == 1
