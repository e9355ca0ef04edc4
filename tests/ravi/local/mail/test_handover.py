"""Mail in the hands of the relay, over real connections: taken, refused for now or for good, not in clear."""

from pathlib import Path
from typing import Any

import pytest

from constellagent.ravi.local.mail.handover import Handover
from constellagent.ravi.local.options import Relay
from constellagent.ravi.vault import RootKey
from tests.ravi.local.mail.senders import AWAY, plain, sender
from tests.ravi.local.mail.world import certified, world


async def test_only_some_recipients_are_refused(tmp_path: Path, root_key: RootKey) -> None:
    """Each recipient has its own state: sent, failed with a notice at once, or tried again."""
    answers = {"gone@world.example": "550 5.1.1 no such user", "busy@world.example": "451 4.3.0 later"}
    async with world(recipients=answers) as there, sender(tmp_path, root_key, plain(there)) as who:
        await who.send(AWAY, "gone@world.example", "busy@world.example")
        rows = await who.until("sent", "failed", "waiting")
        assert [row["last_error"] for row in rows] == ["", "550 5.1.1 no such user", "451 4.3.0 later"]
        assert rows[2]["next_attempt_at"] == "2027-01-15T08:01:00.000Z"
        (notice,) = await who.notices()
        assert "gone@world.example: 550 5.1.1 no such user (5.1.1)" in notice["text_content"]
        assert "busy" not in notice["text_content"]
        del answers["busy@world.example"]
        await who.pass_time(60)
        await who.until("sent", "failed", "sent")
        assert [envelope.rcpt_tos for envelope in there.mails] == [[AWAY], ["busy@world.example"]]
        assert len({found.message_id for found in there.letters}) == 1
        assert len(await who.notices()) == 1


async def test_a_mail_that_no_recipient_takes(tmp_path: Path, root_key: RootKey) -> None:
    """Where all are refused each still has its own answer, and those that failed are told in one notice."""
    answers = {
        "a@world.example": "550 5.1.1 no a",
        "b@world.example": "450 4.2.0 not now",
        "c@world.example": "551 no c",
    }
    async with world(recipients=answers) as there, sender(tmp_path, root_key, plain(there)) as who:
        await who.send(*answers)
        await who.until("failed", "waiting", "failed")
        (notice,) = await who.notices()
        assert "no a (5.1.1)" in notice["text_content"]
        assert "no c (5.0.0)" in notice["text_content"]
        assert "b@" not in notice["text_content"]
        assert there.mails == []


async def test_a_refused_mail_bounces_at_once(tmp_path: Path, root_key: RootKey) -> None:
    """554 to the content fails for all recipients, who are told of in one notice."""
    async with world(data=["554 5.7.1 spam"]) as there, sender(tmp_path, root_key, plain(there)) as who:
        await who.send("a@world.example", "b@world.example")
        await who.until("failed", "failed")
        (notice,) = await who.notices()
        assert notice["text_content"].count("554 5.7.1 spam") == 2
        assert there.mails == []


async def test_a_server_that_is_away_is_tried_again(tmp_path: Path, root_key: RootKey) -> None:
    """No connection is nobody's fault: the mail waits, the reason is shown, and then it leaves."""
    async with world() as there:
        relay = plain(there)
    async with sender(tmp_path, root_key, relay) as who:
        await who.send()
        row = await who.until_tried(1)
        assert row["state"] == "waiting"
        assert f"127.0.0.1:{relay.port} could not be used" in row["last_error"]
        assert await who.notices() == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_mail_travels_protected(
    tmp_path: Path, root_key: RootKey, monkeypatch: pytest.MonkeyPatch, security: Any
) -> None:
    """With STARTTLS or TLS the certificate is checked, then the password is sent, then the mail."""
    context, authority = certified(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    async with world(tls=context, from_the_start=security == "tls") as there:
        relay = Relay("127.0.0.1", there.port, security, "me@acme.example", "right")
        async with sender(tmp_path, root_key, relay) as who:
            await who.send()
            await who.until("sent")
        assert there.logins == [(b"me@acme.example", b"right")]
        assert len(there.mails) == 1
        assert there.secured == [True]


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_an_unknown_certificate_stops_everything(
    tmp_path: Path, root_key: RootKey, security: Any
) -> None:
    """A server that cannot prove who it is gets neither the password nor the mail."""
    context, _ = certified(tmp_path)
    async with world(tls=context, from_the_start=security == "tls") as there:
        relay = Relay("127.0.0.1", there.port, security, "me@acme.example", "right")
        async with sender(tmp_path, root_key, relay) as who:
            await who.send()
            row = await who.until_tried(1)
            assert row["state"] == "waiting"
            assert "CERTIFICATE_VERIFY_FAILED" in row["last_error"]
        assert (there.logins, there.mails) == ([], [])


async def test_a_server_without_starttls_gets_nothing(tmp_path: Path, root_key: RootKey) -> None:
    """Protection that was asked for is never given up."""
    async with world() as there:
        relay = Relay("127.0.0.1", there.port, "starttls", "me@acme.example", "right")
        async with sender(tmp_path, root_key, relay) as who:
            await who.send()
            row = await who.until_tried(1)
            assert row["state"] == "waiting"
            assert "STARTTLS" in row["last_error"]
        assert (there.logins, there.mails) == ([], [])


async def test_a_wrong_password_waits_and_is_never_shown(
    tmp_path: Path, root_key: RootKey, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A login that fails can be mended, so nothing bounces; the password is in no error, log or file."""
    context, authority = certified(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    folder = tmp_path / "provider"
    folder.mkdir()
    async with world(tls=context) as there:
        relay = Relay("127.0.0.1", there.port, "starttls", "me@acme.example", "canary-password")
        with caplog.at_level("INFO"):
            async with sender(folder, root_key, relay) as who:
                await who.send(subject="canary-subject")
                row = await who.until_tried(1)
        assert row["state"] == "waiting"
        assert "refused us: 5.7.8" in row["last_error"]
        assert there.logins[0][1] == b"canary-password"
    assert "canary" not in f"{relay!r} {row['last_error']} {caplog.text}"
    files = [file.read_bytes() for file in folder.rglob("*") if file.is_file()]
    assert len(files) >= 2
    assert not any(word in content for content in files for word in (b"canary", AWAY.encode()))


def test_a_password_that_a_server_repeats_is_hidden() -> None:
    """What a server says is shown without the password that it was told."""
    link = Handover(Relay("h", 1, "tls", "me", "s3cret"), 1.0)
    assert link._said(554, b"5.7.0 bad\r\n s3cret here").reason == "554 5.7.0 bad *** here"


async def test_addresses_beyond_ascii_need_a_server_that_takes_them(
    tmp_path: Path, root_key: RootKey
) -> None:
    """With SMTPUTF8 such an address is reached; without, the mail bounces and says why."""
    for utf8 in (True, False):
        folder = tmp_path / str(utf8)
        folder.mkdir()
        async with world(utf8=utf8) as there, sender(folder, root_key, plain(there)) as who:
            await who.send("jürgen@exämple.example")
            (row,) = await who.until("sent" if utf8 else "failed")
            assert len(there.mails) == utf8
            assert ("beyond ASCII" in row["last_error"]) is not utf8
