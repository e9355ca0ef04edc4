"""How much an identity keeps of what others send, and what is left of the disk."""

import shutil
import smtplib
from pathlib import Path
from typing import NamedTuple

import pytest

from constellagent.ravi.local.options import Options
from constellagent.ravi.local.room import LEAST_FREE
from constellagent.ravi.vault import RootKey
from tests.ravi.local.mail.talking import mail, post
from tests.ravi.provided import Provided, provided

_MOST = 1 << 20
_BIG = "x" * 300_000 + "\n"


class _Disk(NamedTuple):
    total: int
    used: int
    free: int


async def inbox(local: Provided, row: dict[str, str]) -> int:
    """Return how many mails an identity has."""
    answer = await local.ask("GET", f"/api/email-messages/?identity={row['uuid']}")
    return len(answer.json())


async def fill(local: Provided, row: dict[str, str]) -> str:
    """Mail an identity until it takes no more; returns the answer."""
    for number in range(8):
        try:
            await post(local, mail(row["inbox"], f"number {number}", _BIG))
        except smtplib.SMTPDataError as error:
            return f"{error.smtp_code} {error.smtp_error!r}"
    raise AssertionError("nothing was refused")


async def test_a_full_mailbox_takes_no_more(tmp_path: Path, root_key: RootKey) -> None:
    """What comes beyond the limit is refused, to be tried again; what was kept stays."""
    async with provided(tmp_path, root_key, options=Options(most_kept=_MOST)) as local:
        full, other = [await local.identity(provision_phone=True) for _ in range(2)]
        said = await fill(local, full)
        assert "452 b'4.2.2 A mailbox is full" in said
        assert "CONSTELLAGENT_MAILBOX_LIMIT" in said
        assert await inbox(local, full) == 3
        await post(local, mail(other["inbox"], "to another", _BIG))
        assert await inbox(local, other) == 1
        text = {"from": "+12015550111", "to": full["phone"], "body": "x" * 1600}
        answers = {
            (await local.ask("POST", "/gateway/sms/", key="", body=text)).status_code for _ in range(99)
        }
        assert 507 in answers
        wanted = {"to_email": full["inbox"], "subject": "s", "content": _BIG}
        sent = await local.ask("POST", f"/api/email-messages/compose/?identity={other['uuid']}", body=wanted)
        assert sent.status_code == 507
        assert sent.json()["error"]["code"] == "storage.full"
        assert await inbox(local, other) == 1


async def test_what_was_undone_is_counted_again(tmp_path: Path, root_key: RootKey) -> None:
    """What was counted and not kept takes no room after a minute; a larger limit takes more at once."""
    clock = [1_800_000_000.0]
    async with provided(tmp_path, root_key, options=Options(most_kept=_MOST), now=lambda: clock[0]) as local:
        row = await local.identity()
        for number in range(2):
            await post(local, mail(row["inbox"], f"number {number}", _BIG))
        office = local.provider.office
        await office.store.run(lambda db: office.room.take(db, 1, 400_000, clock[0]))
        with pytest.raises(smtplib.SMTPDataError):
            await post(local, mail(row["inbox"], "late", _BIG))
        clock[0] += 61
        await post(local, mail(row["inbox"], "late", _BIG))
    async with provided(tmp_path, root_key, options=Options(most_kept=8 * _MOST)) as local:
        await post(local, mail(row["inbox"], "more", _BIG))
        assert await inbox(local, row) == 4


@pytest.mark.parametrize("total", [1 << 40, 1 << 30])
async def test_the_last_of_the_disk_is_left(
    local: Provided, monkeypatch: pytest.MonkeyPatch, total: int
) -> None:
    """Where little is free mail and texts are refused, to be tried again, and the rest goes on."""
    row = await local.identity(provision_phone=True)
    least = min(LEAST_FREE, total // 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: _Disk(total, 0, least - 1))
    with pytest.raises(smtplib.SMTPDataError, match=r"452.*4\.3\.1"):
        await post(local, mail(row["inbox"]))
    text = {"from": "+12015550111", "to": row["phone"], "body": "x"}
    refused = await local.ask("POST", "/gateway/sms/", key="", body=text)
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "storage.low")
    assert await inbox(local, row) == 0
    monkeypatch.setattr(shutil, "disk_usage", lambda _: _Disk(total, 0, least))
    await post(local, mail(row["inbox"]))
    assert await inbox(local, row) == 1


async def test_a_disk_that_cannot_be_looked_at_refuses_nothing(
    local: Provided, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who does not know tries: a write that fails says so itself."""

    def fail(_: object) -> None:
        raise OSError

    row = await local.identity()
    monkeypatch.setattr(shutil, "disk_usage", fail)
    await post(local, mail(row["inbox"]))
    assert await inbox(local, row) == 1
