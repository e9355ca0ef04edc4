"""The rows of one kind in one vault."""

import sqlite3
from typing import Any

import pytest

from constellagent.ravi.local.office import Office
from constellagent.ravi.local.vault.shelf import Shelf
from constellagent.ravi.vault import VaultError
from tests.ravi.provided import Provided

FINDER = bytes(32)


async def test_rows_come_and_go(local: Provided, office: Office) -> None:
    """Add, find, change, remove: versions rise, order stays, finders find."""
    await local.identity()

    def use(db: sqlite3.Connection) -> None:
        shelf = Shelf(db, office.safes.of(db, 1), "secrets")
        one, two = shelf.add({"n": 1}, FINDER), shelf.add({"n": 2})
        assert [row.content["n"] for row in shelf.every()] == [1, 2]
        assert shelf.find(FINDER) == shelf.get(one.uuid) == one
        changed = shelf.change(one, {"n": 3}, bytes([7]) * 32)
        assert (changed.version, changed.uuid, changed.content["n"]) == (2, one.uuid, 3)
        assert shelf.find(FINDER) is None
        assert shelf.find(bytes([7]) * 32) == changed
        assert [row.content["n"] for row in shelf.every()] == [3, 2]
        shelf.remove(two.uuid)
        assert shelf.every() == [changed]
        assert Shelf(db, office.safes.of(db, 1), "secrets").every() == [changed]
        assert Shelf(db, office.safes.of(db, 1), "passwords").every() == []

    await office.store.run(use)


async def test_an_index_that_lost_a_row_is_damage(local: Provided, office: Office) -> None:
    """What the register names and a lookup does not find was not deleted, and is not said to be missing."""
    await local.identity()

    def use(db: sqlite3.Connection) -> str:
        safe = office.safes.of(db, 1)
        row = Shelf(db, safe, "secrets").add({"n": 1}, FINDER)
        shelf = Shelf(db, safe, "secrets")
        db.execute("DELETE FROM vault_rows")
        calls: list[Any] = [
            lambda: shelf.get(row.uuid),
            lambda: shelf.find(FINDER),
            lambda: shelf.check_missing(row.uuid),
        ]
        for call in calls:
            with pytest.raises(VaultError, match="an index of vault_rows lost a row of secrets"):
                call()
        return row.uuid

    uuid = await office.store.run(use)
    assert uuid


@pytest.mark.parametrize("uuid", ["", "a", "1", " ", "\n", "00000000-0000-4000-8000-000000000000"])
async def test_what_was_never_there_is_missing(local: Provided, office: Office, uuid: str) -> None:
    """Parts of what the register says are not taken for the uuid of a row."""
    await local.identity()

    def use(db: sqlite3.Connection) -> None:
        shelf = Shelf(db, office.safes.of(db, 1), "secrets")
        row = shelf.add({"n": 1}, FINDER)
        shelf.add({"n": 2})
        shelf.check_missing(uuid)
        shelf.check_missing(row.uuid[1:])
        assert shelf.find(FINDER[1:]) is None

    await office.store.run(use)
