"""Mail for elsewhere as a whole: sent once, tried again, given up, across restarts and failures."""

import asyncio
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from constellagent.errors import UsageError, WorldError
from constellagent.ravi.local import LocalProvider
from constellagent.ravi.local.mail import outgoing
from constellagent.ravi.local.mail.letter import Attached
from constellagent.ravi.local.options import Options, Relay
from constellagent.ravi.vault import RootKey
from tests.ravi.local.mail.letters import owner
from tests.ravi.local.mail.senders import AWAY, Sender, again, async_of, plain, sender
from tests.ravi.local.mail.world import until, world
from tests.ravi.provided import Provided

HOUR = 3600.0


async def test_mail_leaves_by_the_relay(tmp_path: Path, root_key: RootKey) -> None:
    """One transaction for all recipients elsewhere, blind ones too; content, id and date as written."""
    async with world() as there, sender(tmp_path, root_key, plain(there)) as who:
        kept = await who.send(
            AWAY,
            "b@world.example",
            bcc=("blind@world.example",),
            subject="Grüße",
            text="schön",
            attachments=(Attached("a.bin", "application/x", bytes(range(256))),),
        )
        await who.until("sent", "sent", "sent")
        ((envelope,), (found,)) = (there.mails, there.letters)
        assert envelope.mail_from == who.docs.address
        assert envelope.rcpt_tos == [AWAY, "b@world.example", "blind@world.example"]
        assert (found.subject, found.text, found.to) == ("Grüße", "schön", (AWAY, "b@world.example"))
        assert found.attachments[0].content == bytes(range(256))
        content = envelope.original_content or b""
        assert b"blind" not in content
        assert b"Date: Fri, 15 Jan 2027 08:00:00 -0000" in content
        lines = await who.docs.audit()
        assert ("relay", "mail.relayed", "ok", f"to {AWAY}: Grüße") in lines
        assert kept.id
        assert await who.notices() == []


async def test_failures_are_retried_more_and_more_rarely_for_three_days(
    tmp_path: Path, root_key: RootKey
) -> None:
    """A minute, doubled up to six hours; after three days the sender is told, once."""
    async with world(data=["451 4.3.0 full"] * 100) as there, sender(tmp_path, root_key, plain(there)) as who:
        start = who.clock[0]
        await who.send()
        pauses: list[float] = []
        attempt = 1
        while (row := await who.until_tried(attempt))["state"] == "waiting":
            pauses.append(datetime.fromisoformat(row["next_attempt_at"]).timestamp() - who.clock[0])
            await who.pass_time(pauses[-1])
            attempt += 1
        assert pauses[:9] == [60, 120, 240, 480, 960, 1920, 3840, 7680, 15360]
        assert set(pauses[9:]) == {6 * HOUR}
        assert 2.75 * 86_400 < who.clock[0] - start < 3 * 86_400
        assert row["state"] == "failed"
        (notice,) = await who.notices()
        assert f"Given up after {attempt} attempts: 451 4.3.0 full (4.4.7)" in notice["text_content"]
        assert len(there.data) == 100 - attempt


async def test_mail_in_clear_stays_on_this_machine(tmp_path: Path, root_key: RootKey) -> None:
    """A relay elsewhere without protection is refused when the provider starts."""
    relay = Relay("192.0.2.1", 25, "none")
    with pytest.raises(UsageError, match=r"192\.0\.2\.1") as raised:
        await LocalProvider(tmp_path, root_key, options=Options(relay=relay)).start()
    assert "starttls" in raised.value.hint


async def test_what_was_held_leaves_when_there_is_a_relay(tmp_path: Path, root_key: RootKey) -> None:
    """Held without a relay, however long; then sent. Without a relay again, what waits is held."""
    async with sender(tmp_path, root_key, None) as who:
        await who.send(subject="held")
        (row,) = await who.until("held")
        assert "provider relay" in row["last_error"]
        assert (row["attempts"], row["next_attempt_at"]) == (0, None)
        await who.pass_time(30 * 86_400)
    async with world() as there:
        async with again(tmp_path, root_key, plain(there), who) as who:
            await who.until("sent")
            assert [found.subject for found in there.letters] == ["held"]
            there.data.append("451 later")
            await who.send(subject="second")
            await who.until("sent", "waiting")
        async with again(tmp_path, root_key, None, who) as who:
            assert await who.states() == ["sent", "held"]


async def test_a_mail_in_hand_when_the_provider_died_is_sent_again(tmp_path: Path, root_key: RootKey) -> None:
    """Between the server's 250 and our commit nobody knows: it goes out again with the same Message-ID."""
    async with world() as there, sender(tmp_path, root_key, plain(there)) as who:
        await who.send()
        await who.until("sent")
        await who.docs.office.store.execute("UPDATE outgoing SET state = 'sending'")
        await who.docs.local.provider.stop()
        async with again(tmp_path, root_key, plain(there), who) as second:
            await second.until("sent")
        first, repeated = there.letters
        assert first == repeated


async def test_stopping_does_not_wait_for_the_server(tmp_path: Path, root_key: RootKey) -> None:
    """A server that never answers keeps neither the provider nor the mail: it leaves after the next start."""
    async with world(hold=asyncio.Event()) as there, sender(tmp_path, root_key, plain(there)) as who:
        await who.send()
        async with asyncio.timeout(20):
            await there.reached.wait()
        async with asyncio.timeout(30):
            await who.docs.local.provider.stop()
        there.hold = None
        async with again(tmp_path, root_key, plain(there), who) as second:
            await second.until("sent")
        assert len(there.mails) == 1


async def test_what_happened_is_written_down_however_often_the_store_fails(
    tmp_path: Path, root_key: RootKey, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A full disk after the server's 250 does not send the mail twice."""
    async with world() as there, sender(tmp_path, root_key, plain(there)) as who:
        monkeypatch.setattr("constellagent.ravi.local.mail.relay._STORE_PAUSE", 0.01)
        left = 3

        def full(real: Any, office: Any, db: sqlite3.Connection, *rest: Any) -> Any:
            nonlocal left
            if left:
                left -= 1
                raise WorldError("no space left on device")
            return real(office, db, *rest)

        # A disk that is full for three calls and not for those of the test needs more than a small disk.
        real = outgoing.settle
        monkeypatch.setattr(outgoing, "settle", lambda *given: full(real, *given))
        await who.send()
        await who.until("sent")
        assert (left, len(there.mails)) == (0, 1)
        assert caplog.text.count("no space left") == 3


async def test_an_outbox_that_cannot_be_read_is_looked_at_again(
    tmp_path: Path, root_key: RootKey, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A store that fails while the relay looks costs nothing but time."""
    async with world() as there, sender(tmp_path, root_key, plain(there)) as who:
        # The relay waits: what it does next is asked of a store that fails, as with a full disk.
        failed: list[bool] = []
        real = outgoing.claim

        def claim(*given: Any) -> Any:
            if not failed:
                failed.append(True)
                raise WorldError("no space left on device")
            return real(*given)

        monkeypatch.setattr(outgoing, "claim", claim)
        await who.send()
        await until(async_of(lambda: bool(failed)))
        await who.pass_time(1)
        await who.until("sent")
        assert "no space left" in caplog.text


async def test_a_mail_that_cannot_be_written_keeps_no_other_back(
    tmp_path: Path, root_key: RootKey, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A failure of ours waits like one of the server's, and the next mail leaves."""
    async with world() as there, sender(tmp_path, root_key, plain(there)) as who:

        def broken(*_: object) -> bytes:
            monkeypatch.undo()
            raise TypeError("a fault in our own code")

        monkeypatch.setattr("constellagent.ravi.local.mail.relay.build", broken)
        await who.send(subject="first")
        await who.until("waiting")
        await who.send(subject="second")
        await who.until("waiting", "sent")
        assert [found.subject for found in there.letters] == ["second"]
        assert "a fault in our own code" in caplog.text


async def test_a_changed_row_keeps_no_other_back(
    tmp_path: Path, root_key: RootKey, caplog: pytest.LogCaptureFixture
) -> None:
    """A mail that somebody changed in the database is never sent; the others are."""
    async with sender(tmp_path, root_key, None) as who:
        await who.send(subject="first")
        await who.send(subject="second")
        await who.docs.office.store.execute(
            "UPDATE mails SET body = x'00' WHERE id = (SELECT min(id) FROM mails)"
        )
    async with world() as there, again(tmp_path, root_key, plain(there), who) as second:
        await second.until("failed", "sent")
        assert [found.subject for found in there.letters] == ["second"]
    assert "cannot be sent" in caplog.text


async def test_mail_of_ours_that_comes_back_is_known(tmp_path: Path, root_key: RootKey) -> None:
    """What leaves carries a word by which it is refused when a server elsewhere sends it back."""
    async with world() as there, sender(tmp_path, root_key, plain(there)) as who:
        await who.send()
        await who.until("sent")
        marker = await who.docs.office.store.run(outgoing.marker)
        assert f"X-Loop: {marker}\r\n".encode() in (there.mails[0].original_content or b"")


async def test_deleting_an_identity_takes_its_mail_out_of_the_outbox(
    tmp_path: Path, root_key: RootKey
) -> None:
    """While the server has a mail in hand its sender is deleted: nothing fails, and nothing is left."""
    async with world(hold=asyncio.Event()) as there, sender(tmp_path, root_key, plain(there)) as who:
        local: Provided = who.docs.local
        await who.send()
        async with asyncio.timeout(20):
            await there.reached.wait()
        path = f"/api/identities/{who.docs.row['uuid']}/"
        await local.ask("POST", f"{path}archive/")
        assert (await local.ask("DELETE", path)).status_code == 204
        assert (await local.ask("GET", "/api/outbox/")).json() == []
        assert there.hold is not None
        there.hold.set()
        next_one = Sender(await owner(local, "next"), who.clock)
        await next_one.send(subject="next")
        await next_one.until("sent")
        assert [found.subject for found in there.letters] == ["Your code", "next"]
