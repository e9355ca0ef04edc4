"""Mail and texts that wake agents, from a real provider: which do, which never do, and that none is lost."""

import asyncio
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from constellagent.errors import UnavailableError, WorldError
from constellagent.runtime.settings import Settings
from constellagent.runtime.store.bindings import Bindings
from constellagent.runtime.triggers.mailbox import POLL
from tests.ravi.local.mail.talking import SENDER, mail, post
from tests.ravi.local.phone.lines import hand_in
from tests.runtime.triggers.meagre import meagre
from tests.runtime.triggers.station import Station, as_row, eventually, lines, station

ANY: dict[str, Any] = {"on": {"email": {}}}


async def test_a_mail_wakes_the_agent_once(open_at: Station) -> None:
    """A mail by SMTP leads to one run, with the event as its cause, told when it came."""
    docs = await open_at.agent("docs")
    await open_at.declare("docs/inbox", on={"email": {"from": "*@ACME.example", "subject": "deploy*"}})
    await open_at.followed(docs)

    await post(open_at.local, mail(docs.address, "Deploy the site"))

    (row,) = await open_at.woken(1)
    (event,) = await open_at.client.of(docs.uuid).events.since(0)
    assert as_row(row)[:2] == ("docs/inbox", "email")
    assert (row.fire.origin, row.fire.event, row.fire.depth) == ("event", event.id, 1)
    assert row.fire.fire_at.isoformat(timespec="milliseconds").replace("+00:00", "Z") == event.created_dt


@pytest.mark.parametrize(
    "subject", ["deployment", "please deploy", "", "DEPLOY"], ids=["longer", "inside", "none", "capitals"]
)
async def test_both_patterns_must_match(open_at: Station, subject: str) -> None:
    """A mail from elsewhere or about something else wakes nobody; the mark passes it."""
    docs = await open_at.agent("docs")
    await open_at.declare("docs/inbox", on={"email": {"from": SENDER, "subject": "deploy"}})
    await open_at.followed(docs)

    await post(open_at.local, mail(docs.address, subject))
    await post(open_at.local, mail(docs.address, "deploy", From="mallory@else.example"))
    await open_at.decided(docs)

    assert len(await open_at.history()) == (subject == "DEPLOY")


async def test_a_text_wakes_the_agent(open_at: Station) -> None:
    """A text by the gateway is compared with number and content."""
    docs = await open_at.agent("docs", phone=True)
    await open_at.declare("docs/phone", on={"sms": {"from": "+1202555*", "text": "*urgent*"}})
    await open_at.followed(docs)

    await hand_in(open_at.local, "+12025550199", docs.phone or "", "not now")
    await hand_in(open_at.local, "+442079460001", docs.phone or "", "URGENT")
    await hand_in(open_at.local, "+12025550199", docs.phone or "", "this is Urgent!")
    await open_at.decided(docs)

    assert [as_row(row)[:2] for row in await open_at.history()] == [("docs/phone", "sms")]


async def test_two_schedules_on_one_mailbox_are_both_woken(open_at: Station) -> None:
    """Each schedule decides for itself; a third one, of another agent, hears nothing."""
    docs, site = await open_at.agent("docs"), await open_at.agent("site")
    await open_at.declare("docs/all", **ANY)
    await open_at.declare("docs/deploys", on={"email": {"subject": "deploy*"}})
    await open_at.declare("site/all", **ANY)
    await open_at.followed(docs, site)

    await post(open_at.local, mail(docs.address, "deploy"))

    rows = await open_at.woken(2)
    assert sorted(row.fire.schedule for row in rows) == ["docs/all", "docs/deploys"]
    await open_at.decided(docs)
    assert len(await open_at.history()) == 2


async def test_nothing_of_the_past_wakes_anybody(open_at: Station) -> None:
    """Mail that lay in the mailbox before the schedule came is left where it is."""
    docs = await open_at.agent("docs")
    await post(open_at.local, mail(docs.address, "old"))
    await open_at.declare("docs/inbox", **ANY)
    await open_at.followed(docs)

    await post(open_at.local, mail(docs.address, "new"))

    await open_at.woken(1)
    await open_at.decided(docs)
    assert len(await open_at.history()) == 1


async def test_a_removed_schedule_begins_anew_when_it_comes_back(open_at: Station) -> None:
    """What came while no schedule of the agent was woken by mail is not made up for."""
    docs = await open_at.agent("docs")
    await open_at.declare("docs/inbox", **ANY)
    await open_at.followed(docs)
    await open_at.undeclare("docs/inbox")
    assert await open_at.mark(docs) is None

    await post(open_at.local, mail(docs.address, "meanwhile"))
    await open_at.declare("docs/inbox", **ANY)
    await open_at.followed(docs)
    await post(open_at.local, mail(docs.address, "again"))

    await open_at.woken(1)
    await open_at.decided(docs)
    assert len(await open_at.history()) == 1


async def test_mail_that_came_while_the_daemon_was_down_is_told(open_at: Station) -> None:
    """The next daemon begins at the mark of the one before, and tells nothing twice."""
    docs = await open_at.agent("docs")
    await open_at.declare("docs/inbox", overlap="queue_all", **ANY)
    await open_at.followed(docs)
    await post(open_at.local, mail(docs.address, "before"))
    await open_at.woken(1)
    await open_at.close()

    await post(open_at.local, mail(docs.address, "while down"))
    await post(open_at.local, mail(docs.address, "while down, too"))
    open_at.new_daemon()
    await open_at.start()

    await open_at.woken(3)
    await open_at.restart()
    await open_at.decided(docs)
    assert len(await open_at.history()) == 3


@pytest.mark.parametrize(
    "fields",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; reason=x"},
        {"Precedence": "bulk"},
        {"Precedence": "list"},
        {"Precedence": "junk"},
    ],
    ids=lambda fields: " ".join(fields.values()),
)
async def test_what_programs_send_by_themselves_wakes_nobody(
    open_at: Station, fields: dict[str, str]
) -> None:
    """Answers of robots, lists and bulk mail would make circles."""
    docs = await open_at.agent("docs")
    await open_at.declare("docs/inbox", **ANY)
    await open_at.followed(docs)

    await post(open_at.local, mail(docs.address, "hello", **fields))
    await post(open_at.local, mail(docs.address, "a person", Auto_Submitted="no"))

    await open_at.woken(1)
    await open_at.decided(docs)
    assert len(await open_at.history()) == 1


async def test_bounces_and_notices_wake_nobody(open_at: Station) -> None:
    """A mail of the agent's own that comes back, and one with an empty sender, are notices."""
    docs = await open_at.agent("docs")
    await open_at.declare("docs/inbox", **ANY)
    await open_at.followed(docs)

    await open_at.client.of(docs.uuid).mail.send("nobody@acme.test", "lost", "x")  # its notice comes back
    await open_at.decided(docs)

    unread = await open_at.client.of(docs.uuid).mail.messages(unread=True, incoming=True)
    assert [row.sender_type for row in unread] == ["automated"]
    assert await open_at.history() == []


async def test_an_agent_does_not_wake_itself(open_at: Station) -> None:
    """Mail and texts to oneself, whatever the case or the tag of the address, wake nobody."""
    docs = await open_at.agent("docs", phone=True)
    await open_at.declare("docs/inbox", **ANY)
    await open_at.declare("docs/phone", on={"sms": {}})
    await open_at.followed(docs)

    belongings = open_at.client.of(docs.uuid)
    await belongings.mail.send(docs.address, "a note to myself", "x")
    await post(open_at.local, mail(docs.address, "the same", From="DOCS+tag@acme.test"))
    await belongings.texts.send(docs.phone or "", "a note to myself")
    await open_at.decided(docs)

    assert await open_at.history() == []


async def test_a_full_disk_moves_no_mark(
    open_at: Station, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be written down is told again, with growing pauses, and said once in the log."""
    docs = await open_at.agent("docs")
    await open_at.declare("docs/inbox", **ANY)
    await open_at.followed(docs)
    before, failures = await open_at.mark(docs), iter(range(4))
    commit = open_at.ledger.commit

    async def full(*args: Any) -> Any:
        if next(failures, None) is not None:
            assert await open_at.mark(docs) == before
            raise WorldError("the disk is full")
        return await commit(*args)

    monkeypatch.setattr(open_at.ledger, "commit", full)
    with caplog.at_level(logging.INFO, "constellagent.runtime.triggers"):
        await post(open_at.local, mail(docs.address, "keep me"))
        await open_at.woken(1)
        await open_at.decided(docs)

    said = [record.getMessage() for record in caplog.records if "followed" in record.getMessage()]
    assert len(await open_at.history()) == 1
    assert said == [
        "mail and texts for docs cannot be followed: the disk is full",
        "mail and texts for docs are followed again",
    ]
    assert open_at.waits[:4] == [1.0, 2.0, 4.0, 8.0]


async def test_dying_between_the_ledger_and_the_mark_tells_nothing_twice(
    open_at: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next daemon tells the event again, and the ledger knows it."""
    docs = await open_at.agent("docs")
    await open_at.declare("docs/inbox", overlap="queue_all", **ANY)
    await open_at.followed(docs)

    async def dead(*_: Any) -> None:
        raise WorldError("killed")

    monkeypatch.setattr(open_at.triggers._watermarks, "put", dead)
    await post(open_at.local, mail(docs.address, "once"))
    await open_at.woken(1)
    await open_at.restart()
    await post(open_at.local, mail(docs.address, "and another"))

    await open_at.woken(2)
    await open_at.decided(docs)
    assert len(await open_at.history()) == 2


async def test_a_provider_that_is_away_is_asked_again(open_at: Station) -> None:
    """Nothing is lost while it does not answer, and its return is noticed."""
    docs = await open_at.agent("docs")
    away = True

    async def connect() -> Any:
        if away:
            raise UnavailableError("no answer")
        return open_at.client

    await open_at.declare("docs/inbox", **ANY)
    await open_at.followed(docs)
    await open_at.close()
    open_at.connect = connect
    open_at.new_daemon()
    await open_at.start()
    await post(open_at.local, mail(docs.address, "still there"))
    while len(open_at.waits) < 9:
        await open_at.history()
    away = False

    await open_at.woken(1)
    assert open_at.waits[:8] == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]


async def test_a_mailbox_with_an_older_memory_is_followed_from_its_end(open_at: Station) -> None:
    """A provider restored from a backup has lower numbers than the mark; new mail still wakes."""
    docs = await open_at.agent("docs")
    await open_at.declare("docs/inbox", **ANY)
    await open_at.followed(docs)
    await open_at.close()
    await open_at.triggers._watermarks.put(open_at.id, docs.uuid, 1_000_000)

    open_at.new_daemon()
    await open_at.start()
    await eventually(lambda: open_at.mark(docs), lambda mark: mark < 1_000_000)
    await post(open_at.local, mail(docs.address, "hello"))

    await open_at.woken(1)


async def test_an_agent_without_an_identity_is_not_followed(
    open_at: Station, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody asks for a mailbox that is not there or was put away; the next apply looks again."""
    with caplog.at_level(logging.INFO):
        await open_at.declare("docs/inbox", **ANY)
        docs = await open_at.agent("docs")
        await Bindings(open_at.database, open_at.id).put(replace(docs, archived=True))
        await open_at.refresh()
        for task in list(open_at.triggers._mailboxes._tasks.values()):
            await task
        assert "it has no identity" in caplog.text
        await Bindings(open_at.database, open_at.id).put(docs)
        await open_at.refresh()
    await open_at.followed(docs)


async def test_a_constellation_that_is_gone_is_not_followed(open_at: Station) -> None:
    """What was destroyed between two looks is asked for nothing."""
    docs = await open_at.agent("docs")
    await open_at.constellations.forget(open_at.id)
    await open_at.declare("docs/inbox", **ANY)
    for task in list(open_at.triggers._mailboxes._tasks.values()):
        await task
    assert await open_at.mark(docs) is None


async def test_looking_marks_nothing_as_read_and_is_audited(open_at: Station) -> None:
    """The mail stays unread for the agent, and the audit tells that the daemon looked."""
    docs = await open_at.agent("docs")
    await open_at.declare("docs/inbox", **ANY)
    await open_at.followed(docs)
    await post(open_at.local, mail(docs.address, "read me later"))
    await open_at.woken(1)

    assert len(await open_at.client.of(docs.uuid).mail.messages(unread=True)) == 1
    seen = [(line.actor, line.action) for line in await open_at.client.audit.of(docs.uuid)]
    assert ("daemon", "events.read") in seen
    assert ("daemon", "mail.read") not in seen


async def test_nothing_private_is_stored_or_logged(
    open_at: Station, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the sender nor the subject nor the text of a message is in `state.db` or in the log."""
    docs = await open_at.agent("docs", phone=True)
    await open_at.declare("docs/inbox", **ANY)
    await open_at.declare("docs/phone", on={"sms": {}})
    await open_at.followed(docs)
    with caplog.at_level(logging.DEBUG):
        await post(
            open_at.local, mail(docs.address, "canary-subject", "canary-body", From="canary@x.example")
        )
        await hand_in(open_at.local, "+12025550177", docs.phone or "", "canary-text")
        await open_at.woken(2)
        await open_at.decided(docs)
        await open_at.close()

    for place in (lines(open_at.settings), caplog.text):
        assert "canary" not in place
        assert "2025550177" not in place


async def test_a_provider_that_only_lists_is_asked_now_and_then(home: Settings, tmp_path: Path) -> None:
    """A hosted one is begun at its newest event, looked at after pauses, and audited on this side."""
    async with meagre() as hosted:
        hosted_at = {"ravi_api_url": hosted.url, "ravi_api_key": SecretStr("key")}
        async with station(home.model_copy(update=hosted_at), tmp_path) as at:
            await at.apply("version: 1\nname: acme\nidentities: {provider: ravi}\n")
            await at.start()
            docs = await at.agent("docs", provider="ravi")
            await at.declare("docs/inbox", on={"email": {"from": "boss@*", "subject": "GO"}})
            await at.followed(docs)
            await eventually(lambda: asyncio.sleep(0, at.waits), len)
            hosted.events.append(hosted.event(12))
            (row,) = await at.woken(1)
            await at.restart()
            await eventually(
                lambda: asyncio.sleep(0, hosted), lambda it: it.latest == 2 and it.asked[-1] == 12
            )
            told = [(line.action, line.about) for line in await at.client.audit.of(docs.uuid)]

            assert (row.fire.event, set(at.waits)) == ("e-12", {POLL})
            assert hosted.asked[:3] == [0, 4, 9]
            assert len(await at.history()) == 1
            assert told[-2:] == [("events.read", "1 events"), ("mail.read", "mail 12, for a schedule")]


async def test_a_provider_that_asks_for_patience_gets_it(
    open_at: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it says how long to wait, that is waited at least."""
    docs = await open_at.agent("docs")
    errors: list[Exception] = [WorldError("too many requests", delay=42.0), WorldError("again")]

    async def connect() -> Any:
        if errors:
            raise errors.pop(0)
        return open_at.client

    open_at.connect = connect
    open_at.new_daemon()
    await open_at.start()
    await open_at.declare("docs/inbox", **ANY)
    await open_at.followed(docs)
    assert open_at.waits == [42.0, 2.0]
