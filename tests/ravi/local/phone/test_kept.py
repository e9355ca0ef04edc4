"""Text messages at rest."""

import asyncio
import sqlite3
from collections import Counter
from pathlib import Path

import pytest

from constellagent.ravi.local.office import Office
from constellagent.ravi.local.phone import kept
from constellagent.ravi.vault import VaultError
from tests.ravi.local.phone.lines import Line, hand_in, line
from tests.ravi.provided import Provided

_CANARIES = ("+12025550188", "CANARY-SENDER", "canary body 7391", "canary-sid-7391")


async def test_nothing_of_a_correspondent_is_in_clear(local: Provided, office: Office, alice: Line) -> None:
    """No number, name, body or id of others is in any file of the provider, also after deletions."""
    number, sender, body, sid = _CANARIES
    await hand_in(local, sender, alice.number, body, id=sid)
    await hand_in(local, number, alice.number, body)
    await alice.send(number, body)
    await alice.ask("POST", "/api/contacts/", {"phone_number": "+12025550187", "display_name": "Canary Name"})
    for place in ("/api/messages/", "/api/sms-inbox/", "/api/contacts/", "/api/contacts/search/?q=canary"):
        assert await alice.rows(place)
    for contact in await alice.rows("/api/contacts/"):
        await alice.ask("DELETE", f"/api/contacts/{contact['uuid']}/")
    await office.store.run(lambda db: db.execute("SELECT 1"))
    files = [path for path in local.folder.rglob("*") if path.is_file()]
    assert any(path.name == "provider.db-wal" for path in files)
    await asyncio.to_thread(_checkpoint, local.folder / "provider.db")
    for path in files:
        content = path.read_bytes()
        for canary in (*_CANARIES, "12025550188", "Canary Name", "+12025550187"):
            for form in (canary.encode(), canary.encode("utf-16-le"), canary.encode().hex().encode()):
                assert form not in content, (path, canary)


async def test_a_row_that_was_changed_or_moved_is_not_shown(
    local: Provided, office: Office, alice: Line, bob: Line
) -> None:
    """Content that stands in another row is an error that names no secret, never another's message."""
    await alice.get_from("ACME", "for alice")
    await bob.get_from("ACME", "for bob")

    def swap(db: sqlite3.Connection) -> None:
        db.execute("UPDATE texts SET content = (SELECT content FROM texts WHERE id = 1) WHERE id = 2")

    await office.store.run(swap)
    answer = await bob.ask("GET", "/api/messages/")
    assert answer.status_code == 503
    assert "alice" not in answer.text
    with pytest.raises(VaultError, match="cannot be opened"):
        await office.store.run(lambda db: [kept.unsealed(office, db, r) for r in _all(db)])


async def test_unread_counts(local: Provided, office: Office, alice: Line, bob: Line) -> None:
    """Only what came in and was not read counts, for each identity that has any."""
    assert await office.store.run(kept.unread) == {}
    await alice.send(bob.number, "1")
    await alice.send(bob.number, "2")
    await bob.get_from("ACME", "3")
    row = (await bob.rows("/api/messages/"))[0]
    assert await office.store.run(kept.unread) == {int(row["phone"]): 3}
    await bob.ask("PATCH", f"/api/messages/{row['id']}/", {"is_read": True})
    assert await office.store.run(kept.unread) == {int(row["phone"]): 2}


async def test_a_restart_forgets_nothing(local: Provided, office: Office, alice: Line) -> None:
    """What was taken in is in the database before the service hears so."""
    assert (await alice.get_from("ACME", "x")).status_code == 202
    copy = local.folder / "copy.db"
    await asyncio.to_thread(_copy, local.folder / "provider.db", copy)
    with sqlite3.connect(copy) as db:
        assert db.execute("SELECT count(*) FROM texts").fetchone()[0] == 1
    db.close()


@pytest.mark.parametrize("each", [5, pytest.param(100, marks=pytest.mark.long)])
async def test_many_identities_at_once(local: Provided, office: Office, each: int) -> None:
    """Forty identities get messages from services and each other at once; none is lost or crossed."""
    lines = [await line(local) for _ in range(40)]
    limit = asyncio.Semaphore(64)

    async def text(to: int, count: int) -> None:
        async with limit:
            if count % 2:
                await lines[to - 1].send(lines[to].number, f"{lines[to].number} {count}")
            else:
                answer = await lines[to].get_from("ACME", f"{lines[to].number} {count}")
                assert answer.status_code == 202

    await asyncio.gather(*(text(to, count) for to in range(40) for count in range(each)))
    for to, one in enumerate(lines):
        rows = await one.rows("/api/messages/")
        incoming = Counter(row["body"] for row in rows if row["direction"] == "incoming")
        assert incoming == {f"{one.number} {count}": 1 for count in range(each)}
        senders = {row["from_number"] for row in rows if row["direction"] == "incoming"}
        assert senders == {"ACME", lines[to - 1].number}
        assert sum(row["message_count"] for row in await one.rows("/api/sms-inbox/")) == len(rows)
    assert sum((await office.store.run(kept.unread)).values()) == 40 * each


def _all(db: sqlite3.Connection) -> list[sqlite3.Row]:
    return db.execute("SELECT * FROM texts").fetchall()


def _checkpoint(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("PRAGMA wal_checkpoint(FULL)")
    db.close()


def _copy(path: Path, to: Path) -> None:
    source, target = sqlite3.connect(path), sqlite3.connect(to)
    source.backup(target)
    source.close()
    target.close()
