"""The identities' keys in the database: made once, never lost, never taken for another's."""

import sqlite3
from collections.abc import Callable
from functools import partial

import pytest

from constellagent.ravi.local.office import Office
from constellagent.ravi.local.safes import Safes
from constellagent.ravi.vault import RootKey, VaultError
from tests.ravi.provided import Provided


class UndoError(Exception):
    """Rolls a call back."""


async def undone(office: Office, call: Callable[[sqlite3.Connection], None]) -> None:
    """Run a call and roll it back."""

    def run(db: sqlite3.Connection) -> None:
        call(db)
        raise UndoError

    with pytest.raises(UndoError):
        await office.store.run(run)


async def test_a_key_is_made_once_and_kept(local: Provided, office: Office, root_key: RootKey) -> None:
    """What is sealed now opens with the key as another process would read it."""
    await local.identity()
    sealed = await office.store.run(lambda db: office.safes.of(db, 1).seal({"a": "b"}, "t", "r", 3))
    again = Safes(root_key)
    assert await office.store.run(lambda db: again.of(db, 1).unseal(sealed, "t", "r", 3)) == {"a": "b"}
    with pytest.raises(VaultError, match=r"t\|r\|2"):
        await office.store.run(lambda db: again.of(db, 1).unseal(sealed, "t", "r", 2))


async def test_who_never_had_a_key_gets_none_by_being_looked_at(local: Provided, office: Office) -> None:
    """`existing` makes nothing."""
    await local.identity()
    assert await office.store.run(lambda db: office.safes.existing(db, 1)) is None
    assert await office.store.rows("SELECT * FROM data_keys") == []


async def test_a_key_that_was_rolled_back_is_not_used(local: Provided, office: Office) -> None:
    """A key of a transaction that failed is forgotten, however often it was asked for in it."""
    await local.identity()

    def ask_twice(db: sqlite3.Connection) -> None:
        assert office.safes.of(db, 1).seal({}, "t", "r") != office.safes.of(db, 1).seal({}, "t", "r")

    await undone(office, ask_twice)
    sealed = await office.store.run(lambda db: office.safes.of(db, 1).seal({"a": "b"}, "t", "r"))
    fresh = Safes(office.safes._root)
    assert await office.store.run(lambda db: fresh.of(db, 1).unseal(sealed, "t", "r")) == {"a": "b"}


async def test_a_renewal_that_was_rolled_back_is_not_used(local: Provided, office: Office) -> None:
    """After it the old key seals, since the new one is gone."""
    await local.identity()
    await office.store.run(lambda db: office.safes.of(db, 1))
    await undone(office, lambda db: assert_version(office.safes.renew(db, 1, 0.0).newest.version, 2))
    assert await office.store.run(lambda db: office.safes.of(db, 1).newest.version) == 1


async def test_a_renewed_key_seals_and_older_ones_still_open(local: Provided, office: Office) -> None:
    """Both versions open what they sealed, also after a start."""
    await local.identity()
    old = await office.store.run(lambda db: office.safes.of(db, 1).seal({"n": 1}, "t", "r"))
    safe = await office.store.run(lambda db: office.safes.renew(db, 1, 0.0))
    new = safe.seal({"n": 2}, "t", "r")
    fresh = Safes(office.safes._root)
    opened = await office.store.run(
        lambda db: [fresh.of(db, 1).unseal(sealed, "t", "r")["n"] for sealed in (old, new)]
    )
    assert opened == [1, 2]


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM data_keys WHERE version = 1",
        "DELETE FROM data_keys WHERE version = 2",
        "DELETE FROM data_key_counts",
        "UPDATE data_key_counts SET versions = 3",
        "UPDATE data_keys SET version = 3 WHERE version = 2",
        "UPDATE data_keys SET wrapped = x'00' WHERE version = 1",
        "UPDATE data_keys SET wrapped = (SELECT wrapped FROM data_keys WHERE version = 2) WHERE version = 1",
    ],
)
async def test_a_missing_or_changed_key_is_never_made_anew(
    local: Provided, office: Office, change: str
) -> None:
    """A key that was there and is not any more is an error, not a reason for a new one."""
    await local.identity()
    await office.store.run(lambda db: office.safes.of(db, 1))
    await office.store.run(lambda db: office.safes.renew(db, 1, 0.0))
    before = await office.store.rows("SELECT * FROM data_keys")
    await office.store.execute(change)
    for safes in (office.safes, Safes(office.safes._root)):
        with pytest.raises(VaultError):
            await office.store.run(partial(safes.of, identity=1))
    assert len(await office.store.rows("SELECT * FROM data_keys")) <= len(before)


async def test_the_only_key_that_goes_missing_is_an_error(local: Provided, office: Office) -> None:
    """Also the very first key is not made twice."""
    await local.identity()
    await office.store.run(lambda db: office.safes.of(db, 1))
    await office.store.execute("DELETE FROM data_keys")
    with pytest.raises(VaultError, match="are not the 1 that were made"):
        await office.store.run(lambda db: office.safes.of(db, 1))


async def test_another_root_key_opens_nothing(local: Provided, office: Office) -> None:
    """The database alone is worth nothing."""
    await local.identity()
    await office.store.run(lambda db: office.safes.of(db, 1))
    stranger = Safes(RootKey(bytes(32), "another"))
    with pytest.raises(VaultError):
        await office.store.run(lambda db: stranger.of(db, 1))


def assert_version(found: int, wanted: int) -> None:
    """Compare inside a lambda."""
    assert found == wanted
