"""Whatever is changed in a vault behind the provider's back shows, and names what was changed."""

import random
import re
import shutil
import sqlite3
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from constellagent.errors import ConstellagentError
from constellagent.ravi.local.office import Office
from constellagent.ravi.local.safes import Safes
from constellagent.ravi.local.store import Store
from constellagent.ravi.local.vault.register import KINDS, check
from constellagent.ravi.local.vault.shelf import Shelf
from constellagent.ravi.vault import RootKey, VaultError
from tests.ravi.local.vault.mutations import mutate, remember
from tests.ravi.local.vault.stocked import Stocked
from tests.ravi.provided import Provided, provided

Read = dict[str, Any] | VaultError


class UndoError(Exception):
    """Rolls a call back."""


def contents(db: sqlite3.Connection, safes: Safes, identity: int, kind: str) -> Read:
    """Return everything that can be read of one kind, in every way that there is, or the error."""
    try:
        safe = safes.of(db, identity)
        shelf = Shelf(db, safe, kind)
        rows = shelf.every()
        found = {row.uuid: dict(row.content) for row in rows}
        assert {uuid: dict(shelf.get(uuid).content) for uuid in found} == found
        if kind == "secrets":
            keys = [row.content["key"] for row in rows]
            by_key = [shelf.find(safe.fingerprint("secret key", key)) for key in keys]
            assert by_key == rows
    except VaultError as error:
        return error
    return found


def everything(
    db: sqlite3.Connection, safes: Safes, pair: tuple[Stocked, Stocked]
) -> dict[int, dict[str, Read]]:
    """Return all that can be read, per identity and kind."""
    return {stock.id: {kind: contents(db, safes, stock.id, kind) for kind in KINDS} for stock in pair}


async def changed_since(local: Provided, office: Office, pair: tuple[Stocked, Stocked]) -> None:
    """Remember the present state as an older one, then change, add, remove and renew."""
    await office.store.run(remember)
    for stock in pair:
        for index in range(3):
            for kind in KINDS:
                body = {"notes": f"newer {index}"}
                assert (
                    await local.ask("PATCH", stock.path(kind, index), key=stock.key, body=body)
                ).status_code == 200
        await local.ask("POST", "/api/secrets/", key=stock.key, body={"key": "LATER"})
        await local.ask("DELETE", stock.path("passwords", 4), key=stock.key)
        assert (await local.ask("POST", f"/api/identities/{stock.uuid}/renew-key/")).status_code == 200


@pytest.mark.timeout(300)
@pytest.mark.parametrize("count", [100, pytest.param(1000, marks=pytest.mark.long)])
async def test_f5_every_mutation_of_a_row_shows(
    local: Provided, office: Office, pair: tuple[Stocked, Stocked], root_key: RootKey, count: int
) -> None:
    """Of many random changes none is missed: the hit vault refuses and names it, the other is as it was."""
    await changed_since(local, office, pair)
    right = await office.store.run(lambda db: everything(db, office.safes, pair))
    assert not any(isinstance(read, VaultError) for kinds in right.values() for read in kinds.values())
    chance = random.Random(count)
    done, missed = 0, []

    def attack(db: sqlite3.Connection, safes: Safes) -> None:
        nonlocal done
        mutation = mutate(db, chance)
        if mutation is not None:
            done += 1
            wrong = _wrong(mutation.hit, mutation.names, right, everything(db, safes, pair))
            if wrong:
                missed.append(f"{mutation.what}: {wrong}")
        raise UndoError

    while done < count:
        # Half of the time as after a start, with no key in memory.
        safes = office.safes if done % 2 else Safes(root_key)
        with pytest.raises(UndoError):
            await office.store.run(partial(attack, safes=safes))
    print(f"{done} mutations, {len(missed)} missed")
    assert missed == []
    assert await office.store.run(lambda db: everything(db, office.safes, pair)) == right


def _wrong(
    hit: set[int],
    names: set[str],
    right: dict[int, dict[str, Read]],
    found: dict[int, dict[str, Read]],
) -> str:
    """Return what a mutation made readable that it must not, or unreadable; empty where all is well."""
    for identity, kinds in found.items():
        errors = [read for read in kinds.values() if isinstance(read, VaultError)]
        wrong = [
            kind
            for kind, read in kinds.items()
            if not isinstance(read, VaultError) and read != right[identity][kind]
        ]
        if wrong:
            return f"{wrong} of {identity} read wrongly"
        if identity in hit and not errors:
            return f"nothing shows in {identity}"
        if identity not in hit and errors:
            return f"{identity} was not touched: {errors[0]}"
        if identity in hit and not any(name in error.message for name in names for error in errors):
            return f"{names} not named: {[error.message for error in errors]}"
    return ""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("count", [60, pytest.param(1000, marks=pytest.mark.long)])
async def test_f5_a_flipped_byte_of_the_file_gives_no_wrong_answer(
    tmp_path: Path,
    root_key: RootKey,
    pair: tuple[Stocked, Stocked],
    local: Provided,
    office: Office,
    count: int,
) -> None:
    """Whichever byte of the database file changes, what is read is right or is an error."""
    right = await office.store.run(lambda db: everything(db, office.safes, pair))
    await local.provider.stop()
    original = (local.folder / "provider.db").read_bytes()
    chance, missed, refused = random.Random(count), [], 0
    copy = tmp_path / "copy"
    copy.mkdir(mode=0o700)
    for _ in range(count):
        shutil.rmtree(copy)
        copy.mkdir(mode=0o700)
        place, change = chance.randrange(len(original)), chance.randrange(1, 256)
        flipped = bytearray(original)
        flipped[place] ^= change
        (copy / "provider.db").write_bytes(flipped)
        store = Store(copy / "provider.db")
        try:
            await store.open()
            found = await store.run(lambda db: everything(db, Safes(root_key), pair))
        except ConstellagentError:
            refused += 1
            continue
        finally:
            await store.close()
        reads = [
            (read, right[identity][kind]) for identity, kinds in found.items() for kind, read in kinds.items()
        ]
        if any(not isinstance(read, VaultError) and read != wanted for read, wanted in reads):
            missed.append(f"byte {place}")
        refused += any(isinstance(read, VaultError) for read, _ in reads)
    print(f"{count} flipped bytes, {refused} refused, {len(missed)} wrong answers")
    assert missed == []


async def findings(office: Office, pair: tuple[Stocked, Stocked]) -> list[list[str]]:
    """Return what the check finds in each vault."""
    return await office.store.run(lambda db: [check(office, db, stock.id) for stock in pair])


async def test_the_check_finds_nothing_wrong_in_a_vault_that_is_right(
    local: Provided, office: Office, pair: tuple[Stocked, Stocked]
) -> None:
    """Neither after all kinds of changes and refusals, nor in an empty or a deleted vault."""
    await changed_since(local, office, pair)
    mine, other = pair
    await local.ask("POST", "/api/secrets/", key=mine.key, body={"key": "LATER"})
    await local.ask("DELETE", other.path("secrets"), key=mine.key)
    assert await findings(office, pair) == [[], []]
    empty = await local.identity()
    await local.ask("POST", f"/api/identities/{mine.uuid}/archive/")
    await local.ask("DELETE", f"/api/identities/{mine.uuid}/")
    assert await findings(office, pair) == [[], []]
    assert await office.store.run(lambda db: check(office, db, 3)) == []
    assert empty["uuid"]


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ("DELETE FROM vault_rows WHERE uuid = '{uuid}'", "the row '{uuid}' of secrets .* was deleted"),
        ("UPDATE vault_rows SET content = x'00' WHERE uuid = '{uuid}'", r"secrets\|{uuid}\|1\|content"),
        ("UPDATE vault_rows SET version = 9 WHERE uuid = '{uuid}'", "the row '{uuid}' of secrets .* changed"),
        ("DELETE FROM vault_registers WHERE kind = 'secrets'", "the row secrets of vault_registers"),
        ("DELETE FROM data_keys", "are not the 1 that were made"),
        ("DELETE FROM vault_rows", "was deleted"),
        (
            "DELETE FROM vault_rows; DELETE FROM vault_registers",
            "the audit tells of 5 changes and the database knows 0",
        ),
    ],
)
async def test_f5_the_check_finds_what_was_changed(
    local: Provided, office: Office, pair: tuple[Stocked, Stocked], change: str, finding: str
) -> None:
    """Each change is a sentence that names the row, or says that both together are gone."""
    uuid = pair[0].rows["secrets"][0]["uuid"]

    def run(db: sqlite3.Connection) -> None:
        for statement in change.format(uuid=uuid).split(";"):
            db.execute(statement)

    await office.store.run(run)
    findings = await office.store.run(lambda db: check(office, db, pair[0].id))
    assert findings
    assert re.search(finding.replace("{uuid}", uuid), "\n".join(findings)), findings


async def test_f5_an_older_copy_of_the_whole_file_shows_in_the_check(
    local: Provided, office: Office, root_key: RootKey, pair: tuple[Stocked, Stocked]
) -> None:
    """The rows fit their registers then, but the audit tells of more than the database knows."""
    mine, _ = pair
    await local.provider.stop()
    older = (local.folder / "provider.db").read_bytes()
    async with provided(local.folder, root_key) as later:
        await later.ask("PATCH", mine.path("secrets"), key=mine.key, body={"value": "newer"})
        await later.ask("POST", "/api/secrets/", key=mine.key, body={"key": "LATER"})
        assert await findings(later.provider.office, pair) == [[], []]
    (local.folder / "provider.db").write_bytes(older)
    async with provided(local.folder, root_key) as again:
        first, second = await findings(again.provider.office, pair)
        assert second == []
        (finding,) = first
        assert finding.startswith("secrets: the audit tells of 7 changes and the database knows 5: ")
        # Changes after it do not hide it.
        for value in ("a", "b", "c"):
            await again.ask("PATCH", mine.path("secrets"), key=mine.key, body={"value": value})
        assert "10 changes and the database knows 8" in (await findings(again.provider.office, pair))[0][0]


async def test_a_change_that_the_audit_does_not_know_shows(local: Provided, office: Office) -> None:
    """A row that came without a line in the audit is found, unless the audit was begun again."""
    row = await local.identity()

    def add(db: sqlite3.Connection) -> None:
        Shelf(db, office.safes.of(db, 1), "secrets").add({"key": "A"})

    await office.store.run(add)
    findings = await office.store.run(lambda db: check(office, db, 1))
    assert findings == ["secrets: the database knows 1 changes and the audit tells of 0"]
    await office.store.run(
        lambda db: office.audit.note(0, row["uuid"], "person", "audit.restarted", about="a test")
    )
    assert await office.store.run(lambda db: check(office, db, 1)) == []


async def test_the_check_reads_nothing_without_a_key(local: Provided, office: Office) -> None:
    """An identity that never had a key has nothing to check, and gets none by it."""
    await local.identity()
    assert await office.store.run(lambda db: check(office, db, 1)) == []
    assert await office.store.rows("SELECT * FROM data_keys") == []
