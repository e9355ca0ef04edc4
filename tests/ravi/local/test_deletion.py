"""Deleting an identity for good: its key is destroyed, its rows are gone, its address stays taken."""

import logging
import shutil
import sqlite3
from pathlib import Path

import pytest

from constellagent.ravi.local.office import Office
from constellagent.ravi.local.safes import Safes
from constellagent.ravi.local.store import Store
from constellagent.ravi.vault import RootKey, VaultError
from tests.ravi.local.vault.stocked import Stocked, stocked, told
from tests.ravi.provided import Provided, provided


async def archived(local: Provided, stock: Stocked) -> None:
    """Put an identity away."""
    assert (await local.ask("POST", f"/api/identities/{stock.uuid}/archive/")).status_code == 200


async def deleted(local: Provided, stock: Stocked) -> None:
    """Put an identity away and delete it."""
    await archived(local, stock)
    answer = await local.ask("DELETE", f"/api/identities/{stock.uuid}/")
    assert (answer.status_code, answer.content) == (204, b"")


async def test_only_what_was_put_away_can_be_deleted(local: Provided, office: Office) -> None:
    """409 before, 204 then, 404 from then on; nobody but who manages the account may."""
    stock = await stocked(local, "docs")
    path = f"/api/identities/{stock.uuid}/"
    assert (await local.ask("DELETE", path, key=stock.key)).status_code == 403
    refused = await local.ask("DELETE", path)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "identity.in_use")
    assert (await local.ask("GET", "/api/secrets/", key=stock.key)).json() == stock.rows["secrets"]
    await archived(local, stock)
    assert (
        await local.ask("DELETE", path.upper().replace("/API/IDENTITIES/", "/api/identities/"))
    ).status_code == 204
    assert (await local.ask("DELETE", path)).status_code == 404
    assert (await local.ask("DELETE", "/api/identities/none/")).status_code == 404
    lines = await told(office, stock.uuid)
    assert (lines[-1].action, lines[-1].actor) == ("identity.deleted", "key constellagent")
    assert lines[-1].about == "docs@constellagent.test"


async def test_a_deleted_identity_is_unknown(local: Provided) -> None:
    """Nothing lists, shows, changes or brings it back, and its keys open nothing."""
    stock, other = await stocked(local, "docs"), await stocked(local, "other")
    await deleted(local, stock)
    listed = await local.ask("GET", "/api/identities/?archived=true")
    assert [row["uuid"] for row in listed.json()] == [other.uuid]
    path = f"/api/identities/{stock.uuid}/"
    for method, place in (
        ("GET", path),
        ("PATCH", path),
        ("POST", f"{path}restore/"),
        ("POST", f"{path}archive/"),
        ("POST", f"{path}renew-key/"),
        ("GET", f"/api/secrets/?identity={stock.uuid}"),
        ("GET", stock.path("secrets")),
    ):
        body = None if method == "GET" else {"name": "x"}
        assert (await local.ask(method, place, body=body)).status_code == 404, place
    assert (await local.ask("GET", "/api/secrets/", key=stock.key)).status_code == 401
    assert (await local.ask("GET", "/api/secrets/")).json() == other.rows["secrets"]


async def test_its_address_and_number_are_never_given_again(local: Provided) -> None:
    """A new identity with the same address is a conflict, and numbers go on where they were."""
    row = await local.identity(email_identifier="docs", provision_phone=True)
    await local.ask("POST", f"/api/identities/{row['uuid']}/archive/")
    assert (await local.ask("DELETE", f"/api/identities/{row['uuid']}/")).status_code == 204
    again = await local.ask("POST", "/api/identities/", body={"email_identifier": "docs"})
    assert again.status_code == 409
    assert (await local.identity(provision_phone=True))["phone"] != row["phone"]


async def test_nothing_of_it_is_left_in_any_table(local: Provided, office: Office) -> None:
    """Rows of every table that names identities are gone, but for the identity's own and its revoked keys."""
    stock, other = await stocked(local, "docs"), await stocked(local, "other")
    await correspond(local, stock, other)
    await correspond(local, other, stock)
    counts = await office.store.run(lambda db: rows_of(db, stock.id))
    filled = {table for table, count in counts.items() if count}
    assert {"vault_rows", "vault_registers", "data_keys", "data_key_counts", "keys"} <= filled
    assert {"mails", "mail_threads", "texts", "contacts", "events"} <= filled
    before = await office.store.run(lambda db: rows_of(db, other.id))
    await deleted(local, stock)
    after = await office.store.run(lambda db: rows_of(db, stock.id))
    assert {table for table, count in after.items() if count} == {"keys"}
    valid = "SELECT 1 FROM keys WHERE identity = ? AND revoked_dt IS NULL"
    assert await office.store.rows(valid, (stock.id,)) == []
    assert await office.store.run(lambda db: rows_of(db, other.id)) == before
    assert await office.store.rows("PRAGMA foreign_key_check") == []


async def correspond(local: Provided, sender: Stocked, receiver: Stocked) -> None:
    """Let one identity write a mail and a text to another, and know it."""
    numbers = [row["phone_number"] for row in (await local.ask("GET", "/api/phone/")).json()]
    for stock in (sender, receiver) if not numbers else ():
        await local.ask("POST", f"/api/identities/{stock.uuid}/provision-phone/")
    (address,) = (await local.ask("GET", "/api/email/", key=receiver.key)).json()
    (phone,) = (await local.ask("GET", "/api/phone/", key=receiver.key)).json()
    for path, body in (
        ("/api/email-messages/compose/", {"to_email": address["email"], "subject": "s", "content": "c"}),
        ("/api/messages/send/", {"to_number": phone["phone_number"], "body": "b"}),
        ("/api/contacts/", {"email": "a@b.example", "display_name": "A"}),
    ):
        answer = await local.ask("POST", path, key=sender.key, body=body)
        assert answer.status_code == 201, answer.text


def rows_of(db: sqlite3.Connection, identity: int) -> dict[str, int]:
    """Return how many rows of each table name the identity."""
    tables = db.execute(
        """SELECT m.name, f."from" FROM sqlite_schema m, pragma_foreign_key_list(m.name) f
           WHERE f."table" = 'identities'"""
    ).fetchall()
    return {
        name: db.execute(f"SELECT count(*) FROM {name} WHERE {column} = ?", (identity,)).fetchone()[0]
        for name, column in tables
    }


async def test_no_byte_of_its_key_is_left(
    tmp_path: Path, local: Provided, office: Office, root_key: RootKey
) -> None:
    """Neither in the file nor in its log; without it an older copy's rows open for nobody."""
    stock, other = await stocked(local, "docs"), await stocked(local, "other")
    await local.ask("POST", f"/api/identities/{stock.uuid}/renew-key/")
    keys = await office.store.rows("SELECT wrapped FROM data_keys WHERE identity = ?", (stock.id,))
    rows = await office.store.rows(
        "SELECT uuid, kind, version, content FROM vault_rows WHERE identity = ?", (stock.id,)
    )
    values = [bytes(value) for (value,) in keys] + [bytes(row[3]) for row in rows]
    assert len(keys) == 2
    files = [local.folder / name for name in ("provider.db", "provider.db-wal")]
    assert all(any(value in file.read_bytes() for file in files) for value in values)
    copy = tmp_path / "copy"
    shutil.copytree(local.folder, copy, ignore=shutil.ignore_patterns("copy"))
    await deleted(local, stock)
    assert files[1].stat().st_size == 0
    assert [value for value in values if value in files[0].read_bytes()] == []
    assert (await local.ask("GET", "/api/secrets/", key=other.key)).json() == other.rows["secrets"]
    await local.provider.stop()
    assert [file.name for file in local.folder.iterdir() if file.is_file()] == ["provider.db"]
    await _opens_for_nobody(copy, stock, other, root_key, local.folder)


async def _opens_for_nobody(
    copy: Path, stock: Stocked, other: Stocked, root_key: RootKey, folder: Path
) -> None:
    """Try the copy's rows with all that is left: the root key, other keys, and what the database has now."""
    old, new = Store(copy / "provider.db"), Store(folder / "provider.db")
    await old.open()
    await new.open()
    try:
        safe = await old.run(lambda db: Safes(root_key).of(db, stock.id))
        rows = await old.run(
            lambda db: db.execute("SELECT * FROM vault_rows WHERE identity = ?", (stock.id,)).fetchall()
        )
        assert rows
        assert all(safe.unseal(row["content"], row["kind"], row["uuid"], row["version"]) for row in rows)
        with pytest.raises(VaultError, match="was deleted"):
            await new.run(lambda db: Safes(root_key).of(db, stock.id))
        stranger = await new.run(lambda db: Safes(root_key).of(db, other.id))
        await old.execute("DELETE FROM data_keys WHERE identity = ?", (stock.id,))
        with pytest.raises(VaultError):
            await old.run(lambda db: Safes(root_key).of(db, stock.id))
        for row in rows:
            place = f"{row['kind']}|{row['uuid']}|{row['version']}|content"
            for open_it in (stranger.newest.unseal, root_key.unseal):
                with pytest.raises(VaultError):
                    open_it(bytes(row["content"]), place)
    finally:
        await old.close()
        await new.close()


async def test_a_damaged_key_does_not_keep_its_identity(local: Provided, office: Office) -> None:
    """What nobody can open any more can still be deleted."""
    stock = await stocked(local, "docs")
    await office.store.execute("UPDATE data_keys SET wrapped = x'00'")
    await deleted(local, stock)


async def test_a_log_that_is_in_use_is_emptied_by_the_next_start(
    local: Provided, office: Office, root_key: RootKey, caplog: pytest.LogCaptureFixture
) -> None:
    """Another reader of the file does not fail the deletion; that is said, and the next start finishes it."""
    stock = await stocked(local, "docs")
    ((wrapped,),) = await office.store.rows("SELECT wrapped FROM data_keys")
    await office.store.execute("PRAGMA busy_timeout = 10")
    log = local.folder / "provider.db-wal"
    reader = sqlite3.connect(local.folder / "provider.db", isolation_level=None)
    try:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM keys").fetchall()
        with caplog.at_level(logging.WARNING):
            await deleted(local, stock)
        assert "may be readable" in caplog.text
        assert bytes(wrapped) in log.read_bytes()
        # As after a sudden end: the log is still there when the next one starts.
        reader.execute("COMMIT")
        reader.execute("SELECT count(*) FROM keys").fetchall()
        await local.provider.stop()
        assert log.stat().st_size > 0
        async with provided(local.folder, root_key):
            assert bytes(wrapped) not in log.read_bytes()
            assert bytes(wrapped) not in (local.folder / "provider.db").read_bytes()
    finally:
        reader.close()
